"""A tool of the Hub, as its code stands there."""

CODE = """
from smolagents import Tool

class Shout(Tool):
    name = "shout"
    description = "Says it loudly."
    inputs = {"text": {"type": "string", "description": "what to say"}}
    output_type = "string"

    def forward(self, text: str) -> str:
        return text.upper()
"""

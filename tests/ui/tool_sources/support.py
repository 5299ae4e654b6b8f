"""A tool of the Hub, as its code stands there, and a look at where tools come from."""

from collections.abc import Collection

from ui.tool_sources.offers import ToolConnections
from ui.tool_sources.preview import Preview, look_at

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


async def look(location: str, taken: Collection[str] = ()) -> Preview:
    connections = ToolConnections(public=False)
    try:
        return await look_at(location, connections, taken)
    finally:
        await connections.close()

"""Files tool.py in the styles in which tools are published, and what becomes of each here."""

# ruff: noqa: E501
from typing import NamedTuple


class Published(NamedTuple):
    """kind: the style. expected: the tool's name, or words of the sentence that refuses it. loads: whether it does.

    call, gives: a call in the agent's code, and the text of what comes of it, or words of its error.
    """

    kind: str
    expected: str
    loads: bool
    source: str
    call: str = ""
    gives: str = ""


_BY_DECORATOR = '''
from smolagents import Tool
from typing import Any, Optional

class SimpleTool(Tool):
    name = "most_liked"
    description = "Finds the model with the most likes for a task."
    inputs = {'task': {'type': 'string', 'description': 'The task.'}, 'limit': {'type': 'integer', 'nullable': True, 'description': 'How many.'}}
    output_type = "string"

    def forward(self, task: str, limit: int = 5) -> str:
        """Finds the model with the most likes for a task.

        Args:
            task: The task.
            limit: How many.
        """
        from huggingface_hub import list_models
        return next(iter(list_models(filter=task, limit=limit))).id
'''
_BY_CLASS = """
from typing import Any, Optional
from smolagents.tools import Tool
import requests
import markdownify

class VisitPageTool(Tool):
    name = "visit_page"
    description = "Visits a page and returns its text."
    inputs = {'url': {'type': 'string', 'description': 'The address.'}}
    output_type = "string"

    def __init__(self, max_length: int = 1000):
        super().__init__()
        self.max_length = max_length

    def forward(self, url: str) -> str:
        return markdownify.markdownify(requests.get(url).text)[: self.max_length]
"""
_NO_TYPES = '''
from smolagents import Tool

class Adder(Tool):
    name = "adder"
    description = """Adds
    two numbers."""
    inputs = {"a": {"type": "number", "description": "first"}, "b": {"type": "number", "description": "second", "nullable": True}}
    output_type = "number"

    def forward(self, a, b=None):
        return a + (b or 0)
'''
_IMAGE = """
import smolagents
from PIL import Image

class Flip(smolagents.Tool):
    name = "flip"
    description = "Flips an image."
    inputs = {"image": {"type": "image", "description": "any"}, "how": {"type": "string", "enum": ["h", "v"], "description": "direction"}}
    output_type = "image"

    def forward(self, image: Image.Image, how: str) -> Image.Image:
        return image.transpose(0 if how == "h" else 1)
"""
_KEY_IN_INIT = """
import os
from smolagents import Tool

class WeatherTool(Tool):
    name = "weather"
    description = "Weather of a city."
    inputs = {"city": {"type": "string", "description": "which"}}
    output_type = "object"
    output_schema = {"type": "object", "properties": {"degrees": {"type": "number"}}, "required": ["degrees"]}

    def __init__(self, api_key=None, **kwargs):
        super().__init__(**kwargs)
        self.api_key = api_key or os.environ.get("WEATHER_KEY")

    def setup(self):
        import requests
        self.session = requests.Session()
        self.is_initialized = True

    def forward(self, city: str) -> dict:
        return {"degrees": 20.0}
"""
_TEXT_INPUTS = """
from smolagents import Tool
DESCRIPTION = "Translates" + " a text."

class Translate(Tool):
    name: str = "translate"
    description: str = DESCRIPTION
    inputs = "{'text': {'type': 'string', 'description': 'any'}}"
    output_type: str = "string"

    def forward(self, text: str):
        return text
"""
_TWO_CLASSES = """
from smolagents import Tool

class ZTool(Tool):
    name = "z"
    description = "z"
    inputs = {}
    output_type = "null"
    def forward(self):
        pass

class ATool(Tool):
    name = "a_tool"
    description = "a"
    inputs = {}
    output_type = "null"
    def forward(self):
        pass
"""
_OWN_MODULE = """
from smolagents import Tool
from .helpers import clean
from scripts.run import go

class Helped(Tool):
    name = "helped"
    description = "Uses modules beside it."
    inputs = {"text": {"type": "string", "description": "any"}}
    output_type = "string"
    def forward(self, text: str) -> str:
        return clean(text)
"""
_GENERIC = """
from smolagents import Tool

class Generic(Tool):
    name = "generic"
    description = "Takes anything."
    inputs = {"a": {"type": "any", "description": "a"}, "b": {"type": ["string", "integer"], "description": "b", "nullable": True}}
    output_type = "any"
    skip_forward_signature_validation = True
    def forward(self, *args, **kwargs):
        return kwargs
"""
_OLD_INPUTS = """
from transformers import Tool

class TextTool(Tool):
    name = "old"
    description = "Old."
    inputs = ["text"]
    outputs = ["text"]
    def __call__(self, text):
        return text
"""
_TRANSFORMERS_AGENTS = """
from transformers.agents.tools import Tool

class HFModelDownloadsTool(Tool):
    name = "model_download_counter"
    description = "Counts."
    inputs = {"task": {"type": "text", "description": "the task"}}
    output_type = "text"
    def forward(self, task: str):
        return task
"""
_LIST_INPUTS = (
    _OLD_INPUTS.replace("from transformers", "from smolagents")
    .replace("def __call__", "def forward")
    .replace('outputs = ["text"]', 'output_type = "string"')
)
_PIPELINE = """
from smolagents import PipelineTool

class Classifier(PipelineTool):
    default_checkpoint = "facebook/bart-large-mnli"
    name = "classifier"
    description = "Classifies."
    inputs = {"text": {"type": "string", "description": "any"}}
    output_type = "string"
    def forward(self, inputs):
        return self.model(**inputs)
"""
_NEEDS_ARGUMENTS = _BY_CLASS.replace("max_length: int = 1000", "client, max_length: int = 1000")
_FUNCTION_ONLY = '''
from smolagents import tool

@tool
def add(a: int, b: int) -> int:
    """Adds.

    Args:
        a: first
        b: second
    """
    return a + b
'''
_LANGCHAIN = """
from langchain.tools import BaseTool

class Search(BaseTool):
    name = "search"
    description = "Searches."
    def _run(self, query: str) -> str:
        return query
"""
_MADE_WHILE_RUNNING = """
from smolagents import Tool
import json

class Described(Tool):
    name = "described"
    description = json.load(open("description.json"))["text"]
    inputs = {}
    output_type = "string"
    def forward(self):
        return ""
"""
_BUILT_IN = """
from smolagents import DuckDuckGoSearchTool

class Search(DuckDuckGoSearchTool):
    name = "my_search"
"""
_NO_NULLABLE = _BY_DECORATOR.replace("'nullable': True, ", "")

PUBLISHED = [
    Published(
        "by @tool, pushed by smolagents",
        "most_liked",
        True,
        _BY_DECORATOR,
        "most_liked('x', limit=1)",
        "Connecting to huggingface.co was not allowed",
    ),
    Published(
        "a class, pushed by smolagents",
        "visit_page",
        True,
        _BY_CLASS,
        "visit_page('https://example.org')",
        "Connecting to example.org was not allowed",
    ),
    Published("no type hints", "adder", True, _NO_TYPES, "adder(2, b=3), adder(a=1)", "(5, 1)"),
    Published(
        "images", "flip", True, _IMAGE, "from PIL import Image\nflip(Image.new('RGB', (4, 2)), 'h').size", "(4, 2)"
    ),
    Published(
        "a key from the environment, setup(), an output schema",
        "weather",
        True,
        _KEY_IN_INIT,
        "weather('Oslo')",
        "{'degrees': 20.0}",
    ),
    Published(
        "inputs as text, constants, annotated attributes", "translate", True, _TEXT_INPUTS, "translate('text')", "text"
    ),
    Published("several tools in one file", "a_tool", True, _TWO_CLASSES, "repr(a_tool())", "None"),
    Published(
        "modules beside it in the repository", "helped", True, _OWN_MODULE, "helped('x')", "helped failed: ImportError"
    ),
    Published(
        "any signature (*args, **kwargs)", "generic", True, _GENERIC, "generic(a=1, b='x')", "{'a': 1, 'b': 'x'}"
    ),
    Published(
        "defaults without nullable, as before smolagents 1.0",
        "most_liked",
        True,
        _NO_NULLABLE,
        "most_liked('x')",
        "was not allowed",
    ),
    Published("transformers, lists of inputs", "transformers once had", False, _OLD_INPUTS),
    Published("transformers.agents", "transformers once had", False, _TRANSFORMERS_AGENTS),
    Published("smolagents, lists of inputs", "as a list", False, _LIST_INPUTS),
    Published("PipelineTool", "PipelineTool", False, _PIPELINE),
    Published("required arguments of __init__", "needs client when it is created", False, _NEEDS_ARGUMENTS),
    Published("a bare @tool function", "no class derives", False, _FUNCTION_ONLY),
    Published("LangChain", "no class derives", False, _LANGCHAIN),
    Published("a description from a file", "cannot be read without running", False, _MADE_WHILE_RUNNING),
    Published("derives from a tool that smolagents brings", "DuckDuckGoSearchTool", False, _BUILT_IN),
]

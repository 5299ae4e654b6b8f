"""Whether the code of chats runs at all."""

from agent_core import SandboxedTool, Tool, python
from agent_core.sandbox import confinement
from ui.config import Config


def runs_code(config: Config) -> bool:
    """Return whether code runs. Where it does not, the demo shows recordings, and agents only call tools."""
    return not confinement.probe().refuses


def needs_code(tool: Tool) -> bool:
    """Return whether a tool can work only where code runs."""
    return tool is python or isinstance(tool, SandboxedTool)

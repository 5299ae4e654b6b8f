"""Whether the code of chats runs at all, and where."""

from agent_core import SandboxedTool, Tool, python
from agent_core.sandbox import confinement
from agent_core.sandbox.remote.engine import Engine
from agent_core.sandbox.remote.named import engine_named
from ui.config import Config


def runs_code(config: Config) -> bool:
    """Return whether code runs. Where it does not, the demo shows recordings, and agents only call tools."""
    return config.sandbox != "local" or not confinement.probe().refuses


def engine_of(config: Config) -> Engine | None:
    """Return where the code of a new chat runs; None for this machine."""
    return engine_named(config.sandbox, image=config.sandbox_image)


def needs_code(tool: Tool) -> bool:
    """Return whether a tool can work only where code runs."""
    return tool is python or isinstance(tool, SandboxedTool)

"""Who publishes tools. Tools cannot import the integration that does; it registers itself here when it is imported."""

from typing import Any, Protocol

from agent_core.errors import ToolError


class Publisher(Protocol):
    """Publishes a tool and returns the address at which it can be seen. Raises ToolError if that fails."""

    def __call__(self, tool: Any, repo: str, *, token: str | None, private: bool | None, message: str) -> str: ...


_registered: list[Publisher] = []


def register_publisher(publisher: Publisher) -> None:
    """Have `Tool.push_to_hub` call this. `agent_core.integrations.hub` does so, which `agent_core` imports."""
    _registered[:] = [publisher]


def publisher() -> Publisher:
    """Return the registered publisher. Raises ToolError if there is none."""
    if not _registered:
        raise ToolError("Nothing here can publish tools: import agent_core.integrations.hub first.")
    return _registered[0]

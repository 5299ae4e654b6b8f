"""Holds the publisher of tools. Tools cannot import the integration that publishes, so it registers itself here."""

from typing import Any, Protocol

from agent_core.errors import ToolError


class Publisher(Protocol):
    """Publishes a tool and returns its URL. Raises ToolError if that fails."""

    def __call__(self, tool: Any, repo: str, *, token: str | None, private: bool | None, message: str) -> str: ...


_registered: list[Publisher] = []


def register_publisher(publisher: Publisher) -> None:
    """Make `Tool.push_to_hub` use this publisher. `agent_core.integrations.hub` calls this when it is imported."""
    _registered[:] = [publisher]


def publisher() -> Publisher:
    """Return the registered publisher. Raises ToolError if there is none."""
    if not _registered:
        raise ToolError("Tools cannot be published yet. Import agent_core.integrations.hub first.")
    return _registered[0]

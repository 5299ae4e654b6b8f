"""Engines by the names that settings have for them."""

from agent_core.errors import SandboxError
from agent_core.sandbox.remote.docker import DockerEngine
from agent_core.sandbox.remote.engine import Engine

ENGINES = ("local", "docker")
"""The names that there are; "local" is this machine."""


def engine_named(name: str, *, image: str = "") -> Engine | None:
    """Return the engine of a name; None for "local".

    Args:
        name: One of ENGINES.
        image: The image that its places are made of; "" for the engine's own.

    Raises:
        SandboxError: There is no such engine.
    """
    match name:
        case "local":
            return None
        case "docker":
            return DockerEngine(image) if image else DockerEngine()
        case _:
            raise SandboxError(f"There is no sandbox engine {name!r}. Choose one of: {', '.join(ENGINES)}.")

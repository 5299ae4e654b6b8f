"""Engines by the names that settings have for them."""

from agent_core.errors import SandboxError
from agent_core.sandbox.remote.docker import DockerEngine
from agent_core.sandbox.remote.engine import Engine

ENGINES = ("local", "docker", "hf", "ray")
"""The names that there are; "local" is this machine."""


def engine_named(
    name: str, *, image: str = "", token: str = "", payer: str = "the token's account", address: str = "auto"
) -> Engine | None:
    """Return the engine of a name; None for "local".

    Args:
        name: One of ENGINES.
        image: The image that its places are made of, for "docker" and "hf"; "" for the engine's own. "hf" has none.
        token: Of the account that pays for "hf".
        payer: Who that is, in words for people.
        address: Of the cluster, for "ray".

    Raises:
        SandboxError: There is no such engine, or it needs an image.
    """
    match name:
        case "local":
            return None
        case "docker":
            return DockerEngine(image) if image else DockerEngine()
        case "hf":
            from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine

            if not image:
                raise SandboxError("Sandboxes of Hugging Face need an image. Name one, as hf.co/spaces/owner/name.")
            return HuggingFaceEngine(token, image, payer=payer)
        case "ray":
            from agent_core.sandbox.remote.ray_cluster import RayEngine

            return RayEngine(address)
        case _:
            raise SandboxError(f"There is no sandbox engine {name!r}. Choose one of: {', '.join(ENGINES)}.")

"""The Hugging Face login of this machine, and whether the Hub can be reached."""

import asyncio

from agent_core.errors import ToolError
from agent_core.net.urls import host_and_port

_CONNECT_SECONDS = 2.0


def hub_token() -> str | None:
    """Return HF_TOKEN, else the stored login's token, else None. May take a moment: an expiring login is renewed."""
    from huggingface_hub import get_token

    return get_token()


async def hub_reachable() -> bool:
    """Return whether the Hub (or what HF_ENDPOINT names) soon accepts a connection. Sends nothing."""
    from huggingface_hub import constants

    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(*host_and_port(constants.ENDPOINT))
    except (ToolError, OSError):  # a TimeoutError is one, too
        return False
    writer.close()
    return True

"""Asks the Hub whether the app of a Space runs, and at which address."""

import asyncio
from contextlib import suppress
from functools import partial

import httpx
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from agent_core.errors import ToolError
from agent_core.integrations.spaces.client import CONNECT_SECONDS
from agent_core.net.certificates import certificates
from agent_core.net.urls import is_web_url
from agent_core.tools.threads import run_in_tool_thread

_HUB_SECONDS = 20.0  # without any data
_WAKE_SECONDS = 5.0
_NOT_SEEN = (401, 404)  # the Hub answers the same for a Space that does not exist and for one that is hidden

_ASLEEP = "is asleep and is waking up. Try again in a minute or two."
_STARTING = "is being built or started. Try again in a few minutes."
_PAUSED = "is paused; only its owner can start it. Choose another."
_BROKEN = "is broken and does not run; only its owner can repair it. Choose another."
_STAGES = {
    "SLEEPING": _ASLEEP,
    "BUILDING": _STARTING,
    "APP_STARTING": _STARTING,
    "PAUSED": _PAUSED,
    "STOPPED": _PAUSED,
    "DELETING": "is being deleted. Choose another.",
    "NO_APP_FILE": "has no app yet. Choose another.",
    "CONFIG_ERROR": _BROKEN,
    "BUILD_ERROR": _BROKEN,
    "RUNTIME_ERROR": _BROKEN,
}


async def address_of(name: str, token: str | None) -> str:
    """Return the address at which a Space's app runs, and wake the Space if it sleeps.

    Args:
        name: The Space, "owner/name".
        token: A token for a private Space; None for none, not even that of a stored login.

    Raises:
        ToolError: The Space does not exist or does not run, or the Hub does not answer.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await run_in_tool_thread("find_space", partial(_address_of, name, token))
    except ToolError as error:
        raise ToolError(f"The Space {name} {error}") from None
    except HfHubHTTPError as error:
        if (status := error.response.status_code) in _NOT_SEEN:
            may_not = "or the token may not see it" if token else "or it is private"
            raise ToolError(f"There is no Space {name}, {may_not}. Check the name.") from None
        raise ToolError(f"The Hub refused to tell of the Space {name} ({status}). Try again later.") from None
    except (httpx.HTTPError, OSError):  # a TimeoutError is one, too
        raise ToolError("The Hugging Face Hub cannot be reached. Try again later.") from None
    except Exception:
        raise ToolError(f"The Hub gave no description of the Space {name}. Try again later.") from None


def _address_of(name: str, token: str | None) -> str:
    info = HfApi().space_info(name, timeout=_HUB_SECONDS, token=token or False)
    host = info.host or ""
    stage = str(info.runtime.stage) if info.runtime else ""
    if stage == "SLEEPING" and host:
        _wake(host, token)
    if sentence := _STAGES.get(stage):
        raise ToolError(sentence)
    if not is_web_url(host):
        raise ToolError("does not run. Choose another.")
    return host


def _wake(host: str, token: str | None) -> None:
    """Request the app's page, which starts the app."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with (
        suppress(httpx.HTTPError),
        httpx.stream("GET", host, headers=headers, timeout=_WAKE_SECONDS, verify=certificates()),
    ):
        pass

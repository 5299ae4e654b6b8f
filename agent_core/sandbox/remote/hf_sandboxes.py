"""Sandboxes of Hugging Face: for each chat a virtual machine of its own, which ends with its connection."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from agent_core.concurrency import run_in_own_thread, run_to_completion
from agent_core.errors import SandboxError
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.hf_job import HubJob

if TYPE_CHECKING:
    from agent_core.sandbox.remote.websocket_stream import WebsocketStream

_START_SECONDS = 180.0  # an image that the machine does not have yet is pulled first
_CALL_SECONDS = 30.0
_LINK_SECONDS = 30.0
_AGAIN_SECONDS = 0.3
_PLACE = "Code runs in a Sandbox of Hugging Face, a virtual machine for each chat; {payer} pays for it."
_NO_TOKEN = (
    "There is no Hugging Face token to pay for a Sandbox with. Sign in, or give a token that may start and manage Jobs."
)
_NOT_INSTALLED = "A package for Sandboxes of Hugging Face is missing where the app runs. Install glassbox[hf]."
_TOO_SLOW = "Hugging Face did not have a Sandbox ready in time. Try again in some minutes."
_LACKING = (
    "The image {image} cannot run Glassbox's code in a Sandbox: it needs Python 3.11 or newer with Glassbox's "
    "requirements and those of glassbox[hf]. Name another image."
)


class HuggingFaceEngine:
    """Sandboxes of Hugging Face, a dedicated one for each chat.

    A Sandbox is a job of an account: its time costs what its hardware costs, from the first step until the chat sleeps
    or is closed. Should the app be killed, it ends by itself ten minutes later. The token goes to Hugging Face alone,
    also to its proxy in front of the machine, which is relied on to keep it from there.

    Args:
        token: Of the account that pays. It has to be one that may start and manage Jobs.
        image: What has Python 3.11 or newer, Glassbox's requirements with those of its extra "hf", and the packages
            that code may use; "hf.co/spaces/owner/name" for the image of a Space.
        payer: Who pays, in words for people.
        namespace: The account or organization whose job it is; "" for the token's account.
        flavor: The hardware, by Hugging Face's name.

    Attributes:
        token: May be changed; the change applies to the next Sandbox.
    """

    name = "hf"

    def __init__(
        self,
        token: str,
        image: str,
        *,
        payer: str = "the token's account",
        namespace: str = "",
        flavor: str = "cpu-basic",
    ) -> None:
        self.place = _PLACE.format(payer=payer)
        self.token, self._image = token, image
        self._namespace, self._flavor = namespace, flavor

    async def connect(self, needs: Needs) -> "WebsocketStream":
        if not self.token:
            raise SandboxError(_NO_TOKEN)
        if not find_spec("websockets"):
            raise SandboxError(_NOT_INSTALLED)
        job = HubJob(self.token, self._image, self._namespace, self._flavor)
        try:
            await _within(_START_SECONDS + _CALL_SECONDS, partial(job.start, _START_SECONDS))
            await _within(_CALL_SECONDS, job.start_far_end)
            async with asyncio.timeout(_LINK_SECONDS):
                return await self._linked(job)
        except BaseException as error:
            await run_to_completion(_ended(job))
            if isinstance(error, TimeoutError):
                raise SandboxError(_TOO_SLOW) from None
            raise

    async def _linked(self, job: HubJob) -> "WebsocketStream":
        """Connect to the far end as soon as it listens."""
        from agent_core.sandbox.remote.websocket_stream import WebsocketStream, open_websocket

        while not (connection := await open_websocket(job.address, job.headers)):
            if not await run_in_own_thread(job.is_far_end_running):
                raise SandboxError(_LACKING.format(image=self._image))
            await asyncio.sleep(_AGAIN_SECONDS)
        return WebsocketStream(connection, partial(_ended, job))


async def _within(seconds: float, work: Callable[[], None]) -> None:
    await asyncio.wait_for(run_in_own_thread(work), seconds)


async def _ended(job: HubJob) -> None:
    with suppress(TimeoutError):
        await _within(_CALL_SECONDS, job.end)

"""One Sandbox of Hugging Face, by the blocking calls of its client; what fails is told in plain sentences."""

import inspect
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from huggingface_hub import HfApi
from huggingface_hub import Sandbox as HubSandbox
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.errors import SandboxError as HubSandboxError

from agent_core.errors import SandboxError
from agent_core.net.redaction import redact
from agent_core.sandbox.remote import far_process
from agent_core.sandbox.remote.shipping import FAR_COMMAND
from agent_core.text import truncate

logger = logging.getLogger(__name__)

PORT = 49_984  # of the sandbox's own machine, beside that of Hugging Face's server there
_IDLE_SECONDS = 600  # after the far end has ended, until the machine ends by itself, should the app have been killed
_ATTEMPTS = 3  # to end a sandbox
_QUOTE_LENGTH = 300  # characters
_BY_STATUS = {
    401: "Hugging Face does not accept the token for Sandboxes. Sign in again, or give another token.",
    402: "The Hugging Face account that pays for Sandboxes has no credit left. Add credit at "
    "https://huggingface.co/settings/billing, or run code elsewhere.",
    403: "The Hugging Face token may not start Sandboxes. Make one at https://huggingface.co/settings/tokens that may "
    "start and manage Jobs; for a sign-in, the Space's owner has it ask for the scope jobs.",
    404: "Hugging Face has no image {image}, or the token may not use it. Name another image.",
    429: "Hugging Face starts no more Sandboxes for this account at the moment. Close other chats, or try again in a "
    "minute.",
}
_FAILED = "Hugging Face could not start a Sandbox (HTTP {status}). Try again in some minutes."
_REFUSED = "Hugging Face refused to start a Sandbox (HTTP {status}): {detail}"
_UNREACHABLE = "Hugging Face could not be reached to start a Sandbox. Check the network connection."
_ENDED = "The Sandbox of Hugging Face did not start: {detail}"


class HubJob:
    """A dedicated Sandbox, which is a job of an account.

    Args:
        token: Of the account.
        image: What the machine is made of.
        namespace: The account or organization; "" for the token's account.
        flavor: The hardware.
    """

    def __init__(self, token: str, image: str, namespace: str, flavor: str) -> None:
        self._token, self._image = token, image
        self._namespace, self._flavor = namespace, flavor
        self._sandbox: HubSandbox | None = None
        self._is_unwanted = False
        self._lock = threading.Lock()

    def start(self, seconds: float) -> None:
        """Create it, and wait until it is ready. If `end` was called meanwhile, end it.

        Raises:
            SandboxError: It cannot be created, or is not ready in time.
        """
        with self._explaining():
            self._namespace = self._namespace or HfApi(token=self._token).whoami()["name"]
            sandbox = HubSandbox.create(
                self._image,
                flavor=self._flavor,
                idle_timeout=_IDLE_SECONDS,
                namespace=self._namespace,
                labels={"glassbox": "chat"},
                start_timeout=seconds,
                token=self._token,
            )
        with self._lock:
            self._sandbox, is_unwanted = sandbox, self._is_unwanted
        if is_unwanted:
            self._cancel(sandbox)

    def start_far_end(self) -> None:
        """Have a program there listen at PORT, which starts a far end once somebody connects.

        Raises:
            SandboxError: It cannot be started.
        """
        from agent_core.sandbox.remote import websocket_end

        run = f"asyncio.run(pass_on({PORT}, {list(FAR_COMMAND[1:])!r}, FarProcess()))"
        program = "\n".join([inspect.getsource(far_process), inspect.getsource(websocket_end), run])
        with self._explaining():
            self._there.run([FAR_COMMAND[0], "-I", "-c", program], background=True)

    def is_far_end_running(self) -> bool:
        """Whether that program runs. Raises SandboxError if nobody can tell."""
        with self._explaining():
            return any(process.running for process in self._there.processes())

    @property
    def address(self) -> str:
        """Where that program takes a websocket."""
        return self._there.proxy_url_for(PORT, "/", scheme="wss://")

    @property
    def headers(self) -> dict[str, str]:
        """What a request there needs."""
        return self._there.proxy_headers

    def end(self) -> None:
        """End the Sandbox for good; one that is not there yet, as soon as it is."""
        with self._lock:
            self._is_unwanted, sandbox = True, self._sandbox
        if sandbox:
            self._cancel(sandbox)

    @property
    def _there(self) -> HubSandbox:
        assert self._sandbox
        return self._sandbox

    def _cancel(self, sandbox: HubSandbox) -> None:
        for _ in range(_ATTEMPTS):
            try:
                HfApi(token=self._token).cancel_job(job_id=sandbox.id, namespace=self._namespace)
            except (HfHubHTTPError, httpx.HTTPError):
                continue
            break
        else:
            logger.warning("A Sandbox of Hugging Face could not be ended; it ends by itself: %s", sandbox.id)
        sandbox.close()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except HfHubHTTPError as error:
            raise self._explained(error.response.status_code, error.server_message or "") from None
        except HubSandboxError as error:
            raise self._explained(error.status_code, str(error)) from None
        except httpx.HTTPError:
            raise SandboxError(_UNREACHABLE) from None

    def _explained(self, status: int | None, message: str) -> SandboxError:
        detail = truncate(redact(message.partition(" Last logs:")[0], self._token), _QUOTE_LENGTH)
        if status is None:
            return SandboxError(_ENDED.format(detail=detail))
        if status >= 500:
            return SandboxError(_FAILED.format(status=status))
        return SandboxError(_BY_STATUS.get(status, _REFUSED).format(status=status, image=self._image, detail=detail))

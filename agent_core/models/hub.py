"""Models on the Hugging Face Hub, or behind any address that speaks the same chat-completions protocol."""

import asyncio
import functools
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Unpack, cast

import httpx

from agent_core.errors import ModelError
from agent_core.models import error_mapping, streaming
from agent_core.models.base import Capabilities, Message, ModelChunk
from agent_core.models.error_mapping import ModelFailure
from agent_core.models.hub_login import hub_token
from agent_core.models.served import ServedModel
from agent_core.models.server_events import mend_request, mend_response
from agent_core.models.settings import ModelSettings, in_request
from agent_core.net.certificates import certificates
from agent_core.net.hub_names import is_repository

if TYPE_CHECKING:
    from huggingface_hub import AsyncInferenceClient

DEFAULT_HUB_MODEL = "Qwen/Qwen2.5-Coder-32B-Instruct"

_PROVIDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_NO_NAME = "{model!r} is not the name of a Hub model. Write it as owner/name or owner/name:provider."
_NO_TOKEN = ModelFailure(
    "no_key", "There is no Hugging Face token for {model}. Set HF_TOKEN, or log in with `hf auth login`."
)


def is_hub_model(name: str) -> bool:
    """Return whether this is a name of the form owner/name or owner/name:provider. An address never is."""
    repository, colon, provider = name.partition(":")
    return is_repository(repository) and (not colon or bool(_PROVIDER.fullmatch(provider)))


@functools.cache
def _prepare_clients() -> None:
    """Have the library's clients mend replies, and not load the certificates again, on the event loop, for each one."""
    from huggingface_hub import set_async_client_factory
    from huggingface_hub.utils import _http

    hooks = {
        "request": [_http.async_hf_request_event_hook, mend_request],
        "response": [mend_response, _http.async_hf_response_event_hook],
    }

    def make_client() -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=certificates(), event_hooks=hooks, follow_redirects=True, timeout=None)

    set_async_client_factory(make_client)


class HubModel(ServedModel):
    """A model that the Hub's inference providers serve, or one at your own endpoint.

    Args:
        model: The model's name on the Hub, "owner/name" or "owner/name:provider".
        token: A Hugging Face token; None for HF_TOKEN, or else the stored login.
        base_url: The address of your own endpoint, where models may have any name. It gets the given token only, never
            HF_TOKEN or the login. None for the Hub.
        find_key: Whether HF_TOKEN and the login may be used.
        context_window: The size of the context window in tokens; None for what is known of its family, or for what a
            server on this machine or network says when it is asked, if that is less.
        capabilities: What the model can do; None for what is known of the model's family, or for what such a server
            says. A server whose template leaves tools out counts more than what is given.
        **settings: What its requests say where a run does not say else, such as `temperature`; see ModelSettings.

    Raises:
        ModelError: The name cannot be a model of the Hub, or a setting cannot be used.
    """

    def __init__(
        self,
        model: str = DEFAULT_HUB_MODEL,
        *,
        token: str | None = None,
        base_url: str | None = None,
        find_key: bool = True,
        context_window: int | None = None,
        capabilities: Capabilities | None = None,
        **settings: Unpack[ModelSettings],
    ) -> None:
        named = isinstance(model, str) and is_hub_model(model)
        if not (base_url or named):  # the client library would send the token to an address
            raise ModelError(_NO_NAME.format(model=str(model)[:100]), code="unknown_model")
        super().__init__(
            model,
            base_url=base_url,
            served_name=model,
            context_window=context_window,
            capabilities=capabilities,
            settings=settings,
        )
        self._token = token
        self._find_key = find_key

    def definition(self) -> dict[str, Any]:
        return super().definition() | ({} if self._find_key else {"find_key": False})

    async def _send(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None,
        settings: ModelSettings,
    ) -> AsyncGenerator[ModelChunk, None]:
        token = self._token
        try:
            if self._find_key and not (token or self._base_url):
                token = await asyncio.to_thread(hub_token)
            self._check(token)
            async with await asyncio.to_thread(self._client, token, settings.get("timeout")) as client:
                events = await client.chat_completion(
                    [dict(message) for message in messages],
                    model=self.name,
                    stream=True,
                    tools=cast(Any, list(tools) if tools else None),
                    stream_options=cast(Any, {"include_usage": True}),
                    extra_body=self._extra_body(settings) or None,
                    **in_request(settings),
                )
                async with aclosing(streaming.read(events, self.name)) as chunks:
                    async for chunk in chunks:
                        yield chunk
        except ModelError:
            raise
        except Exception as error:
            raise error_mapping.to_model_error(error, self.name, token, settings) from None

    def _check(self, token: str | None) -> None:
        """Raise ModelError for what the client library would send elsewhere or explain badly."""
        if self._base_url:
            if not self._base_url.startswith(("http://", "https://")):
                raise error_mapping.failure(error_mapping.UNREACHABLE, self.name)
        elif not token:
            raise error_mapping.failure(_NO_TOKEN, self.name)
        elif not token.startswith("hf_"):
            raise error_mapping.failure(error_mapping.BAD_KEY, self.name)

    def _client(self, token: str | None, timeout: float | None) -> "AsyncInferenceClient":
        """Make a client, in a thread: the import takes a while."""
        from huggingface_hub import AsyncInferenceClient, constants

        _prepare_clients()

        # Without this the first request blocks the event loop to fetch a list from the Hub, whatever its own address.
        constants.HF_HUB_DISABLE_TELEMETRY = True
        return AsyncInferenceClient(
            base_url=self._base_url,
            token=token or "none",  # without a token the library would send the login
            timeout=cast(Any, streaming.timeouts(timeout)),  # goes to httpx as it is
        )

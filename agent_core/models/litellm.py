"""Models of any provider that litellm supports."""

import asyncio
import functools
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Unpack

import httpx

from agent_core.elsewhere import MODEL_ARGUMENTS, advising
from agent_core.errors import ModelError
from agent_core.models import error_mapping, prompt_cache, streaming
from agent_core.models.base import Capabilities, Message, ModelChunk
from agent_core.models.given import model_name
from agent_core.models.providers import ONLY_THESE, public_provider
from agent_core.models.served import ServedModel
from agent_core.models.server_events import mend_request, mend_response
from agent_core.models.settings import ModelSettings, in_request, named_in
from agent_core.usage import Usage


class LiteLLMModel(ServedModel):
    """A model of any provider that litellm supports, or one at your own endpoint.

    Args:
        model: The model's litellm name, "provider/model".
        api_key: The provider's key; None for what litellm finds on the machine, such as the provider's environment
            variable.
        api_base: The address of your own endpoint. It gets the given key only, never one from the environment. But
            litellm signs in to cloud providers (AWS, Google, Azure) by itself, at this address too. None for the
            provider's own address.
        find_key: Whether litellm may look for a key. If not, the model must be of one of PROVIDERS.
        context_window: The size of the context window in tokens; None for what is known of the model's family, or else
            what litellm's list says, or for what a server on this machine or network says when it is asked, if that is
            less.
        capabilities: What the model can do; None for what is known of the model's family, or for what such a server
            says. A server whose template leaves tools out counts more than what is given.
        **settings: What its requests say where a run does not say else, such as `temperature`; see ModelSettings.

    Raises:
        ImportError: litellm is not installed.
        ModelError: `find_key` is false, and the model is of none of PROVIDERS; or a setting cannot be used.
    """

    @advising(MODEL_ARGUMENTS, ModelError)
    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        api_base: str | None = None,
        find_key: bool = True,
        context_window: int | None = None,
        capabilities: Capabilities | None = None,
        **settings: Unpack[ModelSettings],
    ) -> None:
        if find_spec("litellm") is None:
            raise ImportError("LiteLLMModel needs another package: pip install 'glassbox[litellm]'.")
        if not find_key and not (isinstance(model, str) and public_provider(model)):
            raise ModelError(ONLY_THESE, code="not_allowed")
        super().__init__(
            model,
            base_url=api_base,
            served_name=model_name(model).partition("/")[2] or model,
            context_window=context_window,
            capabilities=capabilities,
            settings=settings,
        )
        self._api_key = api_key
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
        if not (self._api_key or self._base_url or self._find_key):
            raise error_mapping.failure(error_mapping.NO_KEY, self.name)
        litellm = await asyncio.to_thread(load_litellm)
        self.context_window = self.context_window or _known_window(litellm, self.name)
        try:
            reply = await self._begin(
                litellm,
                settings,
                model=self.name,
                messages=prompt_cache.marked(messages) if prompt_cache.wants_marks(self.name) else list(messages),
                tools=list(tools) if tools else None,
                stream=True,
                stream_options={"include_usage": True},
                api_key=self._api_key or ("none" if self._base_url else None),
                api_base=self._base_url,
                extra_body=self._extra_body(settings) or None,
                timeout=streaming.timeouts(settings.get("timeout")),
                num_retries=0,
                _skip_mcp_handler=True,  # or tools need the package mcp, which only litellm's own proxy uses
            )
            chunks = streaming.read(reply, self.name, has_ended=lambda: _has_ended(reply))
            async with aclosing(reply), aclosing(chunks):
                async for chunk in chunks:
                    if chunk.usage is None:
                        yield chunk
                    elif _counted(reply):
                        yield ModelChunk(usage=replace(chunk.usage, cost=self._cost(litellm, chunk.usage)))
        except ModelError:
            raise
        except Exception as error:
            raise error_mapping.to_model_error(error, self.name, self._api_key, settings) from None

    async def _begin(self, litellm: ModuleType, settings: ModelSettings, **request: Any) -> Any:
        """Send a request. Of what litellm says that the model does not take, only what nobody set is left out."""
        named = in_request(settings)
        try:
            return await litellm.acompletion(**request, **named, drop_params=False)
        except litellm.UnsupportedParamsError as error:
            # A run always says max_tokens, be it that nobody chose it.
            chosen = {name: value for name, value in settings.items() if name != "max_tokens"}
            if setting := named_in(str(error), chosen):
                raise error_mapping.failure(error_mapping.NO_SETTING, self.name, setting=setting) from None
        return await litellm.acompletion(**request, **named, drop_params=True)

    def _cost(self, litellm: ModuleType, usage: Usage) -> float | None:
        """Return the cost in US dollars by litellm's price list; None if the model is not on it or at your endpoint."""
        if self._base_url:
            return None
        try:
            given, written = litellm.cost_per_token(
                model=self.name,
                prompt_tokens=usage.input_tokens,
                completion_tokens=usage.output_tokens,
                cache_read_input_tokens=usage.cached_tokens,
            )
        except Exception:  # litellm raises all kinds of errors for models that it does not know
            return None
        return given + written or None


def _known_window(litellm: ModuleType, name: str) -> int | None:
    try:
        return litellm.get_model_info(name).get("max_input_tokens")
    except Exception:  # as above
        return None


def _counted(reply: Any) -> bool:
    """Return whether the service itself sent the usage. If not, litellm makes it up."""
    return any(getattr(event, "usage", None) for event in reply.chunks)


def _has_ended(reply: Any) -> bool:
    """Return whether the service itself sent a finish reason. If not, litellm makes one up."""
    return bool(reply.received_finish_reason or reply.intermittent_finish_reason)


def load_litellm() -> ModuleType:
    """Import litellm. Takes seconds, so call it in a thread."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or it fetches a price list
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")  # or a list of headers
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # or it reads a .env file into the environment
    import litellm

    litellm.suppress_debug_info = True
    litellm.disable_hf_tokenizer_download = True
    litellm.disable_aiohttp_transport = True  # httpx closes its connections with the stream
    _mend_clients()
    return litellm


@functools.cache
def _mend_clients() -> None:
    """Have all clients that litellm makes mend what services send; it takes none of its caller for all providers."""
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler
    from litellm.llms.openai.common_utils import BaseOpenAILLM

    def mended(make: Callable[..., Any]) -> Callable[..., httpx.AsyncClient]:
        def make_mended(*args: Any, **settings: Any) -> httpx.AsyncClient:
            client = make(*args, **settings)
            hooks = client.event_hooks
            requests, responses = [*hooks["request"], mend_request], [mend_response, *hooks["response"]]
            client.event_hooks = {"request": requests, "response": responses}
            return client

        return make_mended

    AsyncHTTPHandler.create_client = mended(AsyncHTTPHandler.create_client)
    BaseOpenAILLM._get_async_http_client = staticmethod(mended(BaseOpenAILLM._get_async_http_client))

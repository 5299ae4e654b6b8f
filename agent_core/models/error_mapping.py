"""Turns failures of requests to models into errors, each with a code and one plain sentence."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx

from agent_core.errors import ContextOverflow, ErrorCode, ModelError
from agent_core.models.named_sizes import named_size, named_window
from agent_core.models.settings import ModelSettings, named_in
from agent_core.net.redaction import redact
from agent_core.text import truncate


class ModelFailure(NamedTuple):
    """One kind of failure.

    Attributes:
        code: Its code.
        sentence: Its sentence for a person, with {placeholders}.
        retryable: Whether another attempt may succeed.
    """

    code: ErrorCode
    sentence: str
    retryable: bool = False


NO_KEY = ModelFailure("no_key", "The service wants a valid key for {model}.")
BAD_KEY = ModelFailure(
    "bad_key", "The service refused the key for {model}. Check the key, and that it may use this model."
)
NO_CREDIT = ModelFailure(
    "no_credit",
    "The account behind the key has no credit left for {model}. Add credit there, or use another model.",
)
UNKNOWN_MODEL = ModelFailure(
    "unknown_model",
    "The service does not know the model {model}. Check the model's name, and the address if you gave one.",
)
TOO_LONG = ModelFailure(
    "too_long",
    "The conversation has become too long for {model}. Start a new chat, or use a model with a larger context window.",
)
TOO_MANY = ModelFailure(
    "rate_limited", "{model} takes no more requests for the moment. Wait a minute and try again.", retryable=True
)
SERVER_FAULT = ModelFailure(
    "service_error", "The service of {model} failed (HTTP {status}). Try again in a moment.", retryable=True
)
CONFLICT = ModelFailure(
    "busy", "The service of {model} is busy with something else (HTTP {status}). Try again in a moment.", retryable=True
)
LOADING = ModelFailure("loading", "The server of {model} is loading its model.", retryable=True)
CONTENT = ModelFailure(
    "content_filter", "The service's rules on content do not let {model} answer this. Put the question differently."
)
UNSUPPORTED = ModelFailure("unsupported", "{model} does not support something in the request: {detail}")
NO_SETTING = ModelFailure("setting", "{model} does not take the setting {setting}. Leave it out.")
SETTING = ModelFailure(
    "setting", "The service of {model} refuses the setting {setting}. Change it, or leave it out. It says: {detail}"
)
ROLES = ModelFailure("roles", "The chat template of {model} refuses such messages: {detail}")
REFUSED = ModelFailure("bad_request", "The service refused the request to {model} (HTTP {status}): {detail}")
REPORTED = ModelFailure("service_error", "The service of {model} reported an error: {detail}", retryable=True)
UNREACHABLE = ModelFailure(
    "no_network",
    "The service of {model} could not be reached. Check the network connection, and the address if you gave one.",
)
DOWN = ModelFailure(
    "not_running",
    "Nothing answers at the address of {model}. Check that its service is running, and the address if you gave one.",
    retryable=True,
)
SILENT = ModelFailure("timeout", "{model} sent nothing for too long. Try again, or use another model.", retryable=True)
BROKEN_OFF = ModelFailure("cut_off", "The reply of {model} broke off. Try again.", retryable=True)
GARBLED = ModelFailure(
    "not_a_reply", "{model} sent something that is not a chat reply. Check the address if you gave one."
)
NOT_INSTALLED = ModelFailure(
    "not_installed",
    "{model} cannot be used here: a package that it needs is missing or does not work. Use another model.",
)
EMPTY = ModelFailure(
    "empty", "{model} sent an empty reply. Try again, and check the address if you gave one.", retryable=True
)

_QUOTE_LENGTH = 300  # characters
_BY_STATUS = {
    401: BAD_KEY,
    402: NO_CREDIT,
    403: BAD_KEY,
    404: UNKNOWN_MODEL,
    408: SILENT,
    409: CONFLICT,
    413: TOO_LONG,
    425: CONFLICT,
    429: TOO_MANY,
}
_BY_TEXT = (
    (NO_KEY, r"missing credentials"),
    (
        ROLES,
        r"roles? must alternate|not support (the )?system|(developer|system) instruction is not enabled"
        r"|(system|developer) (role|message|prompt)s? (is |are )?(not|un)[ -]?(supported|allowed)"
        r"|only user(,| and) assistant\b.{0,40}\broles",
    ),
    (
        TOO_LONG,
        r"context.?(length|window|size|limit)|maximum context|too many (input )?tokens"
        r"|(prompt|input|request) is too long|input token count|max_new_tokens. must be <="
        r"|(prompt|input|messages?|input tokens) exceeds?|reduce the length of|must have less than \d+ tokens"
        r"|maximum (prompt|model) length",
    ),
    (
        NO_CREDIT,
        r"insufficient_quota|credit balance|out of credits|billing.hard.limit"
        r"|exceeded your (current|monthly) quota(?!.{0,2000}\bretry (in|after) \d)",  # else it is a quota per minute
    ),
    (CONTENT, r"content.?(policy|filter|management)|responsible ai|safety (system|settings|policy)"),
    (
        UNKNOWN_MODEL,
        r"model_not_found|model_not_supported|not supported by any provider|unknown model|invalid model"
        r"|model\b.{0,100}\b(does not exist|not found)|LLM Provider NOT provided",
    ),
    (
        UNSUPPORTED,
        r"unsupported.?(parameter|value)|does not support|not supported (with|by|for) this model"
        r"|endpoints found that support",
    ),
)
_TOO_LONG_BY = (
    "The conversation has {size:,} tokens, and the context window of {model} has {window:,}. "
    "Start a new chat, or use a model with a larger context window."
)
_TOO_LONG_AT_SERVER = (
    "The conversation has {size:,} tokens, and the window of {model} has {window:,}. "
    "Start its server with a larger one (llama.cpp: -c), or start a new chat."
)
_LLAMA_CPP = r"n_ctx|available context size"
# The first that is found counts: the history of a refused connection also has a reset connection, for example.
_BY_TYPE: tuple[tuple[ModelFailure, tuple[type[BaseException], ...]], ...] = (
    (UNREACHABLE, (socket.gaierror, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.ProxyError)),
    (DOWN, (httpx.ConnectError, httpx.ConnectTimeout)),
    (SILENT, (httpx.TimeoutException, TimeoutError)),
    (BROKEN_OFF, (httpx.TransportError,)),
    (GARBLED, (httpx.DecodingError, httpx.TooManyRedirects)),
    (UNREACHABLE, (ConnectionError,)),  # not from httpx: a client that is set to offline, for example
    (NOT_INSTALLED, (ImportError,)),
    (GARBLED, (ValueError, LookupError, TypeError, AttributeError, RecursionError, ArithmeticError)),
)


def failure(kind: ModelFailure, model: str, **values: Any) -> ModelError:
    """Return the error for a kind of failure.

    Args:
        kind: The kind of failure.
        model: The model's name.
        **values: Values for the other placeholders of its sentence.
    """
    return ModelError(kind.sentence.format(model=model, **values), code=kind.code, retryable=kind.retryable)


def to_model_error(error: Exception, model: str, key: str | None, settings: ModelSettings | None = None) -> ModelError:
    """Return a ModelError for an error of a client library.

    Raise it `from None`, because the library's own text may contain the key.

    Args:
        error: What the client library raised.
        model: The model's name.
        key: The key that was sent; it is removed from quoted text.
        settings: The settings that were sent; a refusal may name one.
    """
    history = list(_history(error))
    mapped = _from_history(error, history, model, key, settings or {})
    mapped.retry_after = next((seconds for seconds in map(_asked_wait, history) if seconds is not None), None)
    return mapped


def _from_history(
    error: Exception, history: list[BaseException], model: str, key: str | None, settings: ModelSettings
) -> ModelError:
    for cause in history:
        if isinstance(cause, httpx.HTTPStatusError):
            return _from_status(cause.response.status_code, _body(cause.response), model, key, settings)
    status = getattr(error, "status_code", None)  # all errors of litellm have one; 408 and 5xx may be made up
    if isinstance(status, int) and 400 <= status < 500 and status != 408:
        return _from_status(status, str(error), model, key, settings)
    for kind, types in _BY_TYPE:
        if any(isinstance(cause, types) for cause in history):
            return failure(kind, model)
    return _from_report(history[-1], model, key, settings)


def _history(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, its cause, and so on to the first one."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):  # as of the attempts to connect
            yield from error.exceptions
        error = getattr(error, "original_exception", None) or error.__cause__ or error.__context__


def _body(response: httpx.Response) -> str:
    try:
        return response.text
    except httpx.ResponseNotRead:  # client libraries do not read error pages of unknown length
        return ""


def _from_status(status: int, body: str, model: str, key: str | None, settings: ModelSettings) -> ModelError:
    if status in (401, 403) and not key:
        return failure(NO_KEY, model)
    kind = _by_text(body)
    if status in (400, 422) and kind in (None, UNSUPPORTED) and (setting := named_in(body, settings)):
        return failure(SETTING, model, setting=setting, detail=_quote(body, key))
    if status in (400, 404, 422, 500) and kind:
        return _from_text(kind, body, model, key)
    if status == 429 and kind == NO_CREDIT:  # any other text about tokens or billing is only advice
        return failure(NO_CREDIT, model)
    if status == 503 and re.search(r"\bloading\b", body, re.IGNORECASE):
        return failure(LOADING, model)
    if status == 413:
        return _from_text(TOO_LONG, body, model, key)
    if status in _BY_STATUS:
        return failure(_BY_STATUS[status], model, status=status)
    if status >= 500:
        return failure(SERVER_FAULT, model, status=status)
    return failure(REFUSED, model, status=status, detail=_quote(body, key))


def _from_report(cause: BaseException, model: str, key: str | None, settings: ModelSettings) -> ModelError:
    """Explain an error that a service reported in its reply, or an error of the client library itself."""
    said = cause.args[0] if cause.args else ""
    kind = _by_text(str(said))
    if kind in (None, UNSUPPORTED) and (setting := named_in(str(said), settings)):
        return failure(SETTING, model, setting=setting, detail=_quote(said, key))
    if kind:
        return _from_text(kind, str(said), model, key)
    return failure(REPORTED, model, detail=_quote(said, key))


def _from_text(kind: ModelFailure, said: str, model: str, key: str | None) -> ModelError:
    """Return the error; for messages that are too long, with the context window that the service named."""
    if kind != TOO_LONG:
        return failure(kind, model, detail=_quote(said, key))
    window, size = named_window(said), named_size(said)
    sentence = kind.sentence if window is None or size is None or size <= window else _TOO_LONG_BY
    sentence = _TOO_LONG_AT_SERVER if sentence == _TOO_LONG_BY and re.search(_LLAMA_CPP, said) else sentence
    return ContextOverflow(sentence.format(model=model, window=window, size=size), window=window)


def _asked_wait(error: BaseException) -> float | None:
    """Return the seconds of the Retry-After header, if the error has a response with one."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = headers.get("retry-after") or headers.get("Retry-After")
    if not value:
        return None
    with suppress(ValueError):
        return max(0.0, float(value))
    with suppress(ValueError):
        date = parsedate_to_datetime(value)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)  # some leave out that it is GMT
        return max(0.0, (date - datetime.now(UTC)).total_seconds())
    return None


def _by_text(text: str) -> ModelFailure | None:
    return next((kind for kind, pattern in _BY_TEXT if re.search(pattern, text, re.IGNORECASE)), None)


def _quote(said: Any, key: str | None) -> str:
    """Return what a service said as one short line, without the key and without secrets of the environment."""
    if isinstance(said, str):
        with suppress(ValueError):  # what is not JSON is quoted as it is
            said = json.loads(said)
    while isinstance(said, dict):
        said = said.get("error") or said.get("message") or said.get("detail")
    line = " ".join(str(said or "it gave no reason.").split())
    line = redact(line, key)
    if len(line) > _QUOTE_LENGTH:
        return truncate(line, _QUOTE_LENGTH)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."

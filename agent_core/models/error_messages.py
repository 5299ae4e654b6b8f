"""From what can go wrong in a request to a model to one plain sentence, and what to do about it."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from agent_core.errors import ContextOverflow, ModelError
from agent_core.net.redaction import redact
from agent_core.text import truncate

NO_KEY = "The service wants a valid key for {model}. Put one in the settings."
BAD_KEY = "The service refused the key for {model}. Check the key in the settings, and that it may use this model."
NO_CREDIT = (
    "The account behind the key has no credit left for {model}. "
    "Add credit there, or choose another model in the settings."
)
UNKNOWN_MODEL = (
    "The service does not know the model {model}. "
    "Check the model's name in the settings, and the address if you gave one."
)
TOO_LONG = (
    "The conversation has become too long for {model}. "
    "Start a new chat, or choose a model with a larger context window in the settings."
)
TOO_MANY = "{model} takes no more requests for the moment. Wait a minute and try again."
SERVER_FAULT = "The service of {model} has a fault of its own (HTTP {status}). Try again in a moment."
CONFLICT = "The service of {model} is busy with something else (HTTP {status}). Try again in a moment."
CONTENT = "The service's rules on content do not let {model} answer this. Put the question differently."
UNSUPPORTED = (
    "{model} does not take something that was asked of it: {detail} "
    "Change how code is written in the settings, or choose another model there."
)
REFUSED = "The service refused the request to {model} (HTTP {status}): {detail}"
REPORTED = "The service of {model} reported an error: {detail}"
UNREACHABLE = (
    "The service of {model} could not be reached. "
    "Check the network connection, and the address in the settings if you gave one."
)
DOWN = (
    "Nothing answers at the address of {model}. "
    "Check that its service is running, and the address in the settings if you gave one."
)
SILENT = "{model} sent nothing for too long. Try again, or choose another model in the settings."
BROKEN_OFF = "The reply of {model} broke off. Try again."
GARBLED = "{model} sent something that is not a chat reply. Check the address in the settings if you gave one."
NOT_INSTALLED = (
    "{model} cannot be asked from here: a part of this app that it needs does not work. "
    "Choose another model in the settings."
)
EMPTY = "{model} sent an empty reply. Try again, and check the address in the settings if you gave one."

_QUOTE_LENGTH = 300  # characters
_PASSING = (TOO_MANY, SERVER_FAULT, SILENT, BROKEN_OFF, EMPTY, CONFLICT, REPORTED, DOWN)  # what may go by itself
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
        TOO_LONG,
        r"context.?(length|window|size|limit)|maximum context|too many (input )?tokens"
        r"|(prompt|input|request) is too long|input token count|max_new_tokens. must be <="
        r"|(prompt|input|messages?|input tokens) exceeds?|reduce the length of|must have less than \d+ tokens"
        r"|maximum (prompt|model) length",
    ),
    (
        NO_CREDIT,
        r"insufficient_quota|credit balance|out of credits|billing.hard.limit"
        r"|exceeded your (current|monthly) quota(?!.{0,2000}\bretry (in|after) \d)",  # else it is one of each minute
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
_NUMBER = r"(\d[\d,_]{2,})"
_WINDOWS = (  # how services name their window, the plainest first
    rf"(?:maximum context length|context (?:length|window|size)|n_ctx)(?: is| of| \(|:|=|\D{{0,12}})\s*{_NUMBER}",
    rf">\s*{_NUMBER}",
    rf"(?:must be <=|must have less than|cannot exceed)\s*{_NUMBER}",
    rf"(?:maximum|limit|at most|up to)\D{{0,40}}?{_NUMBER}",
    rf"{_NUMBER}\s*(?:tokens? )?(?:maximum|limit|is the maximum)",
)
# In the order in which they are looked for: a refused connection also has a reset in its history, say.
_BY_TYPE: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    (UNREACHABLE, (socket.gaierror, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.ProxyError)),
    (DOWN, (httpx.ConnectError, httpx.ConnectTimeout)),
    (SILENT, (httpx.TimeoutException, TimeoutError)),
    (BROKEN_OFF, (httpx.TransportError,)),
    (UNREACHABLE, (ConnectionError,)),  # without httpx: a client that is set to offline, say
    (NOT_INSTALLED, (ImportError,)),
    (GARBLED, (ValueError, LookupError, TypeError, AttributeError)),
)


def failure(sentence: str, model: str, **values: Any) -> ModelError:
    """One of this module's sentences, about a model; values: for its other placeholders."""
    return ModelError(sentence.format(model=model, **values), passing=sentence in _PASSING)


def explain(error: Exception, model: str, key: str | None) -> ModelError:
    """The sentence for an error of a client library. Raise it `from None`: the library's own text may hold the key."""
    history = list(_history(error))
    explained = _explain(error, history, model, key)
    explained.retry_after = next((seconds for seconds in map(_asked_wait, history) if seconds is not None), None)
    return explained


def _explain(error: Exception, history: list[BaseException], model: str, key: str | None) -> ModelError:
    for cause in history:
        if isinstance(cause, httpx.HTTPStatusError):
            return _explain_status(cause.response.status_code, _body(cause.response), model, key)
    status = getattr(error, "status_code", None)  # litellm gives one to all its errors; 408 and 5xx may be made up
    if isinstance(status, int) and 400 <= status < 500 and status != 408:
        return _explain_status(status, str(error), model, key)
    for sentence, types in _BY_TYPE:
        if any(isinstance(cause, types) for cause in history):
            return failure(sentence, model)
    return _explain_report(history[-1], model, key)


def _history(error: BaseException | None) -> Iterator[BaseException]:
    """An error, what it was made from, and so on down to the first."""
    while error is not None:
        yield error
        error = getattr(error, "original_exception", None) or error.__cause__ or error.__context__


def _body(response: httpx.Response) -> str:
    try:
        return response.text
    except httpx.ResponseNotRead:  # a client library does not read an error page of unknown length
        return ""


def _explain_status(status: int, body: str, model: str, key: str | None) -> ModelError:
    if status in (401, 403) and not key:
        return failure(NO_KEY, model)
    sentence = _by_text(body)
    if status in (400, 404, 422, 500) and sentence:
        return _from_text(sentence, body, model, key)
    if status == 429 and sentence == NO_CREDIT:  # else it speaks of tokens or billing only to say when there is more
        return failure(NO_CREDIT, model)
    if status == 413:
        return _from_text(TOO_LONG, body, model, key)
    if status in _BY_STATUS:
        return failure(_BY_STATUS[status], model, status=status)
    if status >= 500:
        return failure(SERVER_FAULT, model, status=status)
    return failure(REFUSED, model, status=status, detail=_quote(body, key))


def _explain_report(cause: BaseException, model: str, key: str | None) -> ModelError:
    """What a service reported inside its reply, or a client library in its own words."""
    said = cause.args[0] if cause.args else ""
    if sentence := _by_text(str(said)):
        return _from_text(sentence, str(said), model, key)
    return failure(REPORTED, model, detail=_quote(said, key))


def _from_text(sentence: str, said: str, model: str, key: str | None) -> ModelError:
    """A sentence; where it is that of a conversation that is too long, with the window that the service named."""
    if sentence != TOO_LONG:
        return failure(sentence, model, detail=_quote(said, key))
    return ContextOverflow(sentence.format(model=model), window=_named_window(said))


def _named_window(said: str) -> int | None:
    """The window in a service's words on a request that is too long; the other numbers say what was sent."""
    for pattern in _WINDOWS:
        if found := re.search(pattern, said, re.IGNORECASE):
            return int(re.sub(r"\D", "", found[1]))
    return None


def _asked_wait(error: BaseException) -> float | None:
    """The seconds of a Retry-After header, where the error has a response with one."""
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


def _by_text(text: str) -> str | None:
    return next((sentence for sentence, pattern in _BY_TEXT if re.search(pattern, text, re.IGNORECASE)), None)


def _quote(said: Any, key: str | None) -> str:
    """What a service said, as one short line without the key and without what the environment keeps secret."""
    if isinstance(said, str):
        with suppress(ValueError):  # what is not JSON is quoted as it is
            said = json.loads(said)
    while isinstance(said, dict):
        said = said.get("error") or said.get("message") or said.get("detail")
    line = " ".join(str(said or "it gave no reason.").split())
    line = redact(line.replace(key, "…") if key else line)
    if len(line) > _QUOTE_LENGTH:
        return truncate(line, _QUOTE_LENGTH)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."

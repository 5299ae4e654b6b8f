"""The settings of a model: what a request says beside its messages and tools."""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypedDict, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic import with_config as configured
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict as CheckedDict  # pydantic takes no other before Python 3.12

from agent_core.errors import ModelError

MAX_REPLY_TOKENS = 4_096  # of a reply for which nothing else is set
_FORMATS = ("json_schema", "json_object", "text")  # of `response_format` as the protocol has it; none is a JSON type
_NO_FORMAT = "give a JSON Schema as a dict, or a pydantic model"
_NOT_JSON = "it must consist of what JSON can say"
_OURS = ("messages", "model", "stream", "tools")
_NOT_OURS = "{name} is not a setting, but given otherwise"
_OTHER_NAMES = {
    "max_new_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
    "request_timeout": "timeout",
    "model_id": "model",
    "api_key": "token",
    "token": "api_key",
    "api_base": "base_url",
    "base_url": "api_base",
    "provider": 'a name such as "owner/name:together"',
}
"""What others call them, and what one kind of model calls differently from another."""
_TRACES: Mapping[str, str] = {
    "max_tokens": r"\bmax_(completion_|new_|output_)?tokens\b",
    "stop": r"[\"'`]stop[\"'`]|\bstop[ _]?(sequences?|texts?|words?)\b|\bbody\W+stop\b",
    "response_format": r"\bresponse.?format\b|\bjson.?(schema|object)\b|\bstructured outputs?\b",
}
"""How a refusal names a setting, where that is not its own name."""


def _as_json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        raise PydanticCustomError("json", _NOT_JSON) from None
    return value


def _without_ours(body: dict[str, Any]) -> dict[str, Any]:
    if ours := next((name for name in _OURS if name in body), ""):
        raise PydanticCustomError("ours", "{problem}", {"problem": _NOT_OURS.format(name=ours)})
    return body


def _as_list(texts: object) -> object:
    return [texts] if isinstance(texts, str) else texts


def _as_format(wanted: object) -> object:
    """Return a response format as the protocol has it, for a JSON Schema or a pydantic model."""
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        wanted = wanted.model_json_schema()
    if wanted is None:
        return None
    if not isinstance(wanted, dict):
        raise PydanticCustomError("format", _NO_FORMAT)
    if _as_json(wanted).get("type") in _FORMATS:
        return wanted
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(wanted.get("title") or "reply"))[:64]
    described: dict[str, Any] = {"name": name, "schema": wanted}
    if _is_strict(wanted):
        described["strict"] = True
    return {"type": "json_schema", "json_schema": described}


def _is_strict(schema: object) -> bool:
    """Return whether services can keep to a schema exactly: each object has all of its properties, and no others."""
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, dict):
        return True
    named = schema.get("properties")
    if isinstance(named, dict):
        if schema.get("additionalProperties") is not False or set(named) != set(schema.get("required", ())):
            return False
        return all(map(_is_strict, named.values())) and _is_strict(schema.get("$defs"))
    return schema.get("type") != "object" and all(map(_is_strict, schema.values()))


class ModelSettings(TypedDict, total=False):
    """What a request says beside its messages and tools.

    A model takes them when it is made, `HubModel("owner/name", temperature=0.2)`, and a run for all its models,
    `agent.run(question, settings={"temperature": 0.2})`, which counts more. What is not set, or is None, is the
    service's to choose. A service that takes a setting not, or not so, ends the request with a ModelError that names
    it; none is left out silently.

    Attributes:
        temperature: How freely the model chooses its words, from 0 to 2.
        top_p: Of which part of the likeliest words it chooses, above 0 and up to 1.
        seed: A number with which a service chooses in the same way again, as far as it can.
        max_tokens: The most tokens of a reply, its reasoning included. A run asks for no more than half of the context
            window; where nothing is set, for 4,096 and no more than a quarter.
        stop: Texts that end a reply and are not part of it.
        response_format: The JSON Schema that each reply keeps to, or a pydantic model that stands for one, or a
            response format as the protocol has it. It holds for every reply, so it is for models that are asked
            themselves, and not for agents whose steps are code.
        extra_body: What else goes into the body of a request, for parameters that only this service knows, such as
            {"top_k": 40}. It counts more than the other settings.
        timeout: Seconds without a sign of life from the service, before a reply or within it, after which a request is
            given up; not the seconds for the whole reply. In a run it takes the place of the RetryPolicy's
            `silence_timeout` and `idle_timeout`.
    """

    temperature: float | None
    top_p: float | None
    seed: int | None
    max_tokens: int | None
    stop: Sequence[str] | str | None
    response_format: dict[str, Any] | type[BaseModel] | None
    extra_body: dict[str, Any] | None
    timeout: float | None


_Text = Annotated[str, Field(min_length=1)]


@configured(ConfigDict(extra="forbid", strict=True, allow_inf_nan=False))
class _CheckedSettings(CheckedDict, total=False):
    """ModelSettings with what their values may be."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None
    top_p: Annotated[float, Field(gt=0, le=1)] | None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None
    max_tokens: Annotated[int, Field(ge=1)] | None
    stop: Annotated[Sequence[_Text], BeforeValidator(_as_list)] | None
    response_format: Annotated[dict[str, Any], BeforeValidator(_as_format)] | None
    extra_body: Annotated[dict[str, Any], AfterValidator(_as_json), AfterValidator(_without_ours)] | None
    timeout: Annotated[float, Field(gt=0)] | None


NAMES = tuple(ModelSettings.__annotations__)
_CHECK = TypeAdapter(_CheckedSettings)


def checked(settings: Mapping[str, Any]) -> ModelSettings:
    """Return settings as they are used, after their names and values were checked.

    Raises:
        ModelError: There is no such setting, or its value cannot be used.
    """
    if not isinstance(settings, Mapping):
        raise ModelError('The settings of a model are a dict, such as {"temperature": 0.2}.', code="setting")
    if unknown := next((name for name in settings if name not in NAMES), None):
        raise ModelError(_unknown(str(unknown)), code="setting")
    try:
        return cast(ModelSettings, _CHECK.validate_python(dict(settings)))
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        told = f"The setting {problem['loc'][0]} of a model cannot be used: {problem['msg']}."
        raise ModelError(told, code="setting") from None


def _unknown(name: str) -> str:
    close = get_close_matches(name, NAMES, 1, 0.85)
    meant = _OTHER_NAMES.get(name) or (close[0] if close else "")
    ways = f"Did you mean {meant}? " if meant else ""
    return (
        f"A model has no setting {name[:50]}. {ways}There are {', '.join(NAMES)}; "
        'what only the service knows goes into extra_body={"…": …}.'
    )


def in_request(settings: ModelSettings) -> dict[str, Any]:
    """Return the settings by the names that requests of the protocol have for them, without extra_body and timeout."""
    most = {"max_tokens": settings.get("max_tokens") or MAX_REPLY_TOKENS}
    named = {name: value for name, value in settings.items() if value is not None} | most
    return {name: named[name] for name in NAMES if name in named and name not in ("extra_body", "timeout")}


def named_in(refusal: str, sent: Mapping[str, Any]) -> str:
    """Return which of the settings that were sent a service names first in its refusal; "" for none.

    Args:
        refusal: What it said.
        sent: The settings.
    """
    names = [*(name for name in NAMES if sent.get(name) is not None), *(sent.get("extra_body") or ())]
    found = {
        name: where.start()
        for name in names
        if (where := re.search(_TRACES.get(name, rf"\b{re.escape(name)}\b"), refusal, re.IGNORECASE))
    }
    return min(found, key=found.__getitem__, default="")

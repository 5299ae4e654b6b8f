"""Every class of error that the client libraries raise becomes one plain sentence, with what may pass marked so."""

import inspect
import re

import huggingface_hub.errors
import pytest

from agent_core.errors import ContextOverflow, ModelError
from agent_core.models import error_mapping
from agent_core.models.error_mapping import ModelFailure
from agent_core.models.litellm import LiteLLMModel, load_litellm
from agent_core.models.served import ServedModel
from agent_core.models.settings import ModelSettings
from tests.agent_core.models.support import KEY, make
from tests.doubles.anthropic_server import AnthropicServer
from tests.doubles.openai_server import OpenAIServer, Reply

SENTENCE = re.compile(r"\S.{20,400}[.!?…]", re.DOTALL)
WINDOW = (
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the messages)."
)
BUSY = {"Retry-After": "7"}

# What the service sends, and: whether it may pass, and the classes that litellm and huggingface_hub make of it.
PRODUCED: dict[str, tuple[Reply, bool, str, str]] = {
    "400": (Reply(status=400, error="no"), False, "BadRequestError", "BadRequestError"),
    "401": (Reply(status=401, error="no"), False, "AuthenticationError", "HfHubHTTPError"),
    "402": (Reply(status=402, error="no"), False, "APIError", "HfHubHTTPError"),
    "403": (Reply(status=403, error="no"), False, "APIError", "HfHubHTTPError"),
    "404": (Reply(status=404, error="no"), False, "NotFoundError", "HfHubHTTPError"),
    "408": (Reply(status=408, error="no", headers=BUSY), True, "Timeout", "HfHubHTTPError"),
    "409": (Reply(status=409, error="no", headers=BUSY), True, "APIError", "HfHubHTTPError"),
    "413": (Reply(status=413, error="no"), False, "APIError", "HfHubHTTPError"),
    "422": (Reply(status=422, error="no"), False, "BadRequestError", "HfHubHTTPError"),
    "429": (Reply(status=429, error="no", headers=BUSY), True, "RateLimitError", "HfHubHTTPError"),
    "500": (Reply(status=500, error="no", headers=BUSY), True, "InternalServerError", "HfHubHTTPError"),
    "502": (Reply(status=502, error="no", headers=BUSY), True, "BadGatewayError", "HfHubHTTPError"),
    "503": (Reply(status=503, error="no", headers=BUSY), True, "ServiceUnavailableError", "HfHubHTTPError"),
    "504": (Reply(status=504, error="no", headers=BUSY), True, "Timeout", "HfHubHTTPError"),
    "529": (Reply(status=529, error="no", headers=BUSY), True, "APIError", "HfHubHTTPError"),
    "too long": (Reply(status=400, error=WINDOW), False, "ContextWindowExceededError", "BadRequestError"),
    "rules on content": (
        Reply(status=400, error="Your request was rejected by our safety system.", code="content_policy_violation"),
        False,
        "BadRequestError",
        "BadRequestError",
    ),
    "no such repository": (
        Reply(status=404, error="no", headers={"X-Error-Code": "RepoNotFound"}),
        False,
        "NotFoundError",
        "RepositoryNotFoundError",
    ),
    "a gated repository": (
        Reply(status=403, error="no", headers={"X-Error-Code": "GatedRepo"}),
        False,
        "APIError",
        "GatedRepoError",
    ),
    "an error in mid-reply": (
        Reply("Half of this.", fault="error_midway", error="overloaded"),
        True,
        "MidStreamFallbackError",
        "UnknownError",
    ),
}

# What a service of Anthropic's sends: status, type, text; the failure; whether it may pass; the class of litellm.
ANTHROPIC: dict[str, tuple[tuple[int, str, str], ModelFailure, bool, str]] = {
    "too long": (
        (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
        error_mapping.TOO_LONG,
        False,
        "ContextWindowExceededError",
    ),
    "no credit": (
        (400, "invalid_request_error", "Your credit balance is too low to access the API."),
        error_mapping.NO_CREDIT,
        False,
        "BadRequestError",
    ),
    "rules on content": (
        (400, "invalid_request_error", "Output blocked by content filtering policy"),
        error_mapping.CONTENT,
        False,
        "ContentPolicyViolationError",
    ),
    "wrong key": ((401, "authentication_error", "invalid"), error_mapping.BAD_KEY, False, "AuthenticationError"),
    "no right": ((403, "permission_error", "no"), error_mapping.BAD_KEY, False, "PermissionDeniedError"),
    "unknown model": ((404, "not_found_error", "model: x"), error_mapping.UNKNOWN_MODEL, False, "NotFoundError"),
    "too large": ((413, "request_too_large", "Request too large"), error_mapping.TOO_LONG, False, "BadRequestError"),
    "too many": (
        (429, "rate_limit_error", "This would exceed your limit of 30,000 input tokens per minute"),
        error_mapping.TOO_MANY,
        True,
        "RateLimitError",
    ),
    "overloaded": ((529, "overloaded_error", "Overloaded"), error_mapping.SERVER_FAULT, True, "InternalServerError"),
    "overloaded in mid-reply": (
        (200, "overloaded_error", "Overloaded"),
        error_mapping.REPORTED,
        True,
        "MidStreamFallbackError",
    ),
}

_OTHERS = "raised by a proxy of litellm, or by parts of it that are not used here"
# Classes that no reply of such a service leads to; `to_model_error` is given one of each.
NOT_PRODUCED = {
    "UnprocessableEntityError": "litellm makes a BadRequestError of a 422, which holds this one",
    "PaymentRequiredError": "litellm makes an APIError of a 402",
    "APIConnectionError": "is the cause inside a MidStreamFallbackError",
    "APIResponseValidationError": "replies are read as a stream, which is not validated",
    "JSONSchemaValidationError": "no schema is asked for",
    "InvalidRequestError": "kept by litellm for old programs",
    "OpenAIError": "the base of the others",
    "UnsupportedParamsError": "parameters that a model does not take are dropped",
    "LiteLLMUnknownProvider": "raised before anything is sent",
    "ModelNotMappedError": "raised by the price list",
    **dict.fromkeys(["ImageFetchError", "VectorStoreSearchError", "RejectedRequestError"], _OTHERS),
    **dict.fromkeys(["BudgetExceededError", "MockException", "GuardrailRaisedException"], _OTHERS),
    **dict.fromkeys(["BlockedPiiEntityError", "ModifyResponseException", "SensitiveDataRouteException"], _OTHERS),
}
# Classes of huggingface_hub that its client for inference can raise; the rest are named by what raises them.
HUB_CLASSES = {
    "HfHubHTTPError",
    "BadRequestError",
    "InferenceTimeoutError",
    "TextGenerationError",
    "ValidationError",
    "GenerationError",
    "OverloadedError",
    "IncompleteGenerationError",
    "UnknownError",
    "RepositoryNotFoundError",
    "GatedRepoError",
    "DisabledRepoError",
    "OfflineModeIsEnabled",
    "LocalTokenNotFoundError",
}


_NOT_OF_INFERENCE = re.compile(
    "Bucket|CLI|Cache|Confirmation|DDUF|DeviceCode|DryRun|Entry|File|HFValidation|HfUri|Snapshot|InferenceEndpoint|Job"
    "|Safetensors|OIDC|Revision|Sandbox|StrictDataclass|Xet"
)


async def failure_of(model: ServedModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        async for _ in model.stream([{"role": "user", "content": "Hello?"}], max_tokens=9):
            pass
    return caught.value


def spy_on_mapping(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the classes that are given to `to_model_error`, as they come."""
    raised: list[str] = []
    to_model_error = error_mapping.to_model_error

    def spy(error: Exception, model: str, key: str | None, settings: ModelSettings) -> ModelError:
        raised.append(type(error).__name__)
        return to_model_error(error, model, key, settings)

    monkeypatch.setattr(error_mapping, "to_model_error", spy)
    return raised


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize("name", PRODUCED)
async def test_what_a_service_can_answer(name, client, monkeypatch: pytest.MonkeyPatch):
    reply, passing, of_litellm, of_hub = PRODUCED[name]
    raised = spy_on_mapping(monkeypatch)
    with OpenAIServer([reply]) as server:
        error = await failure_of(make(client, server.url))
    if client != "openai":  # which has no library with errors of its own
        assert raised == [of_hub if client == "hub" else of_litellm]
    assert error.retryable == passing
    assert error.retry_after == (7.0 if reply.headers.get("Retry-After") else None)
    assert SENTENCE.fullmatch(str(error)) and KEY not in str(error)
    assert isinstance(error, ContextOverflow) == (name in ("413", "too long"))


def test_each_class_of_litellm_is_produced_or_explained():
    litellm = load_litellm()
    classes = {
        name: kind
        for name, kind in inspect.getmembers(litellm.exceptions, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == "litellm.exceptions"
    }
    produced = {of_litellm for _, _, of_litellm, _ in PRODUCED.values()}
    produced |= {of_litellm for _, _, _, of_litellm in ANTHROPIC.values()}
    assert set(classes) - produced == set(NOT_PRODUCED), "a class that is new, or one that is produced by now"
    for name, kind in classes.items():
        check_sentence(name, error_mapping.to_model_error(instance_of(kind), "maker/model", KEY))


@pytest.mark.parametrize("name", ANTHROPIC)
async def test_what_a_service_of_anthropics_can_answer(name, monkeypatch: pytest.MonkeyPatch):
    answer, kind, passing, of_litellm = ANTHROPIC[name]
    raised = spy_on_mapping(monkeypatch)
    with AnthropicServer(error=(*answer[:2], f"{answer[2]} {KEY}")) as server:
        model = LiteLLMModel("anthropic/claude-sonnet-4-5", api_key=KEY, api_base=server.url)
        error = await failure_of(model)
    assert raised == [of_litellm]
    assert str(error).startswith(kind.sentence.split("{status}")[0].split("{detail}")[0].format(model=model.name))
    assert error.code == kind.code
    assert (error.retryable, KEY in str(error)) == (passing, False)
    assert error.retry_after == (None if answer[0] == 200 else 7.0)
    assert getattr(error, "window", None) == (200_000 if name == "too long" else None)


def test_each_class_of_the_hub_client_is_explained():
    classes = {
        name
        for name, kind in inspect.getmembers(huggingface_hub.errors, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == "huggingface_hub.errors"
    }
    assert {name for name in classes if not _NOT_OF_INFERENCE.search(name)} == HUB_CLASSES, "a class that is new"
    for name in HUB_CLASSES:
        kind = getattr(huggingface_hub.errors, name)
        check_sentence(name, error_mapping.to_model_error(instance_of(kind), "maker/model", KEY))


def check_sentence(name: str, error: ModelError) -> None:
    assert SENTENCE.fullmatch(str(error)), f"{name}: {error}"
    assert KEY not in str(error) and "maker/model" in str(error)


def instance_of(kind: type[Exception]) -> Exception:
    """One of this class, as nearly as its library makes it, with the key in its text."""
    error = kind.__new__(kind)
    Exception.__init__(error, f"something about {KEY}")
    names = ("num_retries", "max_retries", "original_exception", "response", "guardrail_name", "entity_type")
    error.__dict__.update(dict.fromkeys(names))
    error.__dict__["message"] = f"something about {KEY}"
    return error


@pytest.mark.parametrize(
    ("said", "window"),
    [
        (WINDOW, 8_192),
        ("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs`", 4_096),
        ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 4_096),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200_000),
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1_048_576),
        ("the model's maximum context length of 131,072 tokens is passed. You requested 140000 tokens", 131_072),
        ("input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000", 200_000),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", 32_768),
        ("The prompt is too long. Please reduce its length.", None),
        ("Please reduce the length of the messages or completion.", None),
        ("too many tokens: the total number of tokens cannot exceed 128000, and is 130000", 128_000),
        ("`inputs` must have less than 4095 tokens. Given: 5000", 4_095),
        ("This model's maximum prompt length is 131072 but the request contains 140000 tokens.", 131_072),
        ("The decoder prompt (length 9000) is longer than the maximum model length of 8192.", 8_192),
        ("Input tokens exceed the configured limit of 272000 tokens. They are 300000.", 272_000),
    ],
)
async def test_the_window_that_a_service_names_is_understood(said, window):
    with OpenAIServer([Reply(status=400, error=said)]) as server:
        error = await failure_of(make("hub", server.url))
    assert isinstance(error, ContextOverflow) and error.window == window


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            "Rate limit reached on tokens per min: Limit 30000. Add a payment method: /account/billing",
            error_mapping.TOO_MANY,
        ),
        ("Too many tokens, please wait before trying again.", error_mapping.TOO_MANY),
        (
            "You exceeded your current quota, check your plan and billing details. Please retry in 12.5s.",
            error_mapping.TOO_MANY,
        ),
        ("You exceeded your current quota, check your plan and billing details.", error_mapping.NO_CREDIT),
    ],
)
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
async def test_too_many_requests_pass_but_an_empty_account_does_not(client, said, kind):
    with OpenAIServer([Reply(status=429, error=said)]) as server:
        model = make(client, server.url)
        error = await failure_of(model)
    assert str(error) == kind.sentence.format(model=model.name)
    assert (error.code, error.retryable) == (kind.code, kind == error_mapping.TOO_MANY)


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "Unsupported parameter: 'temperature' is not supported with this model."),
        (404, "No endpoints found that support tool use."),
    ],
)
async def test_what_a_model_does_not_take_is_named(client, status, said):
    with OpenAIServer([Reply(status=status, error=f"{said} {KEY}")]) as server:
        error = await failure_of(make(client, server.url))
    assert said in str(error) and "does not support something" in str(error)
    assert KEY not in str(error) and not error.retryable


async def test_a_date_may_say_how_long_to_wait():
    with OpenAIServer(
        [Reply(status=503, error="no", headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})]
    ) as server:
        assert (await failure_of(make("hub", server.url))).retry_after == 0.0
    with OpenAIServer([Reply(status=503, error="no", headers={"Retry-After": "soon"})]) as server:
        assert (await failure_of(make("hub", server.url))).retry_after is None

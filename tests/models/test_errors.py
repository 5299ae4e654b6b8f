"""Every class of error that the client libraries raise becomes one plain sentence, with what may pass marked so."""

import inspect
import re

import huggingface_hub.errors
import pytest

from agent_core.errors import ContextOverflow, ModelError
from agent_core.models import failures
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel, _load
from tests.doubles.openai_server import OpenAIServer, Reply

KEY = "hf_canary0123456789"
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

_OTHERS = "raised by a proxy of litellm, or by parts of it that are not used here"
# Classes that no reply of such a service leads to; `explain` is given one of each.
NOT_PRODUCED = {
    "PermissionDeniedError": "litellm makes an APIError of a 403 from this kind of service",
    "UnprocessableEntityError": "litellm makes a BadRequestError of a 422, which holds this one",
    "PaymentRequiredError": "litellm makes an APIError of a 402",
    "ContentPolicyViolationError": "litellm knows only the words of some services by heart",
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


def make(client: str, url: str) -> HubModel | LiteLLMModel:
    if client == "hub":
        return HubModel("maker/model", token=KEY, base_url=url)
    return LiteLLMModel("openai/maker/model", api_key=KEY, api_base=url)


async def failure_of(model: HubModel | LiteLLMModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        async for _ in model.stream([{"role": "user", "content": "Hello?"}], max_tokens=9):
            pass
    return caught.value


@pytest.mark.parametrize("client", ["hub", "litellm"])
@pytest.mark.parametrize("name", PRODUCED)
async def test_what_a_service_can_answer(name, client, monkeypatch: pytest.MonkeyPatch):
    reply, passing, of_litellm, of_hub = PRODUCED[name]
    raised: list[str] = []
    explain = failures.explain

    def spy(error: Exception, model: str, key: str | None) -> ModelError:
        raised.append(type(error).__name__)
        return explain(error, model, key)

    monkeypatch.setattr(failures, "explain", spy)
    with OpenAIServer([reply]) as server:
        error = await failure_of(make(client, server.url))
    assert raised == [of_hub if client == "hub" else of_litellm]
    assert error.passing == passing
    assert error.retry_after == (7.0 if reply.headers.get("Retry-After") else None)
    assert SENTENCE.fullmatch(str(error)) and KEY not in str(error)
    assert isinstance(error, ContextOverflow) == (name in ("413", "too long"))


def test_each_class_of_litellm_is_produced_or_explained():
    litellm = _load()
    classes = {
        name: kind
        for name, kind in inspect.getmembers(litellm.exceptions, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == "litellm.exceptions"
    }
    produced = {of_litellm for _, _, of_litellm, _ in PRODUCED.values()}
    assert set(classes) - produced == set(NOT_PRODUCED), "a class that is new, or one that is produced by now"
    for name, kind in classes.items():
        check_sentence(name, failures.explain(instance_of(kind), "maker/model", KEY))


def test_each_class_of_the_hub_client_is_explained():
    for name in HUB_CLASSES:
        kind = getattr(huggingface_hub.errors, name)
        check_sentence(name, failures.explain(instance_of(kind), "maker/model", KEY))


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
    ],
)
async def test_the_window_that_a_service_names_is_understood(said, window):
    with OpenAIServer([Reply(status=400, error=said)]) as server:
        error = await failure_of(make("hub", server.url))
    assert isinstance(error, ContextOverflow) and error.window == window


async def test_a_date_may_say_how_long_to_wait():
    with OpenAIServer(
        [Reply(status=503, error="no", headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})]
    ) as server:
        assert (await failure_of(make("hub", server.url))).retry_after == 0.0
    with OpenAIServer([Reply(status=503, error="no", headers={"Retry-After": "soon"})]) as server:
        assert (await failure_of(make("hub", server.url))).retry_after is None

"""What is given as a model, or as the name of one, and is none."""

from collections.abc import Callable
from typing import Any

import pytest

from agent_core import CodeAgent, HubModel, LiteLLMModel, ModelError, OpenAIModel, ToolCallingAgent
from demo import demo_model


class OfAnotherLibrary:
    model_id = "gpt-4o"

    def generate(self, messages: Any) -> str:
        return ""


NO_MODELS: dict[str, tuple[Any, str]] = {
    "a name": ("gpt-4o", "'gpt-4o' is the name of a model, and no model. Make one of it: HubModel("),
    "nothing": (None, "An agent needs a model, and was given None. Make one: HubModel("),
    "a class": (HubModel, "HubModel is a kind of model, and no model. Call it, or make another one: HubModel("),
    "of another library": (
        OfAnotherLibrary(),
        "An agent needs a model of this library, and was given an object of the class OfAnotherLibrary, which has no "
        "name, context_window, capabilities, stream. Make one: HubModel(",
    ),
    "a number": (5, "An agent needs a model of this library, and was given an object of the class int, which has no"),
}


@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
@pytest.mark.parametrize("name", NO_MODELS)
async def test_an_agent_says_what_it_needs_in_place_of(name, kind):
    given, sentence = NO_MODELS[name]
    for make in (lambda: kind(given), lambda: kind(demo_model(), fallbacks=[given])):
        with pytest.raises(ModelError) as caught:
            make()
        assert str(caught.value).startswith(sentence) and "OpenAIModel(" in str(caught.value)
    async with kind(demo_model()) as agent:
        agent.model = given
        with pytest.raises(ModelError) as caught:
            await agent.run("Hello?")
        assert str(caught.value).startswith(sentence) and not agent.memory.turns


def test_what_one_kind_calls_differently_from_another_is_named():
    for kind, given, meant in [
        (HubModel, "api_key", "token"),
        (HubModel, "model_id", "model"),
        (HubModel, "provider", 'a name such as "owner/name:together"'),
        (LiteLLMModel, "base_url", "api_base"),
        (OpenAIModel, "api_base", "base_url"),
        (OpenAIModel, "token", "api_key"),
    ]:
        with pytest.raises(ModelError, match=f"A model has no setting {given}. Did you mean {meant}\\?"):
            kind("owner/name", **{given: "x"})


@pytest.mark.parametrize("name", ["", "  ", None, 5])
@pytest.mark.parametrize("kind", [HubModel, LiteLLMModel, OpenAIModel])
def test_a_model_needs_a_name(kind: Callable[..., Any], name):
    sentence = "A model needs a name as its service has it"
    for address in ({}, {"api_base" if kind is LiteLLMModel else "base_url": "http://127.0.0.1:9/v1"}):
        expected = sentence if address or kind is not HubModel else "Write it as owner/name"
        with pytest.raises(ModelError, match=expected) as caught:
            kind(name, **address)
        assert caught.value.code == "unknown_model"

import json
import socket

import pytest
from huggingface_hub import constants

from agent_core import CodeAgent, HubModel, LiteLLMModel, Policy, ScriptedModel, Session, ToolCallingAgent, python
from agent_core.models.base import Model
from agent_core.models.hub import DEFAULT_HUB_MODEL
from agent_core.models.served import ServedModel
from agent_core.usage import Usage
from demo import demo_model
from demo.recorded_steps import RecordedCodeAgent
from tools import ask_user, visit_webpage, web_search
from ui.config import Config
from ui.settings.model_choice import choose_model_source, key_place, make_models
from ui.settings.model_sources import DEMO, HUB, LITELLM, ModelSource, SettingsError
from ui.settings.settings import DEFAULT_SYSTEM_PROMPT, Settings, apply_settings, read_settings


def make_model(settings: Settings, source: ModelSource, key: str, config: Config) -> Model:
    return make_models(settings, source, key, config)[0]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"max_steps": 0}, "The setting “Steps” cannot be used: Input should be greater than or equal to 1."),
        ({"max_steps": None}, "The setting “Steps” cannot be used: Input should be a valid integer."),
        ({"token_budget": 999}, "The setting “Tokens” cannot be used:"),
        ({"imports": ["os; rm"]}, "The setting “Imports” cannot be used: “os; rm” is not the name of a module."),
        ({"imports": ["numpy."]}, "“numpy.” is not the name of a module."),
        ({"hosts": ["https://example.org"]}, "The setting “Hosts” cannot be used: “https://example.org” is no host"),
        ({"hosts": ["example.org/path"]}, "“example.org/path” is no host such as example.org."),
        ({"hosts": ["a.*.org"]}, "“a.*.org” is no host such as example.org."),
        ({"temperature": 2.5}, "The setting “Temperature” cannot be used: Input should be less than or equal to 2."),
        ({"top_p": 0}, "The setting “Top-p” cannot be used:"),
        ({"seed": 1.5}, "The setting “Seed” cannot be used:"),
        ({"reply_tokens": 1}, "The setting “Longest reply” cannot be used:"),
        ({"source": "elsewhere"}, "The setting “Place of the model” cannot be used:"),
    ],
)
def test_what_cannot_be_used_is_named(values, sentence):
    with pytest.raises(SettingsError) as caught:
        read_settings(values)
    assert sentence in str(caught.value)


def test_modules_may_be_all_or_inside_one_another():
    assert read_settings({"imports": ["*", " os.path ", "numpy"]}).imports == ["*", "os.path", "numpy"]


def test_hosts_may_be_all_or_below_one_or_have_a_port():
    hosts = ["*", " Example.org ", "*.example.org", "example.org:8080", "bücher.example", "127.0.0.1"]
    assert read_settings({"hosts": hosts}).hosts == ["*", "example.org", *hosts[2:]]


def test_what_an_older_page_kept_is_passed_over():
    assert read_settings({"colour": "red"}) == Settings()


async def test_an_agent_follows_the_settings():
    model, spare = make_model(Settings(), HUB, "hf_x", Config()), make_model(Settings(), HUB, "hf_y", Config())
    async with CodeAgent(demo_model()) as agent:
        session = Session(agent)
        chosen = Settings(
            imports=["numpy"],
            hosts=["example.org"],
            tools=["visit_webpage"],
            system_prompt="Be brief.",
            max_steps=3,
            token_budget=5_000,
            plan_every=4,
            code_form="text",
        )
        apply_settings(session, chosen, [model, spare])
        assert (agent.model, agent.fallbacks, agent.tools) == (model, [spare], [visit_webpage])
        assert (agent.plan_every, agent.native_calls) == (4, False)
        assert agent.policy == Policy(imports=("numpy",), hosts=("example.org",), ask=session.ask)
        assert (agent.system_prompt, agent.max_steps, agent.token_budget) == ("Be brief.", 3, 5_000)
        apply_settings(session, Settings(system_prompt=" "), [model])
        assert agent.tools == [web_search, visit_webpage, ask_user]
        assert agent.ask_user == session.ask_user
        assert (agent.fallbacks, agent.plan_every, agent.native_calls) == ([], 0, None)
        assert agent.full_system_prompt().startswith(DEFAULT_SYSTEM_PROMPT[:100])


async def test_the_fall_back_gets_the_key_of_its_own_provider_only():
    for name, key in (("openai/b", "sk-typed"), ("mistral/b", None)):
        settings = Settings(source="litellm", model="openai/a", fallback=name)
        first, spare = make_models(settings, LITELLM, "sk-typed", Config())
        assert isinstance(first, LiteLLMModel) and isinstance(spare, LiteLLMModel)
        assert (first.name, spare.name, spare._api_key) == ("openai/a", name, key)
    assert len(make_models(Settings(fallback="owner/model"), HUB, "", Config())) == 1, (
        "automatic has none: it is out of sight"
    )
    assert len(make_models(Settings(source="hub", fallback="owner/model"), HUB, "hf_x", Config())) == 2


@pytest.mark.parametrize(
    ("settings", "source"),
    [
        (Settings(source="hub", fallback="owner/b"), HUB),
        (Settings(source="litellm", model="openai/a", fallback="openai/b"), LITELLM),
        (Settings(source="litellm", model="openai/a", address="http://127.0.0.1:9/v1", fallback="openai/b"), LITELLM),
    ],
)
def test_a_model_and_its_fall_back_get_what_their_requests_say(settings, source):
    said = {"temperature": 0.2, "top_p": 0.9, "seed": 7}
    chosen = settings.model_copy(update={**said, "reply_tokens": 500})
    for model in make_models(chosen, source, "hf_x", Config()):
        assert isinstance(model, ServedModel) and model.settings == {**said, "max_tokens": 500}
    for model in make_models(settings, source, "hf_x", Config()):
        assert isinstance(model, ServedModel) and set(model.settings.values()) == {None}


async def test_a_chat_changes_the_kind_of_its_agent_and_goes_on():
    model = make_model(Settings(), HUB, "hf_x", Config())
    session = Session(CodeAgent(demo_model()))
    first = session.agent
    first.chat.usage += Usage(1, 2, 3)
    calls = Settings(agent="tools", system_prompt="Write code.", tool_prompt="Call tools.", code_form="call")
    apply_settings(session, calls, [model])
    second = session.agent
    assert isinstance(second, ToolCallingAgent) and second.memory is first.memory and second.usage == Usage(1, 2, 3)
    assert second.tools == [web_search, visit_webpage, ask_user, python]
    assert (second.system_prompt, second.native_calls, second.ask_user) == ("Call tools.", True, session.ask_user)
    apply_settings(session, calls.model_copy(update={"tools": ["python", "web_search"]}), [model])
    assert session.agent is second and second.tools == [web_search, python]
    apply_settings(session, calls, [demo_model()])
    assert isinstance(session.agent, CodeAgent), "the demo was written for it"
    assert session.agent.native_calls is None, "it makes no calls, whatever the person set"
    assert session.agent.system_prompt == "Write code."
    assert "python" not in [tool.name for tool in session.agent.tools]
    await session.close()


async def test_where_no_code_runs_an_agent_calls_the_tools_that_need_none():
    model = make_model(Settings(), HUB, "hf_x", Config())
    session = Session(CodeAgent(demo_model()))
    apply_settings(session, Settings(agent="code"), [model], code_runs=False)
    assert isinstance(session.agent, ToolCallingAgent) and not session.agent.may_run_code
    assert session.agent.tools == [web_search, visit_webpage, ask_user]
    apply_settings(session, Settings(), [demo_model()], code_runs=False)
    assert isinstance(session.agent, RecordedCodeAgent)
    apply_settings(session, Settings(), [demo_model()])
    assert type(session.agent) is CodeAgent
    await session.close()


async def test_the_demo_makes_no_plans():
    async with CodeAgent(demo_model()) as agent:
        session = Session(agent)
        apply_settings(session, Settings(plan_every=3), [demo_model()])
        assert agent.plan_every == 0


async def test_the_demo_has_recordings_for_tools():
    async with CodeAgent(demo_model()) as agent:
        session = Session(agent)
        apply_settings(session, Settings(tools=["web_search"]), [make_model(Settings(), DEMO, "", Config())])
        assert isinstance(agent.model, ScriptedModel)
        assert [tool.name for tool in agent.tools] == ["web_search"]
        assert agent.tools != [web_search]


def test_a_model_of_another_provider_needs_a_name():
    with pytest.raises(SettingsError, match="Name the model in the settings"):
        make_model(Settings(source="litellm"), LITELLM, "k", Config())
    model = make_model(Settings(source="litellm", model=" openai/x "), LITELLM, "k", Config())
    assert isinstance(model, LiteLLMModel) and model.name == "openai/x"


def test_automatic_takes_no_name_or_address_that_is_out_of_sight():
    hidden = Settings(source="auto", model="openai/x", address="http://127.0.0.1:9/v1")
    model = make_model(hidden, HUB, "hf_x", Config())
    assert isinstance(model, HubModel) and model.name == DEFAULT_HUB_MODEL
    assert key_place(hidden, Config()).address == ""


def test_on_a_space_nobody_chooses_an_address():
    own = Settings(source="litellm", model="openai/x", address=" http://127.0.0.1:9/v1 ")
    assert key_place(own, Config()).address == "http://127.0.0.1:9/v1"
    assert key_place(own, Config(space_id="owner/name")).address == ""


async def test_automatic_is_the_hub_where_there_is_a_token_and_a_network(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{hub.getsockname()[1]}")
        assert await choose_model_source(Settings(), "", Config()) is DEMO
        assert await choose_model_source(Settings(), "hf_typed", Config()) is HUB
        monkeypatch.setenv("HF_TOKEN", "hf_environment")
        assert await choose_model_source(Settings(), "", Config()) is HUB
    assert await choose_model_source(Settings(), "hf_typed", Config()) is DEMO
    assert await choose_model_source(Settings(source="hub"), "", Config()) is HUB


@pytest.mark.parametrize("kind", ["hub", "space"])
def test_what_the_browser_keeps_cannot_send_the_app_to_an_address_as_if_it_were_a_space(kind):
    tool = {"own": "/predict", "name": "ask", "fingerprint": "0"}
    kept = {"kind": kind, "location": "http://127.0.0.1:7860", "tools": [tool]}
    assert read_settings({"added": [json.dumps(kept)]}).added == []


def test_tools_come_from_no_more_places_than_can_be_added():
    kept = {"kind": "hub", "location": "user/tool", "tools": [{"own": "it", "name": "it", "fingerprint": "0"}]}
    assert len(read_settings({"added": 21 * [json.dumps(kept)]}).added) == 20


def test_what_an_older_page_kept_as_the_place_of_tools_is_still_read():
    kept = {"kind": "hub", "place": "user/tool", "tools": [{"own": "it", "name": "it", "fingerprint": "0"}]}
    assert [source.location for source in read_settings({"added": [json.dumps(kept)]}).added] == ["user/tool"]

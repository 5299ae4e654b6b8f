"""The limits of code that a person sets, within what the app's owner allows."""

from typing import Any

import gradio as gr

from agent_core import CodeAgent, HubModel, Session, ToolCallingAgent
from demo import demo_model
from ui.config import Config
from ui.settings.form import SettingsForm
from ui.settings.limits import owner_limits
from ui.settings.settings import FIELDS, NUMBERS, Settings, apply_settings

HOME = Config()
SMALL = Config(step_seconds=20, most_step_seconds=60, most_memory_mb=1_000, most_disk_mb=100)


async def test_an_agent_gets_what_the_person_chose_as_far_as_the_owner_allows():
    async with CodeAgent(demo_model(), limits=owner_limits(SMALL)) as agent:
        session = Session(agent)
        assert (agent.limits.step_seconds, agent.limits.memory_mb, agent.limits.disk_mb) == (20, 1_000, 100)
        for chosen, got in [((10, 300, 64), (10, 300, 64)), ((900, 9_000, 9_000), (60, 1_000, 100))]:
            step, memory, disk = chosen
            apply_settings(session, Settings(step_seconds=step, memory_mb=memory, disk_mb=disk), [demo_model()])
            limits = session.agent.limits
            assert (limits.step_seconds, limits.memory_mb, limits.disk_mb) == got
            assert (limits.most_step_seconds, limits.highest.memory_mb, limits.highest.disk_mb) == (60, 1_000, 100)


async def test_a_chat_that_changes_its_kind_of_agent_keeps_its_limits():
    model = HubModel()
    async with CodeAgent(model, limits=owner_limits(SMALL)) as agent:
        session = Session(agent)
        apply_settings(session, Settings(agent="tools", memory_mb=500), [model])
        assert isinstance(session.agent, ToolCallingAgent)
        assert (session.agent.limits.memory_mb, session.agent.limits.most_memory_mb) == (500, 1_000)


def test_strangers_get_less_than_who_has_the_machine():
    strangers, own = owner_limits(Config(public=True)), owner_limits(HOME)
    assert (strangers.most_step_seconds, strangers.most_memory_mb, strangers.most_disk_mb) == (600, 2_048, 512)
    assert (own.most_step_seconds, own.most_disk_mb) == (3_600, 10_000)
    assert own.most_memory_mb >= 2_048
    assert Config(step_seconds=7_200).most_step_seconds == 7_200
    assert owner_limits(Config(step_seconds=100, most_step_seconds=50)).step_seconds == 50


def test_the_form_says_how_much_the_owner_allows():
    with gr.Blocks():
        form = SettingsForm(SMALL)
    boxes: dict[str, Any] = dict(zip(FIELDS, form.fields, strict=True))
    shown = {name: (boxes[name].value, boxes[name].minimum, boxes[name].maximum) for name in NUMBERS[-3:]}
    assert shown == {"step_seconds": (20, 1, 60), "memory_mb": (1_000, 256, 1_000), "disk_mb": (100, 64, 100)}
    assert boxes["memory_mb"].info == "At most 1,000 here."
    assert boxes["max_steps"].maximum == 100

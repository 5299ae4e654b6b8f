"""What Gradio is kept from doing again and again. Where a test of what it does by itself fails, it has become cheaper:
then ui/gradio_costs.py, or that part of ui/checked_blocks.py or ui/visitor_queue.py, can go."""

import gradio as gr
import pytest
from gradio import state_holder
from gradio.components.base import Component
from gradio.state_holder import SessionState

from ui.checked_blocks import CheckedBlocks
from ui.config import Config
from ui.gradio_costs import LeanSession, plain_api_info
from ui.visitor_queue import VisitorsQueue


@pytest.fixture
def page() -> CheckedBlocks:
    with CheckedBlocks(Config()) as page:
        parts = [gr.Chatbot(), gr.Textbox(), gr.Button()]
        gr.Button().click(lambda: None, None, parts)
    return page


def test_gradio_writes_the_schema_of_a_component_anew_for_each_one(page):
    assert plain_api_info(gr.Chatbot()) is not plain_api_info(gr.Chatbot())


def test_here_it_is_written_once_and_is_the_same(page):
    assert Component.api_info is not plain_api_info
    assert gr.Chatbot().api_info() is gr.Chatbot().api_info()
    assert gr.Chatbot().api_info() == plain_api_info(gr.Chatbot())
    choices = [gr.Dropdown(["a"]).api_info(), gr.Dropdown(["b"]).api_info()]
    assert choices[0] != choices[1], "that of others depends on more than their values"


async def sent(page: gr.Blocks, *values: object) -> list[object]:
    return await page.postprocess_data(next(iter(page.fns.values())), list(values), SessionState(page))


@pytest.mark.parametrize("kind", [gr.Blocks, CheckedBlocks])
async def test_what_is_skipped_builds_nothing_unlike_in_gradio(kind, monkeypatch):
    with kind() if kind is gr.Blocks else kind(Config()) as page:
        parts = [gr.Chatbot(), gr.Textbox(), gr.Button()]
        gr.Button().click(lambda: None, None, parts)
    built: list[object] = []
    build = gr.Chatbot.__init__
    monkeypatch.setattr(gr.Chatbot, "__init__", lambda self, **settings: built.append(self) or build(self, **settings))
    assert await sent(page, gr.skip(), "new", gr.skip()) == [gr.skip(), "new", gr.skip()]
    assert await sent(page, gr.skip(), gr.skip(), gr.skip()) == [gr.skip()] * 3
    assert bool(built) == (kind is gr.Blocks)
    changed = (await sent(page, gr.skip(), "new", gr.update(visible=False)))[2]
    assert isinstance(changed, dict) and changed["visible"] is False


@pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")  # how it does that
def test_events_are_not_summed_up_after_each_one_unlike_in_gradio(page):
    event = {"function": "ask", "status": "success", "process_time": 1.0}
    for queue, functions in ((gr.Blocks()._queue, ["ask"]), (VisitorsQueue(page, Config()), [])):
        queue.events_recorded = 1
        assert list(queue.compute_analytics_summary([event])["functions"]) == functions


async def test_a_session_describes_no_components_unlike_in_gradio(page):
    assert state_holder.SessionState is LeanSession
    assert SessionState(page).config_values, "what Gradio keeps for links to a state of the page"
    session = LeanSession(page)
    assert not session.config_values
    fn = next(iter(page.fns.values()))
    sent = await page.postprocess_data(fn, [[], gr.update(placeholder="?"), gr.skip()], session)
    assert sent[1]["placeholder"] == "?" and not any(session.config_values.values())
    assert session[fn.outputs[1]._id].placeholder == "?", "what was changed is still known"

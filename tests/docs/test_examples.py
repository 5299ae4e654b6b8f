"""Each program of docs/examples, with written replies in place of a model: what it does is real."""

import asyncio
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent_core import ModelError, ScriptedModel
from demo.recorded_tools import recorded_tools
from docs.examples import (
    answer_checks,
    async_app,
    batch,
    conversation,
    inspect_run,
    keeping,
    many_models,
    memory_between_steps,
    own_model,
    own_page,
    replay_run,
    review_plan,
    secure_execution,
    several_agents,
    step_by_step,
    structured_answers,
)
from tests.agent_core.support import code
from tests.docs.support import replies
from tests.support import ROOT, free_port

FOLDER = ROOT / "docs" / "examples"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "mcp_server"))


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_has_a_main_a_row_in_the_list_and_a_test(name: str):
    module = import_module(f"docs.examples.{name}")
    assert asyncio.iscoroutinefunction(module.main)
    assert 'if __name__ == "__main__":' in (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert f"]({name}.py)" in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert any(f"{name}.main(" in path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


async def test_one_agent_asks_another():
    model = replies(
        code("print(research('How far is it by road from Paris to Berlin?'))"),
        '```json\n{"name": "visit_webpage", "arguments": {"url": "https://www.example.org/paris-berlin"}}\n```',
        "1,054 km by road.",
        code("final_answer(f'{1054 / 100:.1f} hours')"),
    )
    result = await several_agents.main(model, recorded_tools())
    assert str(result.answer) == "10.5 hours"
    assert result.usage.requests == 4


async def test_an_agent_comes_back_with_its_tool_and_its_memory(capsys: pytest.CaptureFixture[str]):
    model = replies(code("print(to_kilometres(26.2))"), "42.2 km.", code("final_answer(to_kilometres(26.2) / 2)"))
    result = await keeping.main(model)
    assert str(result.answer).startswith("21.08")
    said = capsys.readouterr().out
    assert "└─ to_kilometres(miles: float)" in said and "agent/tools/to_kilometres.py" in said
    assert "42.2 km." in model.sent[-1] and "Its variables are gone" in model.sent[-1]


async def test_mischief_comes_to_nothing(capsys: pytest.CaptureFixture[str]):
    result = await secure_execution.main(
        replies(
            code("from functools import cache\na, b = 0, 1\nfor _ in range(100):\n    a, b = b, a + b\na"), "It is a."
        )
    )
    said = capsys.readouterr().out
    assert result.reason == "answer"
    assert "it runs" not in said
    assert "root:" not in said
    for what in secure_execution.MISCHIEF:
        assert f"{what}: " in said
    assert "see a key: []" in said


class Down(ScriptedModel):
    """A model whose service does not answer."""

    name = "down"

    async def stream(self, *_: object, **__: object):
        raise ModelError("The service is down.")
        yield


async def test_where_one_model_is_down_the_next_one_answers():
    result = await many_models.main(Down([]), replies("A Tuesday."))
    assert str(result.answer) == "A Tuesday."


def test_models_are_found_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    for name in ("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("LOCAL_SERVER", "http://127.0.0.1:8080/v1")
    assert len(many_models.models()) == 4


async def test_a_model_of_ones_own():
    lengths = await own_model.main(replies("1009 is.", "1013."))
    assert len(lengths) == 2
    assert lengths[0] < lengths[1]


async def test_a_chat_goes_on_and_back():
    first, again = await conversation.main(
        replies(
            code("squares = []"),
            code("squares = [n * n for n in range(1, 6)]"),
            "The limit is reached.",
            "There they are.",
            code("squares = [n for n in squares if n % 2]"),
            "Only odd ones are left.",
            code("final_answer(len(squares))"),
        )
    )
    assert str(first.answer) == "There they are."
    assert str(again.answer) == "5"


async def test_a_web_app_answers():
    port = free_port()
    serving = asyncio.create_task(async_app.main(replies("Four.", "Five."), port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        answers = [await _posted(client, {"question": "What is 2 + 2?"}), await _posted(client, {})]
        answers.append(await _posted(client, {"question": "2 + 3?"}))
        answers.append(await _posted(client, {"question": "2 + 4?"}))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert [answer.status_code for answer in answers] == [200, 400, 200, 502]
    assert [answer.json().get("answer") for answer in answers] == ["Four.", None, "Five.", None]


async def test_the_page_opens_around_an_agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path))
    port = free_port()
    serving = asyncio.create_task(own_page.main(replies(), port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        while not serving.done():
            with suppress(httpx.ConnectError):
                page = await client.get("/")
                assert "Asks the harbour master." in page.text
                break
            await asyncio.sleep(0.1)
    serving.cancel()
    assert [type(ended) for ended in await asyncio.gather(serving, return_exceptions=True)] == [asyncio.CancelledError]


async def _posted(client: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    while True:
        try:
            return await client.post("/ask", json=body)
        except httpx.ConnectError:
            await asyncio.sleep(0.05)


async def test_a_run_is_seen_as_spans_and_in_the_memory(capsys: pytest.CaptureFixture[str]):
    spans = InMemorySpanExporter()
    agent = await inspect_run.main(
        replies(code("a, b = 0, 1\nfor _ in range(20):\n    a, b = b, a + b\nprint(a)"), "It is 6765."), spans
    )
    assert "6765" in agent.memory.steps[0].observation
    assert {span.name.split()[0] for span in spans.get_finished_spans()} == {"invoke_agent", "chat", "execute_tool"}
    assert "step 1: a, b = 0, 1" in capsys.readouterr().out


async def test_answers_of_a_type_arrive_as_objects():
    model = replies(
        '{"name": "Ada Lind", "guests": 0, "day": "2025-05-31"}',
        code("final_answer({'name': 'Ada Lind', 'guests': 5, 'day': '2025-05-31'})"),
    )
    assert await structured_answers.main(model) == structured_answers.Booking(
        name="Ada Lind", guests=5, day="2025-05-31"
    )
    assert "greater than or equal to 1" in model.sent[1]


async def test_many_questions_are_asked_and_one_that_fails_leaves_the_others_alone(capsys: pytest.CaptureFixture[str]):
    results = await batch.main(replies("25", "21", "16"))
    assert sorted(str(result.answer) for result in results if result.answer) == ["16", "21", "25"]
    assert [result.reason for result in results].count("error") == 1
    assert "There is no reply left" in capsys.readouterr().out


async def test_a_run_is_shown_while_it_happens_and_again(capsys: pytest.CaptureFixture[str]):
    result = await replay_run.main(
        replies(
            code("s = 4\nfor _ in range(59):\n    s = (s * s - 2) % (2**61 - 1)\nprint(s == 0)"), "Yes, it is prime."
        )
    )
    assert str(result.answer) == "Yes, it is prime."
    said = capsys.readouterr().out
    assert said.count("Is 2**61 - 1 a prime number?") == 2
    assert said.count("s = (s * s - 2)") == 2


async def test_answers_are_checked():
    model = replies("About a hundred.", "105", code("import math\nfinal_answer(math.lcm(21, 35))"))
    result = await answer_checks.main(model)
    assert str(result.answer) == "105"
    assert result.usage.requests == 3


async def test_what_is_old_is_forgotten_and_the_model_knows_how_many_steps_are_left(capsys: pytest.CaptureFixture[str]):
    model = replies(
        code("numbers = [n * (n + 1) // 2 for n in range(1, 301)]\nprint(numbers)"),
        code("found = sum(str(number).endswith('6') for number in numbers)\nprint(found)"),
        code("final_answer(found)"),
    )
    result = await memory_between_steps.main(model)
    assert str(result.answer) == "60"
    assert "45150" in model.sent[1]
    assert "4 steps are left." in model.sent[1]
    assert "the rest was dropped" in model.sent[2]
    assert "45150" not in model.sent[2]
    assert capsys.readouterr().out.count("tokens.") == 3


async def test_a_run_goes_one_step_at_a_time(capsys: pytest.CaptureFixture[str]):
    model = replies(
        code("from datetime import date\nstart = date(2000, 2, 29)"),
        code("(date(2025, 1, 1) - start).days"),
        "9,073 days.",
    )
    result = await step_by_step.main(model)
    assert str(result.answer) == "9,073 days."
    assert "→ " in capsys.readouterr().out


async def test_a_plan_is_carried_out_as_a_person_changed_it():
    model = replies("1. Throw two dice 1,000 times.", code("import random\nrandom.seed(1)"), "Done.")
    result = await review_plan.main(model, lambda plan: plan + "\n2. Seed the dice, so that it can be done again.")
    assert str(result.answer) == "Done."
    assert "Seed the dice" in model.sent[1]


@pytest.mark.parametrize(("said", "verdict"), [("", True), ("no", False), ("1. Guess.", "1. Guess.")])
async def test_a_person_is_asked_in_the_terminal(monkeypatch: pytest.MonkeyPatch, said: str, verdict: object):
    monkeypatch.setattr("builtins.input", lambda _: said)
    assert await review_plan.ask_person("1. Compute.") == verdict

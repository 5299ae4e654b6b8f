"""The demo: written replies whose code really runs, and an honest word for everything else."""

from pathlib import Path

import pytest

from agent_core import CodeAgent, GlassboxError, ScriptedModel
from demo import REPLIES, demo_model
from demo.recorded_tools import recorded_tools

ANSWERS = {
    "01-cube-root.md": "3",
    "02-drive.md": "10 hours 35 minutes",
    "03-bitcoin.md": "30 December 2020",
    "04-savings.md": "$83,573",
}


def demo() -> CodeAgent:
    return CodeAgent(demo_model(delay=0), tools=recorded_tools())


@pytest.mark.parametrize("script", sorted(path.name for path in REPLIES.glob("0*.md")))
async def test_each_example_is_answered_by_code_that_runs(script):
    text = (REPLIES / script).read_text(encoding="utf-8")
    question = text.partition("\n")[0].removeprefix("# ")
    async with demo() as agent:
        result = await agent.run(question)
    assert result.reason == "answer", result.message
    assert ANSWERS[script] in str(result.answer)
    assert f"**{ANSWERS[script]}**" not in text, "the result must come from the code, not from the reply"


async def test_what_it_does_not_know_it_says_so_and_names_its_examples():
    async with demo() as agent:
        result = await agent.run("Who wrote Faust?")
    text = str(result.answer)
    assert "written beforehand" in text and "choose a model" in text
    assert all(question in text for question in demo_model().questions)


async def test_it_takes_several_turns_and_forgives_punctuation():
    async with demo() as agent:
        await agent.run("What is the cube root of 27?")
        unknown = await agent.run("And of 64?")
        again = await agent.run("what is the cube root of 27")
    assert "written beforehand" in str(unknown.answer)
    assert "**3**" in str(again.answer)


async def test_a_script_is_a_file(tmp_path: Path):
    (tmp_path / "unknown.md").write_text("I know: {{questions}}")
    (tmp_path / "one.md").write_text(
        "# One?\n<!-- reply -->\nFirst.\n```python\nx = 1\n```\n<!-- reply -->\nIt is one."
    )
    async with CodeAgent(ScriptedModel(tmp_path, delay=0)) as agent:
        assert str((await agent.run("One?")).answer) == "It is one."
        assert str((await agent.run("Two?")).answer) == "I know: - One?"


async def test_replies_may_be_given_in_their_order():
    async with CodeAgent(ScriptedModel(["First.\n```python\nx = 6\n```", "It is 6.", "Then 7."])) as agent:
        assert str((await agent.run("How many?")).answer) == "It is 6."
        assert str((await agent.run("And then?")).answer) == "Then 7."
        end = await agent.run("And then?")
    assert (end.reason, end.message) == ("error", "There is no reply left in the script. Write one for each request.")


def test_a_text_is_no_script():
    with pytest.raises(GlassboxError, match="as a list, or their folder as a Path"):
        ScriptedModel("It is 6.")

"""Names of the sandbox's own that code overwrites, and the ways in which final_answer is called."""

import pytest

from agent_core import Sandbox, tool


@tool
def find_city(name: str) -> str:
    """Find a city."""
    return f"{name} is a city."


@pytest.fixture
async def box():
    async with Sandbox(tools=[find_city]) as box:
        yield box


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        ("final_answer = 6 * 7", "final_answer", "42"),
        ("display = 'on the wall'", "display", "on the wall"),
        ("find_city = find_city('Oslo')", "find_city", "Oslo is a city."),
        ("def ToolError(): return 1\n1 / 0", "ToolError", ""),
    ],
)
async def test_a_name_that_code_overwrites_is_there_again_and_the_value_stays(box, code, name, value):
    first = await box.run(code)
    assert f"your value is now {name}_." in first.note
    assert name not in first.variables and f"{name}_" in first.variables
    again = await box.run(
        "print(find_city('Rome'))\ndisplay(1)\ntry:\n    find_city()\nexcept Exception as e:\n    pass"
    )
    assert again.error is None and again.note == "" and "Rome is a city." in again.stdout
    if value:
        assert (await box.run(f"{name}_")).value == value
    assert str((await box.run("final_answer(3)")).answer) == "3"


async def test_a_variable_of_the_code_is_not_lost_to_a_renamed_one(box):
    await box.run("display_ = 'mine'\ndisplay = 1")
    await box.run("display = 2")
    assert (await box.run("display_, display__")).value == "('mine', 2)"


async def test_a_name_is_free_for_a_tool_that_comes_later(box):
    box.tools = []
    assert (await box.run("find_city = 'Oslo'")).note == ""
    box.tools = [find_city]
    done = await box.run("print(find_city(find_city_))")
    assert done.stdout.strip() == "Oslo is a city." and "your value is now find_city_." in done.note


async def test_what_does_the_same_needs_no_words(box):
    done = await box.run("from IPython.display import display\ndisplay(1)\nfor _ in range(3): pass\ninput = 'x'")
    assert (done.note, done.error) == ("", None)
    assert (await box.run("input")).value == "x"


@pytest.mark.parametrize("given", ["answer=42", "value=42", "42"])
async def test_an_answer_may_have_a_name(box, given):
    assert str((await box.run(f"final_answer({given})")).answer) == "42"


@pytest.mark.parametrize("given", ["", "1, 2", "answer=1, sure=True"])
async def test_anything_but_one_answer_is_one_helpful_sentence(box, given):
    error = (await box.run(f"final_answer({given})")).error
    assert error is not None and error.message.startswith("TypeError: final_answer(answer) ")
    assert "Worker" not in error.traceback + error.message and "own_names" not in error.traceback


async def test_a_late_warning_of_an_earlier_step_is_told_in_no_other_one(box):
    await box.run("async def fetch(): return 1\nlate = fetch()")
    assert "never awaited" not in (await box.run("late = None\nprint('clean')")).stdout
    assert "never awaited" in (await box.run("fetch()\nNone")).stdout

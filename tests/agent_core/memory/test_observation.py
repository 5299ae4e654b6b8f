"""What a step looks like to the model."""

from agent_core.execution import Display, Execution, ExecutionError
from agent_core.memory.observation import OBSERVATION_CHARACTERS, observe


def test_output_value_and_displays():
    figure = Display({"text/plain": "<Figure>", "image/png": ""})
    table = Display({"text/plain": "t", "text/html": "<table>"})
    text = observe(Execution(stdout="hello\n", value="42", displays=(figure, figure, table)))
    assert text == "Output:\nhello\nDisplayed:\nt\nValue: 42\nShown to the user: 2 images, 1 table."


def test_a_picture_that_says_something_is_told_and_a_value_is_told_once():
    formula, table = Display({"text/plain": "x**2", "image/png": ""}), Display({"text/plain": "t", "text/html": "<t>"})
    assert observe(Execution(value="t\nu", displays=(formula, Display({"text/plain": "t\nu"})))) == (
        "Displayed:\nx**2\nValue:\nt\nu\nShown to the user: 1 image, 1 value."
    )
    assert "Displayed" not in observe(Execution(value="t", displays=(table,)))
    assert "Displayed" not in observe(Execution(displays=(Display({"text/plain": "", "text/html": "<b>"}),)))


def test_long_texts_share_the_room():
    displays = tuple(Display({"text/plain": f"{letter * 9_000}END"}) for letter in "abc")
    text = observe(Execution(stdout="short", value="v" * 9_000, displays=displays))
    assert len(text) < OBSERVATION_CHARACTERS + 1_000
    assert text.startswith("Output:\nshort\nDisplayed:\naaa")
    assert text.count("END\n(It was cut.") == 3


def test_an_error_comes_with_its_lines():
    error = ExecutionError("exception", "KeyError: 'x'", "Traceback", "The dict has the keys: y.", "line 2: d['x']")
    assert observe(Execution(error=error)) == (
        "Error in line 2: d['x']\nKeyError: 'x'\nAdvice: The dict has the keys: y."
    )
    assert observe(Execution(error=ExecutionError("timeout", "Too long."))) == "Error: Too long."


def test_variables_come_last_and_a_note_first():
    text = observe(Execution(value="1", variables={"n": "12", "x": "", "…": "3 more"}, note="Lost."))
    assert text == "Lost.\nValue: 1\nVariables: n = 12; deleted: x; … 3 more"


def test_silence_asks_for_a_print():
    assert "Print what you need" in observe(Execution())


def test_a_long_output_keeps_head_and_tail():
    text = observe(Execution(stdout="a" * 50_000 + "THE END"))
    assert len(text) < OBSERVATION_CHARACTERS + 200
    assert text.startswith("Output:\naaa") and "THE END\n(It was cut. To see the rest, print a part of it.)" in text
    assert "42,007 characters left out" in text

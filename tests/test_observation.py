"""What a step looks like to the model."""

from agent_core.execution import Display, Execution, ExecutionError
from agent_core.observation import OBSERVATION_CHARACTERS, observe, shorten


def test_output_value_and_displays():
    figure, table = Display({"text/plain": "f", "image/png": ""}), Display({"text/plain": "t", "text/html": "<table>"})
    text = observe(Execution(stdout="hello\n", value="42", displays=(figure, figure, table)))
    assert text == "Output:\nhello\nValue: 42\nShown to the user: 2 images, 1 table."


def test_an_error_comes_with_its_lines():
    error = ExecutionError("exception", "ZeroDivisionError: division by zero", "line 2: x = 1 / 0")
    assert observe(Execution(error=error)) == "Error: ZeroDivisionError: division by zero\nline 2: x = 1 / 0"


def test_silence_asks_for_a_print():
    assert "Print what you need" in observe(Execution())


def test_a_long_output_keeps_head_and_tail():
    text = observe(Execution(stdout="a" * 50_000 + "THE END"))
    assert len(text) < OBSERVATION_CHARACTERS + 200
    assert text.startswith("Output:\naaa") and text.endswith("THE END")
    assert "42,007 characters left out" in text


def test_a_short_text_stays_whole():
    assert shorten("short") == "short"

import asyncio

import nbformat
import pytest
from ipykernel.kernelspec import install
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from agent_core.events import (
    CodeReady,
    Displayed,
    Event,
    FinalAnswer,
    QuestionAnswered,
    QuestionAsked,
    ReplyCut,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.usage import Usage
from tests.ui.exports.support import DEMO, demo_chat, hostile_chat
from ui.exports import export

CHART = Display({"text/plain": "Bars", "application/vnd.plotly.v1+json": '{"data": []}', "text/csv": "a\n"})


@pytest.fixture(autouse=True)
def jupyter(tmp_path, monkeypatch):
    """An own place for what Jupyter keeps, with a kernel of this Python."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    install(prefix=str(tmp_path))


def notebook(events: list[Event]):
    book = nbformat.reads(export("notebook", "A chat", events).content.decode(), as_version=4)
    nbformat.validate(book)
    return book


async def run(book):
    """Run a notebook from top to bottom, and return its cells with code without the first, which defines names."""
    client = NotebookClient(book, timeout=120, kernel_name="python3")
    await client.async_execute()
    return [cell for cell in book.cells if cell.cell_type == "code"][1:]


def step(number: int, code: str, execution: Execution | None = None) -> list[Event]:
    return [StepStarted(number), CodeReady(code), StepFinished(number, 0.1, Usage(), execution or Execution())]


async def test_a_chat_runs_from_top_to_bottom_with_the_same_outputs():
    events = await asyncio.to_thread(demo_chat, DEMO[:2])
    book = notebook(events)
    texts = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    assert "> What is the cube root of 27?" in texts[1]
    assert "## Answer\n\nThe cube root of 27 is **3**" in texts[3]
    before = [cell.outputs for cell in book.cells if cell.cell_type == "code"][1:]
    assert before[0][0] == {"output_type": "stream", "name": "stdout", "text": "3 × 3 × 3 = 27\n"}
    assert "83572.64" in before[1][0].data["text/html"]
    assert before[2][0].data["image/png"]
    cells = await run(book)
    assert cells[0].outputs[0] == before[0][0]
    assert cells[0].outputs[1].data["text/markdown"] == before[0][1].data["text/markdown"]
    assert "83572.64" in cells[1].outputs[0].data["text/html"]
    assert any("image/png" in output.get("data", {}) for output in cells[2].outputs)
    assert not any(cell.metadata.get("tags") for cell in cells)


async def test_a_cell_that_needs_a_tool_says_so_and_the_notebook_goes_on():
    cells = await run(notebook(await asyncio.to_thread(demo_chat, (DEMO[2], DEMO[0]))))
    assert cells[0].outputs[-1].ename == "ToolError"
    assert cells[0].outputs[-1].evalue.startswith("web_search works only in Glassbox.")
    assert cells[-1].outputs[0].text == "3 × 3 × 3 = 27\n"


async def test_what_the_person_replied_is_there_again():
    events: list[Event] = [
        RunStarted("Draw it"),
        *(StepStarted(1), ThoughtDelta("I ask."), CodeReady('colour = ask_user("Which colour?", ["red"])\ncolour')),
        *(QuestionAsked("1", "Which colour?", ("red", "blue")), QuestionAnswered("1", "it's blue")),
        StepFinished(1, 0.1, Usage(), Execution(value="it's blue")),
        *step(2, "import asyncio\nawait asyncio.sleep(0)\nfinal_answer({'colour': colour})"),
        *(FinalAnswer(Display({"text/plain": "{}"})), RunFinished("answer")),
    ]
    cells = await run(notebook(events))
    assert cells[0].outputs[0].data["text/plain"] == '"it\'s blue"'
    assert cells[1].outputs[0].data["text/plain"] == "{'colour': \"it's blue\"}"


async def test_what_failed_in_the_chat_may_fail_again_and_nothing_else():
    failed = Execution(error=ExecutionError("exception", "NameError: x", "line 1", "Define it."))
    events: list[Event] = [RunStarted("Why?"), *step(1, "print(x)", failed), *step(2, "y = 1"), RunFinished("answer")]
    book = notebook(events)
    cells = [cell for cell in book.cells if cell.cell_type == "code"][1:]
    assert cells[0].outputs[0] == {
        "output_type": "stream",
        "name": "stderr",
        "text": "NameError: x\nline 1\nAdvice: Define it.\n",
    }
    assert [cell.metadata.get("tags") for cell in cells] == [["raises-exception"], None]
    await run(book)
    with pytest.raises(CellExecutionError):
        await run(notebook([RunStarted("Why?"), *step(1, "print(x)"), RunFinished("answer")]))


async def test_code_that_never_ran_or_had_to_be_stopped_is_text():
    endless = Execution(error=ExecutionError("timeout", "It took longer than 60 seconds."))
    events: list[Event] = [
        *(RunStarted("Why?"), *step(1, "while True: pass", endless)),
        *(StepStarted(2), ReplyCut("The reply was cut off.", "import os\nos.remove("), StepFinished(2, 0.1, Usage())),
        *(*step(3, "len('abc')  # \u202eb", Execution(value="3")), RunFinished("answer")),
    ]
    book = notebook(events)
    texts = [cell.source for cell in book.cells if cell.cell_type == "markdown"]
    assert "```\nwhile True: pass\n```\n\n```\nIt took longer than 60 seconds.\n```" in texts
    assert "```\nimport os\nos.remove(\n```" in texts
    (cell,) = await run(book)
    assert cell.outputs[0].data["text/plain"] == "3"
    assert cell.source == "len('abc')  # \ufffdb"  # nothing turns the direction of code that is to be run


async def test_a_cell_that_needs_a_file_may_fail():
    question = RunStarted("What is in it?", (FileNote.of("a.csv", 3),))
    cells = await run(notebook([question, *step(1, "open('a.csv')"), RunFinished("answer")]))
    assert cells[0].outputs[0].ename == "FileNotFoundError"


def test_a_chart_is_data_as_jupyter_keeps_it():
    begin, code, end = step(1, "1")
    events: list[Event] = [RunStarted("Draw"), begin, code, Displayed(CHART), end, RunFinished("answer")]
    assert notebook(events).cells[4].outputs[0].data == {
        "text/plain": "Bars",
        "application/vnd.plotly.v1+json": {"data": []},
    }


async def test_a_hostile_chat_is_a_notebook_whose_first_cell_only_defines_names():
    book = notebook(hostile_chat())
    book.cells = book.cells[:2]
    assert await run(book) == []


def test_every_export_of_a_chat_is_the_same():
    assert export("notebook", "A", hostile_chat()) == export("notebook", "A", hostile_chat())

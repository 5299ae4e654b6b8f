"""The printer of notebooks, in a real one: executed by a real kernel."""

import nbformat
import pytest
from ipykernel.kernelspec import install
from nbclient import NotebookClient

from agent_core.console.notebook import NotebookPrinter
from agent_core.events import CodeDelta, Displayed, StepStarted, ThoughtDelta
from agent_core.execution import Display
from tests.agent_core.console.support import HOSTILE, PICTURE, events_with
from tests.support import ROOT

SETUP = """
import os
from agent_core import CodeAgent, replay, show
from demo import demo_model
agent = CodeAgent(demo_model(delay=0))
"""
SAVINGS = "How does $100 a month grow over 30 years at 5% interest? Draw it."


@pytest.fixture
def jupyter(tmp_path, monkeypatch):
    """An own place for what Jupyter keeps, with a kernel of this Python."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    install(prefix=str(tmp_path))


async def test_a_run_shows_below_its_cell_in_the_running_loop(jupyter):
    cells = [SETUP, f"result = await show(agent.stream({SAVINGS!r}))", "agent.replay()", "print(result.reason)"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    await NotebookClient(book, timeout=120, kernel_name="python3").async_execute()
    shown, again, last = (cell.outputs for cell in book.cells[1:])
    assert all(output.output_type == "display_data" for output in shown), "nothing is printed"
    htmls = [output.data.get("text/html", "") for output in shown]
    assert f"<b>{SAVINGS}</b>" in htmls[0]
    assert any("I let the savings grow month by month" in html for html in htmls)
    [code, _] = [output.data["text/markdown"] for output in shown if "text/markdown" in output.data]
    assert code.startswith("```python\n# Let the savings grow") and code.count("import pandas") == 1
    assert any("<td>83572.64</td>" in html for html in htmls)
    assert any("image/png" in output.data for output in shown)
    assert any("<strong>$83,573</strong>" in html for html in htmls)
    assert "2 steps" in htmls[-1]
    assert any(f"<b>{SAVINGS}</b>" in output.data.get("text/html", "") for output in again)
    assert last[0].text == "answer\n"


class Shown:
    """What a notebook was given, with what was given anew in its place."""

    def __init__(self):
        self.bundles = []

    def __call__(self, bundle, *, raw, display_id=False):
        assert raw
        self.bundles.append(bundle)
        return self

    def update(self, bundle, *, raw):
        assert raw
        self.bundles.append(bundle)


@pytest.fixture
def shown(monkeypatch):
    shown = Shown()
    monkeypatch.setattr("IPython.display.display", shown)
    return shown.bundles


def test_nothing_that_was_said_runs_or_is_fetched_by_the_browser(shown):
    printer = NotebookPrinter("verbose")
    for event in events_with(HOSTILE):
        printer.take(event)
    printer.close()
    svg = Display({"text/plain": "", "image/svg+xml": "<svg onload='alert(1)'/>"})
    page = Display({"text/plain": "a page", "text/html": "<script>alert(1)</script><p>a page"})
    for display in (svg, page):
        printer.take(Displayed(display))
    htmls = [bundle["text/html"] for bundle in shown if "text/html" in bundle]
    assert len(htmls) > 20
    for html in htmls:
        for forbidden in ("<img src=x", "<script", "onload", "\x1b", 'src="http'):
            assert forbidden not in html, html
    assert {mime for bundle in shown for mime in bundle} <= {"text/html", "text/plain", "text/markdown"}


def test_code_cannot_end_its_fence(shown):
    printer = NotebookPrinter()
    printer.take(StepStarted(1))
    printer.take(CodeDelta('x = """\n```\n<img src=x>\n````"""'))
    printer.close()
    source = shown[-1]["text/markdown"]
    assert source.startswith("`````python\n") and source.endswith("\n`````")


def test_what_grows_is_shown_anew_in_its_place_and_ends_whole(shown):
    printer = NotebookPrinter()
    printer.take(StepStarted(1))
    for number in range(50):
        printer.take(ThoughtDelta(f"{number} "))
    printer.close()
    assert len(shown) < 40, "not for each piece"
    assert shown[-1]["text/plain"].split() == [str(number) for number in range(50)]


def test_pictures_are_pictures_and_charts_which_could_fetch_something_are_named(shown):
    chart = Display({"text/plain": "Bars", "application/vnd.vegalite.v6+json": '{"data": {"url": "http://x/"}}'})
    printer = NotebookPrinter()
    for display in (PICTURE, Display({"text/plain": "x", "text/latex": "$x$"}), chart):
        printer.take(Displayed(display))
    assert [set(bundle) - {"text/plain"} for bundle in shown] == [{"image/png"}, {"text/latex"}, {"text/html"}]
    assert "An interactive view" in shown[-1]["text/html"] and "Bars" in shown[-1]["text/html"]

"""The Python of README.md, docs/library.md and docs/tools.md: its types fit, and what can run does what is said."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import agent_core
from agent_core import CodeAgent, Question, ScriptedModel
from tests.agent_core.support import code
from tests.support import ROOT

PAGES = ("README.md", "docs/library.md", "docs/tools.md")
NAMES = """
from agent_core import *
from pandas import DataFrame
from PIL.Image import Image
from ui import launch as launch

agent: Agent
answer: AskUser
convert: Tool
frame: DataFrame
image: Image
key: str
model: Model
researcher: Agent
session: Session
stock: Tool
token: str
"""
"""What the pieces of code take for granted, or have from a piece before them, as a stub."""
BESIDE = "TOOLS: list[Tool]"
"""In a piece that belongs into a file of this repository."""


def blocks(page: str) -> list[str]:
    """The pieces of Python of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        textwrap.dedent(found) for found in re.findall(r"^ *```python\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    ]


def block(page: str, words: str) -> str:
    """The first piece of a page that has these words."""
    return next(piece for piece in blocks(page) if words in piece)


def module(piece: str) -> ModuleType:
    """A module of a piece of code, as if it was imported."""
    made = ModuleType("piece")
    exec(compile(piece, "piece.py", "exec"), vars(made))
    return made


def test_types_fit(tmp_path: Path):
    pieces = [(page, number, piece) for page in PAGES for number, piece in enumerate(blocks(page), 1)]
    pieces = [each for each in pieces if BESIDE not in each[2]]
    (tmp_path / "names.pyi").write_text(NAMES)
    for page, number, piece in pieces:
        if re.search(r"^(?:\S.*)?\b(?:await|async with|async for)\b", piece, re.MULTILINE):
            imports = "".join(re.findall(r"^(?:from|import) .*\n", piece, re.MULTILINE))
            piece = f"{imports}\nasync def piece() -> None:\n{textwrap.indent(piece, '    ')}"
        (tmp_path / f"{Path(page).stem}_{number}.py").write_text(f"from names import *\n{piece}", "utf-8")
    settings = {
        "include": [str(tmp_path)],
        "extraPaths": [str(ROOT)],
        "pythonVersion": "3.11",
        "typeCheckingMode": "standard",
        "reportRedeclaration": False,  # a piece may make what the names above stand for
        "reportOptionalMemberAccess": False,  # it need not say what is done without an answer
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    wrong = [
        f"{Path(each['file']).name}:{each['range']['start']['line'] + 1}: {each['message']}"
        for each in found["generalDiagnostics"]
        if each["severity"] == "error"
    ]
    assert not wrong, "\n".join(wrong)
    assert found["summary"]["filesAnalyzed"] >= len(pieces)


def test_the_shortest_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    _answer_with(monkeypatch, code("sum(all(n % d for d in range(2, n)) for n in range(2, 50))"), "There are 78,498.")
    module(block("README.md", "CodeAgent(HubModel()"))
    assert "There are 78,498. answer" in capsys.readouterr().out


def test_the_program_that_shows_what_happens(capsys: pytest.CaptureFixture[str]):
    module(block("docs/library.md", "demo_model()"))
    said = capsys.readouterr().out
    assert "--- runs:" in said
    assert "--- answer: The cube root of 27 is **3**" in said


def test_tools_among_which_is_python(monkeypatch: pytest.MonkeyPatch):
    call = '```json\n{"name": "python", "arguments": {"code": "convert(26.2)"}}\n```'
    _answer_with(monkeypatch, call, "42.2 km")
    made = module(block("docs/library.md", "ToolCallingAgent(HubModel()"))
    assert str(made.agent.run_sync("How long is a marathon?").answer) == "42.2 km"
    assert "42.16" in made.agent.memory.steps[0].calls[0].result


async def test_the_sandbox_by_itself(capsys: pytest.CaptureFixture[str]):
    await module(block("docs/library.md", "async with Sandbox(")).main()
    assert re.match(r"\[1, 2\]\n.*PermissionError", capsys.readouterr().out)


def test_chats_that_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    primes = code("[n for n in range(2, 100) if all(n % d for d in range(2, n))]")
    _answer_with(monkeypatch, primes, "There are 25 primes.", "Fifteen.")
    module(block("docs/library.md", "Session.create("))
    assert list((tmp_path / "chats").iterdir())


async def test_a_tool_in_a_file_of_its_own():
    tool = module(block("docs/tools.md", "exchange_rate(currency")).exchange_rate
    assert tool.parameters["properties"]["currency"]["description"] == 'its ISO code, such as "USD".'


async def test_a_tool_that_asks_and_gives_files(tmp_path: Path):
    made = module(block("docs/tools.md", "convert_table(name"))
    table = tmp_path / "sales.csv"
    table.write_text("shop,euros\nLyon,5\n")

    async def first(question: Question) -> str:
        return question.options[0]

    model = ScriptedModel([code("final_answer(open(convert_table('sales.csv')).read())")])
    async with CodeAgent(model, tools=[made.convert_table], ask_user=first) as agent:
        result = await agent.run("Make it JSON.", files=[table])
    assert json.loads(str(result.answer)) == [{"shop": "Lyon", "euros": "5"}]


def _answer_with(monkeypatch: pytest.MonkeyPatch, *replies: str) -> None:
    """Have a HubModel give these replies, one after the other, however many are made."""
    left = iter(replies)

    def model(*_: Any, **__: Any) -> ScriptedModel:
        return ScriptedModel(left)

    monkeypatch.setattr(agent_core, "HubModel", model)

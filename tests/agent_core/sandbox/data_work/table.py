"""Reads the table, runs the snippets of a subject in one sandbox, and says what of each is not as it has to be."""

import asyncio
import re
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from agent_core.execution import Execution, FileNote
from agent_core.memory.observation import observe
from agent_core.sandbox import Limits, Sandbox
from tests.agent_core.sandbox.data_work.files import make_files

ROOT = Path(__file__).parents[4]
SUBJECTS = tuple(sorted(path.stem for path in Path(__file__).with_name("snippets").glob("*.toml")))
OF_THE_HOST = tuple({str(path) for path in (ROOT, ROOT.resolve(), sys.prefix, Path(sys.prefix).resolve())})
"""Paths of which a model is never told."""
_FILES_AT_ONCE = 6  # that are looked into: there are two seconds for all
_HIDE = """
import sys
class _Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, _Hidden())
"""
_IMPORTED = """
import sys
files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
print(*{name.partition(".")[0] for name in files if files[name]})
"""
_IN_ALL_ENVIRONMENTS = {"pip", "setuptools"}
_REPLACED = {"IPython"}  # by the sandbox, whether it is installed or not


@dataclass(frozen=True)
class Snippet:
    """One entry of the table.

    Attributes:
        name: What it does.
        code: What the model writes.
        told: Texts that are in what the model is told, in any order.
        not_told: Texts that are not in it; OF_THE_HOST never is.
        shows: The kinds of what the page shows, in their order: "image", "interactive", "table", "formula", "value".
        files: The files that the person can download, in their order.
        answer: The kind of the answer; "" for none.
        error: The kind of the error; "" for none.
    """

    name: str
    code: str
    told: Sequence[str] = ()
    not_told: Sequence[str] = ()
    shows: Sequence[str] = ()
    files: Sequence[str] = ()
    answer: str = ""
    error: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a subject.

    Attributes:
        executions: By the snippets' names.
        imported: The modules, without submodules, that code and libraries imported.
    """

    executions: dict[str, Execution]
    imported: frozenset[str]


@cache
def read_subject(subject: str) -> tuple[Snippet, ...]:
    """Return a subject's part of the table. Raises ValueError if two snippets have the same name."""
    path = Path(__file__).with_name("snippets") / f"{subject}.toml"
    snippets = tuple(Snippet(**entry) for entry in tomllib.loads(path.read_text(encoding="utf-8"))["snippet"])
    if twice := [name for name, count in Counter(snippet.name for snippet in snippets).items() if count > 1]:
        raise ValueError(f"{path.name} has more than one snippet of the name {twice[0]!r}")
    return snippets


@cache
def run_subject(subject: str) -> Outcome:
    """Run a subject's snippets one after the other, in one chat that begins with all files.

    What is installed beyond requirements.txt is hidden from the code and from the libraries that it imports.
    """
    return asyncio.run(_run(read_subject(subject)))


@cache
def overviews() -> dict[str, str]:
    """Return what the model is told of each file that comes with a question."""
    return {note.name: note.overview for note in asyncio.run(_look_at_files())}


def faults(snippet: Snippet, execution: Execution) -> Iterator[str]:
    """Yield in words what of an execution is not as the table says."""
    told = observe(execution)
    yield from (f"is not told {text!r}" for text in snippet.told if text not in told)
    yield from (f"is told {text!r}" for text in (*snippet.not_told, *OF_THE_HOST) if text in told)
    error = execution.error.kind if execution.error else ""
    if error != snippet.error:
        yield f"ends with the error {error!r} instead of {snippet.error!r}"
    kinds = [display.kind for display in execution.displays]
    if kinds != list(snippet.shows):
        yield f"shows {kinds} instead of {snippet.shows}"
    if [note.name for note in execution.files] != list(snippet.files):
        yield f"writes {[note.name for note in execution.files]} instead of {snippet.files}"
    answer = execution.answer.kind if execution.answer else ""
    if answer != snippet.answer:
        yield f"answers with {answer!r} instead of {snippet.answer!r}"


@cache
def not_required() -> frozenset[str]:
    """Return the modules, without submodules, that are there only because more than requirements.txt is installed."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {_plain(line) for line in lines if "==" in line} | _IN_ALL_ENVIRONMENTS
    owners = packages_distributions()
    return frozenset(name for name in owners if required.isdisjoint(map(_plain, owners[name]))) - _REPLACED


def _plain(distribution: str) -> str:
    """Return the name of a distribution as indexes compare names, without its version."""
    return re.sub(r"[-_.]+", "-", distribution.partition("==")[0]).lower()


async def _run(snippets: Sequence[Snippet]) -> Outcome:
    async with Sandbox(limits=Limits(step_seconds=60)) as box:
        with tempfile.TemporaryDirectory() as folder:
            await box.add_files(make_files(Path(folder)))
        await box.run(_HIDE.format(hidden=set(not_required())))
        executions = {snippet.name: await box.run(snippet.code) for snippet in snippets}
        imported = await box.run(_IMPORTED)
        return Outcome(executions, frozenset(imported.stdout.split()))


async def _look_at_files() -> list[FileNote]:
    async with Sandbox() as box:
        with tempfile.TemporaryDirectory() as folder:
            notes = await box.add_files(make_files(Path(folder)))
        found: list[FileNote] = []
        for first in range(0, len(notes), _FILES_AT_ONCE):
            found += await box.describe_files(notes[first : first + _FILES_AT_ONCE])
        return found

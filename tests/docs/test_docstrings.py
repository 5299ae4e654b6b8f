"""The examples in docstrings do what they say."""

import asyncio
import doctest
from importlib import import_module

import pytest

import agent_core
from tests.support import ROOT

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "agent_core").rglob("*.py"))
    if "\n    >>> " in path.read_text(encoding="utf-8")
]
HAVE_ONE = ("CodeAgent", "ToolCallingAgent", "ScriptedModel", "tool", "Sandbox", "Policy", "Memory", "Session")
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_true(module: str):
    names = {name: getattr(agent_core, name) for name in agent_core.__all__}
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for example in doctest.DocTestFinder(exclude_empty=True).find(
        import_module(module), extraglobs={**names, "asyncio": asyncio}
    ):
        runner.run(example, out=report.append)
    assert not report, "".join(report)


def test_what_is_used_most_has_one():
    assert [name for name in HAVE_ONE if ">>> " not in (getattr(agent_core, name).__doc__ or "")] == []

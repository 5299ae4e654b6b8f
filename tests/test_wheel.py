"""`pip wheel .`: agent_core in an environment that has what it declares and nothing else."""

import json
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.doubles.openai_server import OpenAIServer
from tests.support import ROOT

PROGRAM = """
import asyncio
import agent_core
from agent_core import CodeAgent, Policy, Sandbox

async def main():
    async with Sandbox(policy=Policy(imports=["*"])) as box:
        done = await box.run("import docstring_parser\\ndisplay(1 + 1)\\n[__import__('os').getcwd() != '/', 6 * 7]")
        print(done.error, done.value, done.displays[0].data)
        gone = await box.run("import gradio")
        print(gone.error.message)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the wheel and its dependencies in the versions that are installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    venv.create(folder / "env")
    packages = next((folder / "env" / "lib").glob("python*/site-packages"))
    with zipfile.ZipFile(_wheel(folder)) as wheel:
        wheel.extractall(packages)
    declared = next(packages.glob("glassbox-*.dist-info"))
    for needed in _closure(Distribution.at(declared)):
        _copy(needed, packages)
    return folder / "env" / "bin" / "python"


def test_it_works_without_gradio(python: Path, tmp_path: Path):
    done = subprocess.run(
        [python, "-I", "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.splitlines() == [
        "None [True, 42] {'text/plain': '2'}",
        "ModuleNotFoundError: No module named 'gradio': it is not installed here.",
    ], done.stderr


@pytest.mark.parametrize(
    ("use", "name", "extra"),
    [
        ("agent_core.find_space; agent_core.McpServer", "McpServer", "mcp"),
        ("agent_core.replay", "replay", "console"),
        ("agent_core.show(())", "show", "console"),
        ("agent_core.LiteLLMModel('openai/gpt-4.1')", "LiteLLMModel", "litellm"),
        ("agent_core.Session; agent_core.Store", "Store", "store"),
        ("from agent_core.tracing import traced", "traced", "otel"),
    ],
)
def test_what_is_not_installed_says_how_to_install_it(python: Path, tmp_path: Path, use: str, name: str, extra: str):
    done = subprocess.run(
        [python, "-I", "-c", f"import agent_core; {use}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    last = done.stderr.splitlines()[-1]
    assert last == f"ImportError: {name} needs another package: pip install 'glassbox[{extra}]'."


def test_its_program_works_without_rich_for_other_programs(python: Path, tmp_path: Path):
    with OpenAIServer(["It is 42."]) as server:
        done = _run_program(python, tmp_path, "What is it?", "--json", "--model", "test", "--base-url", server.url)
    kinds = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert (done.returncode, kinds[0], kinds[-2:]) == (0, "run_started", ["final_answer", "run_finished"]), done.stderr
    done = _run_program(python, tmp_path, "What is it?")
    assert done.returncode == 2 and "pip install 'glassbox[console]'" in done.stderr


def test_its_program_answers_with_the_extra_console(python: Path, tmp_path: Path):
    [packages] = (python.parents[1] / "lib").glob("python*/site-packages")
    wheel = Distribution.at(next(packages.glob("glassbox-*.dist-info")))
    for needed in _closure(wheel, "console"):
        _copy(needed, tmp_path)  # beside the environment, which stays as it is for the other tests
    use = "Now.\n```python\nprint(6 * 7)\nfinal_answer('It is **42**.')\n```"
    with OpenAIServer([use]) as server:
        done = _run_program(
            python, tmp_path, "What is it?", "--model", "test", "--base-url", server.url, PYTHONPATH=str(tmp_path)
        )
    assert done.returncode == 0, done.stderr
    assert "❯ What is it?" in done.stdout and "│ 42" in done.stdout and "✓ Answer · 1 step" in done.stdout


def _run_program(python: Path, home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the program `glassbox`, as installers write it for the entry point of the wheel."""
    [packages] = (python.parents[1] / "lib").glob("python*/site-packages")
    [entry] = Distribution.at(next(packages.glob("glassbox-*.dist-info"))).entry_points
    assert entry.name == "glassbox" and entry.group == "console_scripts"
    return subprocess.run(
        [
            python,
            "-P",
            "-c",
            f"import sys; from {entry.module} import {entry.attr}; sys.exit({entry.attr}())",
            *arguments,
        ],
        cwd=home,
        env={"HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_migrations_of_the_store_come_along(python: Path):
    [store] = (python.parents[1] / "lib").glob("python*/site-packages/agent_core/store")
    here = {path.name for path in (ROOT / "agent_core" / "store" / "migrations").rglob("*.py")}
    assert {path.name for path in (store / "migrations").rglob("*.py")} == here != set()


def _wheel(folder: Path) -> Path:
    """Build it from a copy: building leaves files beside the sources."""
    source = folder / "source"
    shutil.copytree(ROOT / "agent_core", source / "agent_core", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(source)], check=True, timeout=300)
    return next(folder.glob("*.whl"))


def _closure(first: Distribution, extra: str = "") -> list[Distribution]:
    """Return all that a distribution needs, without extras that nobody asked for."""
    found: dict[str, Distribution] = {}
    waiting = [(first, extra)]
    while waiting:
        parent, extra = waiting.pop()
        for line in parent.requires or []:
            needed = Requirement(line)
            name = canonicalize_name(needed.name)
            if name in found or (needed.marker and not needed.marker.evaluate({"extra": extra})):
                continue
            found[name] = distribution(needed.name)
            waiting += [(found[name], extra) for extra in ("", *needed.extras)]
    return list(found.values())


def _copy(package: Distribution, target: Path) -> None:
    for file in package.files or []:
        source = Path(str(package.locate_file(file)))
        if file.parts[0] != ".." and source.exists():  # not all compiled code that is listed is there
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / file)  # compiled code counts only with the time of its source

"""The whole corpus is refused also where other layers stand in for those that a kernel lacks, for root and others."""

import json
import os
import sys
import tempfile
from pathlib import Path

import pytest

from agent_core.sandbox.guest.confinement import layer_names
from tests.agent_core.sandbox.escapes import mounted
from tests.agent_core.sandbox.escapes.canaries import Canaries
from tests.agent_core.sandbox.escapes.lifting import Lifter
from tests.agent_core.sandbox.other_kernel import run_on
from tests.agent_core.sandbox.other_users import NOBODY, interpreter, is_open
from tests.support import ROOT

# Hundreds of threads at once: where nobody is asked about each, they are counted 20 times a second, and on a busy
# machine less often; these may be over by then.
COUNTED = {"threads,-by-machine-code", "threads,-of-Python"}
# Limits of amounts ask for the whole machine, and for nobody's name: these are made by one user, a few at once.
AMOUNTS = ("left-behind", "memory", "processor-time", "wall-time", "threads", "disk", "output")
# Makes all attempts but those named, and prints the layers and what was not refused.
MAKE_ALL = """
import asyncio, json, sys
from agent_core.sandbox import confinement
from agent_core.sandbox.guest.confinement import layer_names
from tests.agent_core.sandbox.escapes import mounted
from tests.agent_core.sandbox.escapes.corpus import ATTEMPTS
from tests.agent_core.sandbox.escapes.making import UNSEEN, faults_of, secrets_of_the_app

found = confinement.probe()
attempts = [*ATTEMPTS, *(mounted.ATTEMPTS if layer_names.MOUNTS in found.holding else ())]
attempts = [attempt for attempt in attempts if not str(attempt).startswith(tuple(sys.argv[1:]))]
with secrets_of_the_app():
    faults = asyncio.run(faults_of(attempts, 4, UNSEEN))
print(json.dumps([found.holding, faults]))
"""
# What a chat does, and prints what came of it.
USE_IT = """
import asyncio, json
from agent_core.sandbox import Limits, Policy, Sandbox

async def main():
    said = {}
    async with Sandbox(policy=Policy(imports=["*"]), limits=Limits(step_seconds=20, memory_mb=512)) as box:
        async def run(code):
            done = await box.run(code)
            return done.error.kind if done.error else done.value
        first = await box.run("x = 1; import os, pathlib; pathlib.Path('a.txt').write_text('first')")
        await box.run("x = 2; pathlib.Path('a.txt').write_text('second'); os.mkdir('d'); os.rename('a.txt', 'd/b.txt')")
        said["kept"] = await run("x, pathlib.Path('d/b.txt').read_text(), sorted(os.listdir())")
        await box.rewind(first.checkpoint)
        said["files rewound"] = await run("import os, pathlib; sorted(os.listdir()), pathlib.Path('a.txt').read_text()")
        said["variables rewound"] = await run("x")
        plot = "import matplotlib.pyplot as plt, pandas; plt.plot([1])"
        shown = await box.run(f"{plot}; display(pandas.DataFrame({{'a': [1]}}))")
        said["shown"] = sorted({kind for display in shown.displays for kind in display.data})
        said["database"] = await run(
            "import sqlite3; c = sqlite3.connect('data.db'); c.execute('create table t (a)'); c.commit(); 5"
        )
        said["threads"] = await run(
            "from concurrent.futures import ThreadPoolExecutor\\nlist(ThreadPoolExecutor(4).map(abs, [-1, 2]))"
        )
        said["memory"] = await run("bytearray(2**30)")
        said["goes on"] = await run("1 + 1")
        said["crash"] = await run("import os; os._exit(3)")
        said["goes on after it"] = await run("2 + 2")
    print(json.dumps(said))

asyncio.run(main())
"""
KERNELS = [
    ("kernel.no_landlock()", layer_names.MOUNTS),
    ("kernel.supervised()", layer_names.NO_FORKS),
    ("kernel.no_landlock(); kernel.no_notifications()", layer_names.MOUNTS),
    ("kernel.container(); kernel.no_landlock()", layer_names.BROKER),
]


def faults_on(
    preparation: str, layer: str, *left_out: str, user: int | None = None, python: str = sys.executable
) -> dict[str, str]:
    """What was not refused on a kernel where this layer stands in."""
    said = run_on(preparation, MAKE_ALL, *left_out, seconds=500, user=user, python=python)
    holding, faults = json.loads(said.splitlines()[-1])
    assert layer in holding
    noticed_later = COUNTED if layer_names.NO_FORKS in holding else set()
    return {name: fault for name, fault in faults.items() if name not in noticed_later}


@pytest.mark.parametrize(("preparation", "layer"), KERNELS)
def test_all_attempts_are_refused(preparation: str, layer: str):
    assert faults_on(preparation, layer, "processor-time") == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("preparation", "layer"), KERNELS)
def test_they_are_refused_to_an_ordinary_user(preparation: str, layer: str):
    if not is_open(ROOT / "tests"):
        pytest.skip("other users cannot get at this repository")
    with tempfile.TemporaryDirectory() as folder:  # not pytest's: each pytest closes that for others as it starts
        Path(folder).chmod(0o755)
        python = interpreter(Path(folder))
        assert faults_on(preparation, layer, *AMOUNTS, user=NOBODY, python=python) == {}


def test_a_tree_of_files_holds_without_the_filter():
    faults = dict[str, str]()
    with Lifter() as lifter:
        for attempt in mounted.ATTEMPTS:
            with Canaries() as canaries:
                ending, text = lifter.run(attempt, canaries, ("seccomp", "notify"), layer_names.MOUNTS)
                if ending not in attempt.ends or canaries.touched(text):
                    faults[attempt.name] = ending
    assert faults == {}


@pytest.mark.parametrize(("preparation", "layer"), KERNELS)
def test_a_chat_goes_as_it_does_elsewhere(preparation: str, layer: str):
    said = json.loads(run_on(preparation, USE_IT).splitlines()[-1])
    elsewhere = {
        "kept": "(2, 'second', ['.tmp', 'd'])",
        "files rewound": "(['.tmp', 'a.txt'], 'first')",
        "variables rewound": "exception" if "supervised" in preparation or "notifications" in preparation else "1",
        "shown": ["image/png", "text/csv", "text/html", "text/plain"],
        "database": "5",
        "threads": "[1, 2]",
        "memory": "memory",
        "goes on": "2",
        "crash": "crash",
        "goes on after it": "4",
    }
    assert said == elsewhere

"""What a sandbox shares with the app, with others and with the event loop: nothing."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from agent_core.sandbox import Policy, Sandbox
from agent_core.sandbox.aftermath import VARIABLES_LOST
from agent_core.sandbox.guest.confinement.layer_names import REQUIRED
from agent_core.sandbox.host.zygote_process import ZygoteProcess, zygote
from tests.agent_core.sandbox.support import failure, value
from tests.support import ROOT

ENVIRON = """
import ctypes, os
block = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
raw = []
while block[len(raw)]: raw.append(block[len(raw)])
"""
DESCRIPTORS = """
import os, stat
kinds = []
for descriptor in range(512):
    try: mode = os.fstat(descriptor).st_mode
    except OSError: continue
    tests = {"pipe": stat.S_ISFIFO, "socket": stat.S_ISSOCK, "character device": stat.S_ISCHR}
    kinds.append(next((kind for kind, test in tests.items() if test(mode)), "other"))
kinds
"""
APP = """
import asyncio
from agent_core.sandbox import Sandbox

async def main():
    async with Sandbox() as idle, Sandbox() as busy:
        await idle.run("x = 1")
        await idle.run("x = 2")
        async for event in busy.stream("print('running', flush=True)\\nwhile True: pass"):
            print("ready", flush=True)

asyncio.run(main())
"""


async def test_nothing_of_the_app_is_seen_inside(monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    zygote.close()  # the next one starts under this environment
    box.policy = Policy(["*"])
    assert "hf_secret" not in (await value(box, f"{ENVIRON}\n(dict(os.environ), raw)") or "hf_secret")
    names = set(eval(await value(box, "list(os.environ)") or ""))
    assert names == {
        *("PATH", "LANG", "HOME", "TMPDIR", "MPLBACKEND"),
        *("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "COLUMNS", "NO_COLOR", "POLARS_TABLE_WIDTH"),
        *(f"POLARS_FMT_{name}" for name in ("MAX_COLS", "MAX_ROWS", "STR_LEN", "TABLE_FORMATTING")),
        "POLARS_MAX_THREADS",
    }


async def test_only_its_own_descriptors(box: Sandbox):
    kinds = eval(await value(box, DESCRIPTORS) or "")
    assert sorted(kinds) == ["character device", "pipe", "pipe", "pipe", "socket", "socket"]


async def test_the_source_of_the_app_is_not_importable(box: Sandbox):
    box.policy = type(box.policy)(["*"])
    assert await value(box, "import importlib.util\nimportlib.util.find_spec('agent_core')") is None


async def test_the_workspace_is_home(tmp_path: Path):
    (tmp_path / "data.txt").write_text("forty")
    async with Sandbox(workspace=tmp_path) as box:
        code = "import os, tempfile\nfrom pathlib import Path\nPath('out.txt').write_text(open('data.txt').read())\n"
        places = await value(box, code + "' '.join([os.getcwd(), str(Path.home()), tempfile.gettempdir()])")
        assert places == f"{tmp_path} {tmp_path} {tmp_path}/.tmp"
    assert (tmp_path / "out.txt").read_text() == "forty"


async def test_two_sandboxes_share_nothing_and_run_at_the_same_time():
    async with Sandbox() as one, Sandbox() as other:
        await asyncio.gather(one.run("x = 1"), other.run("x = 2"))
        assert [await value(box, "x") for box in (one, other)] == ["1", "2"]
        assert await value(one, "import os\nos.getcwd()") != await value(other, "import os\nos.getcwd()")
        draw = "import random, numpy\n(random.random(), float(numpy.random.rand()))"
        assert await value(one, draw) != await value(other, draw)
        stream = one.stream("print('busy')\nwhile True: pass")
        await anext(stream)
        assert await value(other, "x") == "2"
        await stream.aclose()


def test_one_sandbox_under_two_event_loops():
    box = Sandbox()
    asyncio.run(box.run("x = 1"))
    with asyncio.Runner() as runner:
        assert runner.run(value(box, "x + 1")) == "2"
    asyncio.run(box.close())


def test_a_zygote_whose_app_went_before_it_could_answer_ends_without_a_word(capfd: pytest.CaptureFixture[str]):
    own = ZygoteProcess()
    own.request("stop", group=7)
    own.close()  # it is still starting, and answers only then
    assert capfd.readouterr().err == ""


async def test_a_new_zygote_after_the_old_one_died(box: Sandbox):
    await box.run("x = 1")
    pid = int(await value(box, "import os\nos.getppid()") or 0)
    assert psutil.Process(pid).ppid() == os.getpid()
    worker = psutil.Process(int(await value(box, "os.getpid()") or 0))
    psutil.Process(pid).kill()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running()
    error = await failure(box, "x")
    assert "NameError" in error.message
    assert error.message.endswith(VARIABLES_LOST)
    assert await value(box, "1 + 1") == "2"


def test_an_app_that_is_killed_leaves_no_process_behind(tmp_path: Path):
    command, environment = [sys.executable, "-c", APP], {**os.environ, "TMPDIR": str(tmp_path)}
    app = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert app.stdout is not None
        assert app.stdout.readline() == "ready\n"
        processes = psutil.Process(app.pid).children(recursive=True)
        assert len(processes) >= 4  # the zygote, two workers, and at least one checkpoint
    finally:
        os.kill(app.pid, signal.SIGKILL)
        app.communicate(timeout=60)
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []


async def test_the_layers_that_hold(box: Sandbox):
    assert all(set(same) & set(box.confinement) for same in REQUIRED)
    assert set(box.confinement) >= {"no new privileges", "no capabilities", "resource limits"}

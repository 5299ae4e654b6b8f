"""The import policy: what the agent's own code may import."""

import pytest

from agent_core.errors import GlassboxError
from agent_core.permissions import Decision, PermissionRequest
from agent_core.sandbox import Policy, Sandbox
from tests.agent_core.sandbox.support import collect, failure, value


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    return shared_box


async def test_the_default_is_wide(box: Sandbox):
    await value(box, "import os.path, json, sqlite3, urllib.request, concurrent.futures")
    await value(box, "from __future__ import annotations\nfrom collections import abc, Counter")
    await value(box, "import numpy.random\nfrom pandas import DataFrame\nfrom PIL import Image\nimport bs4")


async def test_names_may_end_with_a_star(box: Sandbox):
    box.policy = Policy(["numpy.*"])
    await value(box, "import numpy.random\nfrom numpy import linalg")
    assert (await failure(box, "import pandas")).kind == "import_denied"


def test_a_text_is_no_list_of_names():
    with pytest.raises(GlassboxError, match=r"`imports` of a Policy is a list of names: imports=\['numpy'\]\."):
        Policy("numpy")
    with pytest.raises(GlassboxError, match="`hosts` of a Policy is a list"):
        Policy(hosts="example.org")


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("import signal", "signal"),
        ("import socket as s", "socket"),
        ("from ctypes import CDLL", "ctypes"),
        ("import http.server", "http.server"),
        ("from http import server", "http.server"),
        ("import _socket", "_socket"),
        ("import pydantic", "pydantic"),
        ("__import__('socket')", "socket"),
        ("exec('import socket')", "socket"),
        ("def f():\n    import socket\nf()", "socket"),
    ],
)
async def test_what_is_not_allowed(box: Sandbox, code: str, module: str):
    error = await failure(box, code)
    assert error.kind == "import_denied"
    assert error.message.startswith(f"ImportDenied: Importing '{module}' is not allowed. Allowed: ")
    assert error.message.endswith("most of the standard library, the packages for data (numpy, pandas, matplotlib, …).")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import subprocess", "'subprocess' does not work here: no other program or process can be started here"),
        ("from tkinter import ttk", "'tkinter' does not work here: there is no screen"),
        ("import psutil", "'psutil' does not work here: the machine cannot be looked at from here"),
        ("from google.colab import files", "'google.colab' does not work here: files are read from the working folder"),
    ],
)
async def test_nobody_is_asked_for_what_would_do_nothing(box: Sandbox, code: str, sentence: str):
    async def never(request: PermissionRequest) -> Decision:
        raise AssertionError(request)

    box.policy = Policy(ask=never)
    *events, done = await collect(box, code)
    assert (events, done.error.kind) == ([], "import_denied")
    assert sentence in done.error.message


async def test_a_module_of_the_workspace_needs_no_permission_and_has_none_of_its_own(box: Sandbox):
    (box.workspace / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (box.workspace / "parts").mkdir()
    (box.workspace / "parts" / "one.py").write_text("from helper import double\nTWO = double(1)\n")
    (box.workspace / "curious.py").write_text("import json\nimport socket\n")
    (box.workspace / "random.py").write_text("raise RuntimeError\n")
    assert await value(box, "import helper\nhelper.double(2)") == "4"
    assert await value(box, "from parts.one import TWO\nfrom parts import one\nTWO + one.TWO") == "4"
    assert await value(box, "import sys\nsys.path.append('parts')\nimport one as again\nagain.TWO") == "2"
    error = await failure(box, "import curious")
    assert error.message.startswith("ImportDenied: Importing 'socket' is not allowed.")
    assert error.place == "line 1: import curious\nin curious.py, line 2: import socket"
    await value(box, "import random\nrandom.random()")


async def test_a_module_that_was_written_again_is_read_again(own_box: Sandbox):
    await value(own_box, "open('helper.py', 'w').write('X = 1')\nimport helper, importlib")
    assert await value(own_box, "open('helper.py', 'w').write('X = 2')\nimportlib.reload(helper).X") == "2"
    assert [path.name for path in own_box.workspace.iterdir() if path.name[0] != "."] == ["helper.py"]


async def test_a_denied_import_can_be_caught(box: Sandbox):
    assert await value(box, "try:\n    import socket\nexcept ImportError:\n    socket = 'none'\nsocket") == "none"


async def test_what_is_not_installed_says_so(box: Sandbox):
    error = await failure(box, "import no_such_package.part")
    assert error.kind == "exception"
    assert error.message == ("ModuleNotFoundError: No module named 'no_such_package.part': it is not installed here.")
    box.policy = Policy(["no_such_package"])
    assert "not installed here" in (await failure(box, "import no_such_package")).message


async def test_libraries_import_what_they_need(box: Sandbox):
    box.policy = Policy(["urllib", "numpy", "datetime", "time"])
    assert await value(box, "import urllib.request, numpy\nnumpy.random.default_rng(1).integers(5) < 5") == "True"
    assert await value(box, "import datetime\ndatetime.datetime.strptime('2024', '%Y').year") == "2024"
    assert await value(box, "import time\ntime.strptime('2024', '%Y').tm_year") == "2024"


async def test_a_submodule_alone(box: Sandbox):
    box.policy = Policy(["os.path"])
    assert await value(box, "from os import path\nimport os.path\nfrom os.path import join\njoin('a', 'b')") == "a/b"
    assert (await failure(box, "import os")).message == "ImportDenied: Importing 'os' is not allowed. Allowed: os.path."
    assert (await failure(box, "from os import system")).kind == "import_denied"


async def test_everything_and_nothing(box: Sandbox):
    box.policy = Policy(["*"])
    await value(box, "import socket, ctypes, _ctypes, subprocess")
    box.policy = Policy([])
    assert "Allowed: nothing." in (await failure(box, "import math")).message


async def test_a_change_holds_from_the_next_step(box: Sandbox):
    await value(box, "def load():\n    import socket\n    return 'loaded'")
    assert (await failure(box, "load()")).kind == "import_denied"
    box.policy = Policy(["socket"])
    assert await value(box, "load()") == "loaded"
    box.policy = Policy()
    assert (await failure(box, "load()")).kind == "import_denied"

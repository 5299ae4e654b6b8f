"""The import policy: what the agent's own code may import."""

import pytest

from agent_core.sandbox import Policy, Sandbox
from tests.agent_core.sandbox.support import failure, value


async def test_the_default_is_wide(box: Sandbox):
    await value(box, "import os.path, json, sqlite3, urllib.request, concurrent.futures")
    await value(box, "from __future__ import annotations\nfrom collections import abc, Counter")
    await value(box, "import numpy.random\nfrom pandas import DataFrame\nfrom PIL import Image\nimport bs4")


@pytest.mark.parametrize(
    ("code", "module"),
    [
        ("import subprocess", "subprocess"),
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

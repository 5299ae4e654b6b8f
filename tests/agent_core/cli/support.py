"""The program as a person starts it, without any key or login of this machine, and with the model of a test."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pexpect

from tests.doubles.openai_server import OpenAIServer
from tests.support import ROOT

COMMAND = (sys.executable, "-m", "agent_core")


def environment(home: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def model_at(server: OpenAIServer) -> list[str]:
    return ["--model", "test-model", "--base-url", server.url]


def run(
    arguments: Sequence[str], home: Path, *, given: str = "", cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """The program's end, where input and output are pipes."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        cwd=cwd or home,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def in_terminal(arguments: Sequence[str], home: Path) -> pexpect.spawn:
    """The program in a terminal of its own."""
    return pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], *arguments],
        cwd=str(home),
        env=environment(home),  # pyright: ignore[reportArgumentType] - a dict, as pexpect takes it
        encoding="utf-8",
        timeout=90,
        dimensions=(40, 120),
    )


CODE = r"\x1b\[[0-9;?]*[A-Za-z]"


def expect(child: pexpect.spawn, *texts: str) -> str:
    """Wait until the terminal has shown these texts, one after the other. Returns what came before the end of the last.

    Colours, and what moves the cursor, may stand wherever there is a space.
    """
    words = [rf"(?:\s|{CODE})+".join(map(re.escape, text.split(" "))) for text in texts]
    child.expect(".*?".join(words))
    return re.sub(CODE, "", f"{child.before}{child.after}")


def end(child: pexpect.spawn) -> tuple[int | None, str]:
    """The exit code, and what was shown last, without colours."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus, re.sub(CODE, "", child.before or "")

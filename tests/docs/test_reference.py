"""`make docs`: the API reference, made from the docstrings."""

import subprocess
import sys
from pathlib import Path

import agent_core
from tests.support import ROOT


def test_it_is_made_without_warnings_and_has_all_public_names(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "docs.reference", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    page = (tmp_path / "agent_core.html").read_text(encoding="utf-8")
    modules = {"events", "context"}
    assert [name for name in agent_core.__all__ if f'id="{name}"' not in page and name not in modules] == []
    assert {path.name for path in tmp_path.rglob("*.html")} >= {"index.html", "events.html", "context.html"}

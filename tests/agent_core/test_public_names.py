"""What `import agent_core` gives, and what it does without."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import agent_core

OPTIONAL = ("alembic", "gradio_client", "huggingface_hub", "litellm", "mcp", "sqlalchemy")
"""Libraries that are extras, or slow to import."""


def test_every_public_name_is_there():
    assert all(getattr(agent_core, name) for name in agent_core.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = agent_core.Nothing


def test_the_documentation_names_all_public_names_and_no_others():
    table = Path("docs/library.md").read_text("utf-8").partition("## All names")[2].partition("## ")[0]
    named = [name for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted({*agent_core.__all__} - {"__version__"})


def test_the_library_is_imported_without_its_optional_libraries():
    code = f"import agent_core, sys; print([name for name in {OPTIONAL} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""What `import agent_core` gives, and what it does without."""

import subprocess
import sys

import pytest

import agent_core

OPTIONAL = ("gradio_client", "huggingface_hub", "litellm", "mcp")
"""Libraries that are extras, or slow to import."""


def test_every_public_name_is_there():
    assert all(getattr(agent_core, name) for name in agent_core.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = agent_core.Nothing


def test_the_library_is_imported_without_its_optional_libraries():
    code = f"import agent_core, sys; print([name for name in {OPTIONAL} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

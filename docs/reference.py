"""Writes an API reference from the docstrings, as HTML: python -m docs.reference FOLDER. A warning ends it."""

import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.render

import agent_core

MODULES = (
    "agent_core",
    r"!agent_core\.",  # what it exports stands on its page; these have pages of their own:
    "agent_core.events",
    "agent_core.tools.context",
    "agent_core.agents.answer_checks",
    "agent_core.permissions",
    "agent_core.questions",
    "agent_core.errors",
    "agent_core.tracing",
    "agent_core.sandbox.remote.engine",
    "agent_core.sandbox.remote.docker",
    "agent_core.sandbox.remote.hf_sandboxes",
    "agent_core.sandbox.remote.ray_cluster",
)


def write(folder: Path) -> None:
    """Write the pages of all public names, and of the modules whose names are imported from there."""
    warnings.simplefilter("error", UserWarning)  # pdoc's: a name or a type that it cannot find
    for name in agent_core.__all__:  # also those that are imported on demand
        setattr(agent_core, name, getattr(agent_core, name))
    pdoc.render.configure(docformat="google", show_source=False, footer_text=f"Glassbox {agent_core.__version__}")
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]))

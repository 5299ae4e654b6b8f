"""Makes the files of a Space that opens a chat page with an agent: the page's, the agent's, and what joins them."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from agent_core.errors import GlassboxError
from agent_core.integrations.hub.agent_space import FOLDER
from agent_core.keeping.folder import files_of, requirements_of
from agent_core.keeping.models import can_be_made
from agent_core.keeping.records import AgentRecord, MissingRecord
from agent_core.net.redaction import holds_key
from agent_core.prompts import fill

_PARTS = ("agent_core", "demo", "tools", "ui")
_OWNERS = "tools/"  # the part to which whoever runs the page adds their own
_REQUIREMENTS = "requirements.txt"
BESIDE = Path(__file__).parents[2]
"""Where the page is if this package is used from its repository."""

_README = Path(__file__).with_name("space_readme.md").read_text(encoding="utf-8")
_APP = """
\"\"\"Opens a chat page with the agent that stands in agent/. Its tools run here, with what this Space may do.\"\"\"

from pathlib import Path

from agent_core import load_agent
{{imports}}from ui import launch

agent = load_agent(Path(__file__).parent / "agent", tools={{tools}}, trusted=True)
launch(agent, title={{title}})
"""
_NO_PAGE = (
    "The page comes with Glassbox's repository, not with the package. Call push_to_hub from a clone of it, with the "
    "clone as the program's folder."
)
_NO_MODEL = "The model {name} is a {kind}, which the Space could not make again. Give the agent another one first."
_KEY_IN_FILE = "The file {name} would go to the Space, and holds a key. Have it read from the environment there."
_NO_TOOL = "The tool {name} cannot go to the Space{why}. Take it out first, or write it so that it stands by itself."


def space_files(record: AgentRecord, title: str) -> dict[str, bytes]:
    """Return the files of the Space, by their paths.

    Args:
        record: The agent.
        title: The title of the page and of the Space.

    Raises:
        GlassboxError: The page is not at hand, or something of the agent could not be made again there.
    """
    if not can_be_made(record.model):
        raise GlassboxError(_NO_MODEL.format(name=record.model.name, kind=record.model.kind))
    names = sorted(_names_of_the_page(record))
    root = _root_of_page()
    needed = (root / _REQUIREMENTS).read_text(encoding="utf-8")
    gradio = next(line.partition("==")[2] for line in needed.splitlines() if line.startswith("gradio=="))
    more = "".join(f"{name}\n" for name in requirements_of(record) if f"\n{name.lower()}==" not in f"\n{needed}")
    texts = {
        "app.py": _app(names, title),
        "README.md": fill(_README, title=title.replace('"', "'"), gradio=gradio.split()[0]),
        _REQUIREMENTS: needed + more,
        **{FOLDER + name: text for name, text in files_of(record).items() if name != _REQUIREMENTS},
    }
    return {**_page(root), **{name: text.encode() for name, text in texts.items()}}


def _app(tools: list[str], title: str) -> str:
    imports = f"from tools import {', '.join(tools)}\n" if tools else ""
    return fill(_APP, imports=imports, tools=f"[{', '.join(tools)}]", title=repr(title)) + "\n"


def _names_of_the_page(record: AgentRecord) -> set[str]:
    """Return the names of the tools that are not kept as code, since they come with the page."""
    missing = [tool for tool in record.all_tools() if isinstance(tool, MissingRecord)]
    for tool in missing:
        if tool.module.partition(".")[0] != "tools":
            raise GlassboxError(_NO_TOOL.format(name=tool.name, why=f", as it was not kept: {tool.why}"))
    return {tool.name for tool in missing}


def _root_of_page() -> Path:
    """Return the folder of the repository. Raises GlassboxError if only the package is there."""
    spec = find_spec("ui")
    found = [Path(place).parent for place in (spec.submodule_search_locations if spec else None) or ()]
    for root in (BESIDE, *found):
        if (root / "ui" / "page.py").is_file() and (root / _REQUIREMENTS).is_file():
            return root
    raise GlassboxError(_NO_PAGE)


def _page(root: Path) -> dict[str, bytes]:
    files = {str(path.relative_to(root)): path.read_bytes() for part in _PARTS for path in _files_in(root / part)}
    for name, content in files.items():
        if name.startswith(_OWNERS) and holds_key(content.decode("utf-8", "replace")):
            raise GlassboxError(_KEY_IN_FILE.format(name=name))
    return files


def _files_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts):
            yield path

"""The house stands as docs/architecture.md draws it: imports go one way, no modules know each other in circles, and a
class's name means one thing. Imports for types and within functions count."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

BOTTOM = {"_version", "concurrency", "disk_space", "elsewhere", "errors", "events", "execution", "file_names", "net"}
BOTTOM |= {"permissions", "prompts", "questions", "reply_time", "sources", "temporary", "text", "usage"}
MAY_IMPORT = {
    **dict.fromkeys(BOTTOM, BOTTOM),
    "record": BOTTOM | {"memory"},
    "models": BOTTOM,
    "parsing": BOTTOM | {"models"},
    "tools": BOTTOM | {"models", "parsing"},
    "sandbox": BOTTOM | {"tools"},
    "memory": BOTTOM | {"models", "parsing"},
    "integrations": BOTTOM | {"tools", "sandbox"},
    "console": BOTTOM | {"memory", "record"},
    "agents": BOTTOM | {"models", "parsing", "tools", "sandbox", "memory", "console"},
    "store": BOTTOM | {"memory", "record"},
    "session": BOTTOM | {"agents", "memory", "models", "record", "store"},
    "keeping": BOTTOM | {"agents", "integrations", "models", "parsing", "sandbox", "tools"},
    "tracing": BOTTOM | {"agents", "models"},
    "cli": BOTTOM | {"agents", "console", "integrations", "models", "record", "sandbox", "session", "tools"},
    "__main__": {"cli"},
}
"""What each part of agent_core may import, beside itself."""

PROGRAMS = {
    "agent_core": {"agent_core"},
    "tools": {"agent_core", "tools"},
    "demo": {"agent_core", "tools", "demo"},
    "ui": {"agent_core", "tools", "demo", "ui"},
    "app": {"agent_core", "ui"},
    "deploy": {"deploy"},
    "docs": {"agent_core", "tools", "ui", "docs"},
    "bench": {"agent_core", "tools", "demo", "ui", "app", "bench"},
}
LENT_TO_BENCH = ("tests.corpora", "tests.doubles")  # by the tests
"""What each part of the repository may import of the others."""

UI_BOTTOM = {
    "code_running",
    "config",
    "descriptors",
    "event_options",
    "fair_queue",
    "input_checks",
    "machine",
    "owners",
    "slots",
    "texts",
    "visitors",
}
UI_MAY_IMPORT = {
    **dict.fromkeys(UI_BOTTOM, UI_BOTTOM),
    "chat_list": UI_BOTTOM,
    "security": UI_BOTTOM,
    "seeing": UI_BOTTOM | {"view"},
    "visitor_queue": UI_BOTTOM,
    "view": UI_BOTTOM,
    "exports": UI_BOTTOM | {"view"},
    "tool_sources": UI_BOTTOM | {"view"},
    "settings": UI_BOTTOM | {"view", "tool_sources"},
    "api": UI_BOTTOM | {"view", "tool_sources", "settings", "seeing"},
    "model_picker": UI_BOTTOM | {"view", "settings"},
}
"""What each part of ui may import, beside itself. The page and what stands beside it may import them all."""

GUEST = "agent_core.sandbox.guest"


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    _name(path): path
    for part in PROGRAMS
    for path in ([ROOT / "app.py"] if part == "app" else sorted((ROOT / part).rglob("*.py")))
}


def _imported(module: str, path: Path) -> Iterator[str]:
    """Yield each module that this one imports, as near as its text tells."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in MODULES and inner not in _RE_EXPORTED else base


def _re_exported() -> set[str]:
    """Return the modules whose names their package gives to something else, as `tools.ask_user`: a tool."""
    found = set()
    for module, path in MODULES.items():
        if path.name == "__init__.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module != module:
                    found |= {f"{module}.{alias.asname or alias.name}" for alias in node.names}
    return found


_RE_EXPORTED = _re_exported()
IMPORTS = {module: set(_imported(module, path)) for module, path in MODULES.items()}


def test_imports_go_one_way():
    wrong = []
    for module, imported in IMPORTS.items():
        part = module.split(".")[0]
        for other in imported:
            if other.split(".")[0] in PROGRAMS and other.split(".")[0] not in PROGRAMS[part]:
                wrong.append(f"{module} imports {other}")
            if module.startswith("agent_core.") and other.startswith("agent_core."):
                ours, theirs = module.split(".")[1], other.split(".")[1]
                if theirs != ours and theirs not in MAY_IMPORT[ours]:
                    wrong.append(f"{module} imports {other}: give it what it needs, or move what both need below them")
            if module.startswith("ui.") and other.startswith("ui."):
                ours, theirs = module.split(".")[1], other.split(".")[1]
                if theirs != ours and ours in UI_MAY_IMPORT and theirs not in UI_MAY_IMPORT[ours]:
                    wrong.append(f"{module} imports {other}: give it what it needs, or move what both need below them")
            if other.split(".")[0] == "tests" and not (part == "bench" and other.startswith(LENT_TO_BENCH)):
                wrong.append(f"{module} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_the_library_knows_nothing_of_the_page():
    wrong = [f"{module} imports {other}" for module in IMPORTS for other in IMPORTS[module]]
    assert not [line for line in wrong if line.startswith("agent_core") and "imports gradio." in f"{line}."]


def test_the_guest_imports_nothing_of_the_host():
    guests = [module for module in MODULES if module.startswith(GUEST)]
    assert guests
    wrong = [
        f"{module} imports {other}"
        for module in guests
        for other in IMPORTS[module]
        if other.split(".")[0] in PROGRAMS and not other.startswith(GUEST)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_sandbox_knows_its_inside():
    inside = {f"agent_core.sandbox.{part}" for part in ("host", "guest", "checkpoints")}
    wrong = [
        f"{module} imports {other}: use Sandbox, or move what both need beside it"
        for module in MODULES
        for other in IMPORTS[module]
        if not module.startswith(("agent_core.sandbox", "bench."))  # bench measures with other constants
        if ".".join(other.split(".")[:3]) in inside
    ]
    assert not wrong, "\n".join(wrong)


def test_no_two_modules_know_each_other():
    cycles = [" → ".join(sorted(group)) for group in _groups() if len(group) > 1]
    assert not cycles, "These import each other; move what they share into a module below them:\n" + "\n".join(cycles)


def _groups() -> list[list[str]]:
    """Return the strongly connected groups of the import graph (Tarjan, 1972)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    groups: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        path.append(module)
        for other in IMPORTS[module] & MODULES.keys() - {module}:
            if other not in order:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in path:
                lowest[module] = min(lowest[module], order[other])
        if lowest[module] == order[module]:
            start = path.index(module)
            groups.append(path[start:])
            del path[start:]

    for module in MODULES:
        if module not in order:
            visit(module)
    return groups


def test_a_class_has_a_name_of_its_own():
    places = defaultdict(list)
    for module, path in MODULES.items():
        if module.startswith("bench") or module == f"{GUEST}.tools.smolagents_shim":
            continue  # the shim has the names it stands for
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(module)
    places["ToolError"] = [module for module in places["ToolError"] if not module.startswith(GUEST)]  # code raises it
    twice = [f"{name}: {', '.join(modules)}" for name, modules in places.items() if len(modules) > 1]
    assert not twice, "\n".join(twice)


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: path.name)
def test_tests_import_neither_each_other_nor_benchmarks(path: Path):
    imported = _imported(_name(path), path)
    wrong = [name for name in imported if name.split(".")[0] == "bench" or "test_" in name.rpartition(".")[2]]
    assert not wrong, f"What tests share stands in tests/support.py or a support module beside them, not in {wrong}"

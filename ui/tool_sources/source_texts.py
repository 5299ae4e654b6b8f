"""The texts about tools that were found or added."""

import importlib.util

from agent_core.prompts import fill
from agent_core.text import truncate
from ui.texts import read_text, words
from ui.texts.numbers import number
from ui.tool_sources.preview import Preview
from ui.tool_sources.tool_source import ToolSource
from ui.view.escaping import escape
from ui.view.titles import in_words

_MOST_SHOWN = 30  # tools of one source
_LONGEST_SHOWN = 280  # characters of a tool's description


def about_found(found: Preview) -> str:
    """Return Markdown about what was found, for a person who has to decide whether to add it."""
    source = found.source
    shown = zip(source.names[:_MOST_SHOWN], found.tools, strict=False)
    tools = [f"**{escape(in_words(name))}**: {_cut(tool.schema()['function']['description'])}" for name, tool in shown]
    if len(found.tools) > _MOST_SHOWN:
        tools.append(words("tools.more", count=len(found.tools) - _MOST_SHOWN))
    return fill(
        read_text(f"found_{source.kind}"),
        tools="\n\n".join(tools),
        location=escape(source.short_location),
        revision=escape(source.revision[:7]),
        imports=_imports(found),
        notes=" ".join(map(escape, found.notes)),
    )


def _imports(found: Preview) -> str:
    missing = [name for name in found.imports if not _is_installed(name)]
    if missing:
        return words("tools.not_installed", modules=escape(", ".join(missing)))
    if found.imports:
        return words("tools.imports", modules=escape(", ".join(found.imports)))
    return ""


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # the module exists without a spec, such as __main__
        return True


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return escape(truncate(line, _LONGEST_SHOWN - 1))


def about_added(source: ToolSource, switched_on: int) -> str:
    """Return a sentence about tools that were added.

    Args:
        source: The source of the tools.
        switched_on: How many of them are on at most; these are the first ones.
    """
    if len(source.names) == 1:
        return words("tools.added_one", tool=in_words(source.names[0]))
    if len(source.names) <= switched_on:
        return words("tools.added", count=len(source.names))
    return fill(read_text("added_many"), count=number(len(source.names)), on=number(switched_on))

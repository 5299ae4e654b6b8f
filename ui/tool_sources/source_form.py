"""Adding tools from elsewhere in the settings: a place is named, what stands there is shown, and a person agrees."""

import importlib.util
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import gradio as gr

from agent_core import GlassboxError
from agent_core.integrations.hub.loading import escape_invisible
from agent_core.prompts import fill
from agent_core.text import truncate
from ui.config import Config
from ui.inputs import LONGEST_KEY, check_key
from ui.settings.settings import FIELDS, TOOLS, read_settings, restore
from ui.texts import read_text
from ui.tool_sources.chat_tools import ChatTools, Preview, place_of
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.tool_source import LONGEST_PLACE, MOST_SOURCES, ToolSource
from ui.view import toasts
from ui.view.escaping import escape
from ui.view.titles import in_words

MOST_SWITCHED_ON = 30  # tools of one place that are on from the start
_MOST_SHOWN = 30  # of one place
_LONGEST_SHOWN = 280  # characters of what is said of one
_LABELS = {
    "web_search": "Search the web",
    "visit_webpage": "Read web pages",
    "ask_user": "Ask you back",
    "python": "Run Python (if it calls tools)",
}

Kept = list[str]
"""The places from which tools were added, each as the text that the browser keeps."""


def label_of(name: str) -> str:
    """What a tool of the page is called in the settings; one without a label is called by its name."""
    return _LABELS.get(name) or in_words(name).capitalize()


class ToolSourceForm:
    """The part of the settings where tools are added.

    looked_at: what was found, until a person has decided. keys: those of MCP servers that were added, by their
    addresses; they stay in the app's memory.
    """

    def __init__(self) -> None:
        self.looked_at, self.keys = gr.State(""), gr.State({})
        self.place = gr.Textbox(
            label="Add tools",
            info="A tool or a Space of Hugging Face as “owner/name”, or the address of an MCP server.",
            placeholder="owner/name",
            max_length=LONGEST_PLACE,
            elem_id="place",
        )
        self.key = gr.Textbox(
            label="Key of the server",
            type="password",
            placeholder="only if it asks for one",
            visible=False,
            max_length=LONGEST_KEY,
            elem_id="server-key",
        )
        self.look = gr.Button("Look at it", size="sm", elem_id="look")
        with gr.Column(visible=False, elem_id="found") as self.found:
            self.about = gr.Markdown(elem_id="about-found")
            self.code = gr.Code(language="python", max_lines=14, interactive=False, show_label=False, wrap_lines=True)
            with gr.Row(visible=False) as self.choice:
                self.add = gr.Button("Add", size="sm", variant="primary", min_width=90, elem_id="add-found")
                self.leave = gr.Button("Leave it", size="sm", min_width=90, elem_id="leave-found")

    @property
    def shown(self) -> list[Any]:
        """What shows what was found, for `ToolSourceHandlers.look` and `nothing_found`."""
        return [self.found, self.about, self.code, self.choice, self.add, self.looked_at]


class ToolSourceHandlers:
    """The handlers of adding and removing. owner: whose tools stand among the others."""

    def __init__(self, config: Config, owner: OwnerTools) -> None:
        self._config = config
        self._owner = owner

    def restore(self, browser: dict[str, Any] | None) -> list[Any]:
        """The values of the settings form as the browser kept them, the two lists with what can be chosen in them."""
        values = dict(zip(FIELDS, restore(browser), strict=True))
        values["added"], values["tools"] = self.lists(values["added"], values["tools"])
        return list(values.values())

    async def look(self, place: str | None, key: str | None, kept: Kept) -> AsyncGenerator[list[Any], None]:
        """Look at a place and show what stands there. Yields updates of what the form shows.

        key: of the MCP server, "" for none.
        """
        place = (place or "").strip()
        yield _shown(f"Looking at {escape(place[:80])} …", working=True)
        sources = ChatTools(public=self._config.public)
        try:
            check_key(key)
            await sources.use_keys({place_of(place): (key or "").strip()})
            found = await sources.look(place, self._names(kept, place))
            yield _shown(about(found), escape_invisible(found.code), found.source.encoded())
        except GlassboxError as error:
            yield _shown(escape(str(error)))
        finally:
            await sources.close()

    def add(
        self, looked_at: str, place: str | None, key: str | None, keys: dict[str, str], kept: Kept, on: list[str]
    ) -> list[Any]:
        """Add what was found; what was added from there before gives way. on: the tools that are switched on.

        place, key: what is typed in by now; a key beside another address is for that one.

        Returns updates of the list of what was added, of the list of tools, of what is typed in, and of the keys.
        """
        if not looked_at:
            raise toasts.error("Look at it first.")
        try:
            check_key(key)
        except GlassboxError as error:
            raise toasts.error(error) from None
        source = read_sources([looked_at])[0]
        if key and source.kind == "mcp" and place_of(place or "") != source.place:
            raise toasts.error("The address is another one now. Look at it first.")
        others = [other for other in read_sources(kept) if other.place != source.place]
        if len(others) >= MOST_SOURCES:
            raise toasts.error(f"Tools can come from {MOST_SOURCES} places. Remove one first.")
        toasts.inform(_added(source))
        lists = self.lists([*others, source], [*on, *source.names[:MOST_SWITCHED_ON]])
        keys = {other.place: keys[other.place] for other in others if other.place in keys}
        return [*lists, "", gr.update(value="", visible=False), {**keys, source.place: (key or "").strip()}]

    def removed(self, kept: Kept, on: list[str]) -> list[Any]:
        """Updates of the two lists after something was removed from the first."""
        return self.lists(read_sources(kept), on)

    async def owners(self, browser: dict[str, Any] | None) -> list[str]:
        """The names of the owner's tools that are on: all but those that were switched off. Waits for the tools."""
        names = [tool.name for tool in await self._owner.tools()]
        remembered = browser.get("tools") if isinstance(browser, dict) else None
        return [name for name in names if name in remembered] if isinstance(remembered, list) else names

    def with_owners(self, kept: Kept, on: list[str], names: list[str]) -> list[Any]:
        """Updates of the two lists, as they are by now, once the owner's tools are there. names: those that are on."""
        return self.lists(read_sources(kept), [*on, *names])

    def lists(self, sources: Sequence[ToolSource], on: Sequence[str]) -> list[Any]:
        """Updates of the list of what was added, and of the list of tools, where it stands beside the others."""
        places = [(source.label, source.encoded()) for source in sources]
        choices = [(label_of(tool.name), tool.name) for tool in TOOLS]
        choices += [(f"{in_words(tool.name)} (this page's)", tool.name) for tool in self._owner.known]
        choices += [(f"{in_words(name)} ({source.short_place})", name) for source in sources for name in source.names]
        return [
            gr.update(choices=places, value=[value for _, value in places], visible=bool(places)),
            gr.update(choices=choices, value=[name for _, name in choices if name in on]),
        ]

    def _names(self, kept: Kept, place: str) -> list[str]:
        """The names that tools from this place cannot have."""
        others = [source for source in read_sources(kept) if source.place.lower() != place_of(place).lower()]
        own = [tool.name for tool in (*TOOLS, *self._owner.known)]
        return [*own, *(name for source in others for name in source.names)]


def read_sources(kept: Kept) -> list[ToolSource]:
    """The places that the browser kept."""
    return read_settings({"added": kept}).added


def nothing_found() -> list[Any]:
    """Updates of the form: it shows nothing."""
    return [gr.update(visible=False), *_shown("")[1:]]


def about(found: Preview) -> str:
    """What stands at a place, for a person who is to decide, as Markdown."""
    source = found.source
    shown = zip(source.names[:_MOST_SHOWN], found.tools, strict=False)
    tools = [f"**{escape(in_words(name))}**: {_cut(tool.schema()['function']['description'])}" for name, tool in shown]
    if len(found.tools) > _MOST_SHOWN:
        tools.append(f"… and {len(found.tools) - _MOST_SHOWN} more.")
    return fill(
        read_text(f"found_{source.kind}"),
        tools="\n\n".join(tools),
        place=escape(source.short_place),
        revision=escape(source.revision[:7]),
        imports=_imports(found),
        notes=" ".join(map(escape, found.notes)),
    )


def _imports(found: Preview) -> str:
    missing = [name for name in found.imports if not _is_installed(name)]
    if missing:
        return f"It needs {escape(', '.join(missing))}, which is not installed here: it will fail where it does."
    if found.imports:
        return (
            f"It imports {escape(', '.join(found.imports))}; what is not on your list is asked for when it is needed."
        )
    return ""


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # it is there and was made by hand, such as __main__
        return True


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return escape(truncate(line, _LONGEST_SHOWN - 1))


def _added(source: ToolSource) -> str:
    if len(source.names) == 1:
        return f"Added {in_words(source.names[0])}. Your next message can use it."
    if len(source.names) <= MOST_SWITCHED_ON:
        return f"Added {len(source.names)} tools. Your next message can use them."
    return (
        f"Added {len(source.names)} tools; the first {MOST_SWITCHED_ON} are switched on. Each one that is on costs "
        "tokens with every question: switch on what you need."
    )


def _shown(text: str, code: str = "", looked_at: str = "", *, working: bool = False) -> list[Any]:
    """Updates of the form. working: it can be left, but there is nothing to add yet."""
    can_add = bool(looked_at)
    code_update = gr.update(value=code, visible=bool(code))
    return [
        gr.update(visible=True),
        text,
        code_update,
        gr.update(visible=can_add or working),
        gr.update(visible=can_add),
        looked_at,
    ]

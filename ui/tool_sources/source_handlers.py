"""The handlers that look at tools from other places, add them and remove them."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import gradio as gr

from agent_core import GlassboxError
from agent_core.integrations.hub.loading import escape_invisible
from ui.code_running import needs_code, runs_code
from ui.config import Config
from ui.input_checks import check_key
from ui.texts import words
from ui.tool_sources.locations import read_location
from ui.tool_sources.offers import ToolConnections
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.preview import look_at
from ui.tool_sources.shipped_tools import TOOLS, label_of
from ui.tool_sources.source_texts import about_added, about_found
from ui.tool_sources.switches import switched_on
from ui.tool_sources.tool_source import MOST_TOOL_SOURCES, ToolSource, read_sources
from ui.view import toasts
from ui.view.escaping import escape
from ui.view.titles import in_words

MOST_SWITCHED_ON = 30  # tools of one source that are on from the start
_SHIPPED = [tool.name for tool in TOOLS]

Kept = list[str]
"""The sources of added tools, each as the text that the browser keeps."""


class ToolSourceHandlers:
    """The handlers for adding and removing tools.

    Args:
        config: Says whether strangers use the app.
        owner: The tools of the app's owner, which are listed as well.
    """

    def __init__(self, config: Config, owner: OwnerTools) -> None:
        self._config = config
        self._owner = owner
        self._shipped = [tool.name for tool in TOOLS if runs_code(config) or not needs_code(tool)]

    def restore(self, browser: Any) -> list[Any]:
        """Return updates of the two lists as the browser kept them, and the names of the tools that are listed."""
        sources = read_sources(browser.get("added") if isinstance(browser, dict) else None)
        owners = [tool.name for tool in self._owner.known]
        names = [*self._shipped, *owners, *(name for source in sources for name in source.names)]
        return self._lists(sources, switched_on(browser, names), owners)

    async def look(self, location: str | None, key: str | None, kept: Kept) -> AsyncGenerator[list[Any], None]:
        """Look at a location and show which tools it has.

        Args:
            location: The location as typed.
            key: The key of the MCP server; "" for none.
            kept: The sources that were added.

        Yields:
            Updates of what the form shows, in the order of `ToolSourceForm.shown`.
        """
        location = (location or "").strip()
        yield _shown(words("tools.looking", location=escape(location[:80])), working=True)
        connections = ToolConnections(public=self._config.public)
        try:
            check_key(key)
            await connections.use_keys({read_location(location): (key or "").strip()})
            found = await look_at(location, connections, self._names(kept, location))
            yield _shown(about_found(found), escape_invisible(found.code), found.source.encoded())
        except GlassboxError as error:
            yield _shown(escape(str(error)))
        finally:
            await connections.close()

    def add(
        self,
        looked_at: str,
        location: str | None,
        key: str | None,
        keys: dict[str, str],
        kept: Kept,
        on: list[str],
        listed: list[str],
    ) -> list[Any]:
        """Add what was found. It replaces what was added from the same location before.

        Args:
            looked_at: What was found, as text; "" if nothing was.
            location: The location that is typed now. If it is another one, the key is for that one.
            key: The key of the MCP server that is typed now.
            keys: The keys of the servers that were added, by their addresses.
            kept: The sources that were added.
            on: The names of the tools that are switched on.
            listed: The names of the tools that are listed.

        Returns:
            Updates of the list of sources and of the list of tools, the names that are listed now, updates of the two
            fields, and the keys.
        """
        if not looked_at:
            raise toasts.error(words("tools.look_first"))
        try:
            check_key(key)
        except GlassboxError as error:
            raise toasts.error(error) from None
        source = read_sources([looked_at])[0]
        if key and source.kind == "mcp" and read_location(location or "") != source.location:
            raise toasts.error(words("tools.other_address"))
        others = [other for other in read_sources(kept) if other.location != source.location]
        if len(others) >= MOST_TOOL_SOURCES:
            raise toasts.error(words("tools.too_many", most=MOST_TOOL_SOURCES))
        toasts.inform(about_added(source, MOST_SWITCHED_ON))
        lists = self._lists([*others, source], [*on, *source.names[:MOST_SWITCHED_ON]], listed)
        keys = {other.location: keys[other.location] for other in others if other.location in keys}
        return [*lists, "", gr.update(value="", visible=False), {**keys, source.location: (key or "").strip()}]

    def removed(self, kept: Kept, on: list[str], listed: list[str]) -> list[Any]:
        """Return updates of the two lists, and the names that are listed, after a source was removed."""
        return self._lists(read_sources(kept), on, listed)

    async def owners(self, browser: Any) -> list[str]:
        """Wait for the owner's tools, and return the names of those that are on."""
        return switched_on(browser, [tool.name for tool in await self._owner.tools()])

    def with_owners(self, kept: Kept, on: list[str], listed: list[str], names: list[str]) -> list[Any]:
        """Return updates of the two lists, and the names that are listed, after the owner's tools have loaded.

        Args:
            kept: The sources that were added.
            on: The names of the tools that are on now.
            listed: The names of the tools that were listed before. They stay on or off.
            names: The names of the owner's tools that are on.
        """
        new = [name for name in names if name not in listed]
        return self._lists(read_sources(kept), [*on, *new], [tool.name for tool in self._owner.known])

    def _lists(self, sources: Sequence[ToolSource], on: Sequence[str], listed: Sequence[str]) -> list[Any]:
        """Return updates of the list of sources and of the list of tools, and the names in the latter.

        Args:
            sources: The sources that were added.
            on: The names of the tools that are on.
            listed: The names of the owner's tools to list. One that has loaded since would look switched off.
        """
        added = [(source.label, source.encoded()) for source in sources]
        owners = [tool.name for tool in self._owner.known if tool.name in listed]
        choices = [(label_of(name), name) for name in self._shipped]
        choices += [(words("tools.of_page", tool=in_words(name)), name) for name in owners]
        choices += [
            (f"{in_words(name)} ({source.short_location})", name) for source in sources for name in source.names
        ]
        names = [name for _, name in choices]
        return [
            gr.update(choices=added, value=[value for _, value in added], visible=bool(added)),
            gr.update(choices=choices, value=[name for name in names if name in on]),
            names,
        ]

    def _names(self, kept: Kept, location: str) -> list[str]:
        """Return the names that tools from this location cannot have."""
        others = [source for source in read_sources(kept) if source.location.lower() != read_location(location).lower()]
        owners = [tool.name for tool in self._owner.known]
        return [*_SHIPPED, *owners, *(name for source in others for name in source.names)]


def nothing_found() -> list[Any]:
    """Return updates of the form that hide what was found."""
    return [gr.update(visible=False), *_shown("")[1:]]


def _shown(text: str, code: str = "", looked_at: str = "", *, working: bool = False) -> list[Any]:
    """Return updates of the form. While `working`, a person can leave it, but there is nothing to add yet."""
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

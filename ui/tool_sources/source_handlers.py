"""What happens when a person looks at tools from elsewhere, adds them or removes them."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import gradio as gr

from agent_core import GlassboxError
from agent_core.integrations.hub.loading import escape_invisible
from ui.config import Config
from ui.input_checks import check_key
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
    """The handlers of adding and removing tools.

    Args:
        config: says whether strangers use the app.
        owner: whose tools stand among the others.
    """

    def __init__(self, config: Config, owner: OwnerTools) -> None:
        self._config = config
        self._owner = owner

    def restore(self, browser: Any) -> list[Any]:
        """Return updates of the two lists as the browser kept them, and the names of the tools that are listed."""
        sources = read_sources(browser.get("added") if isinstance(browser, dict) else None)
        owners = [tool.name for tool in self._owner.known]
        names = [*_SHIPPED, *owners, *(name for source in sources for name in source.names)]
        return self._lists(sources, switched_on(browser, names), owners)

    async def look(self, location: str | None, key: str | None, kept: Kept) -> AsyncGenerator[list[Any], None]:
        """Look at a location and show what stands there.

        Args:
            location: as it was typed.
            key: of the MCP server, "" for none.
            kept: the sources that were added.

        Yields:
            Updates of what the form shows, in the order of `ToolSourceForm.shown`.
        """
        location = (location or "").strip()
        yield _shown(f"Looking at {escape(location[:80])} …", working=True)
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
        """Add what was found; what was added from there before gives way.

        Args:
            looked_at: what was found, as text; "" for nothing.
            location: what is typed in by now. A key beside another address is for that one.
            key: of the MCP server, as it is typed in by now.
            keys: those of the servers that were added, by their addresses.
            kept: the sources that were added.
            on: the names of the tools that are switched on.
            listed: the names of the tools that are listed.

        Returns:
            Updates of the list of what was added and of the list of tools, the names that are listed now, updates of
            what is typed in, and the keys.
        """
        if not looked_at:
            raise toasts.error("Look at it first.")
        try:
            check_key(key)
        except GlassboxError as error:
            raise toasts.error(error) from None
        source = read_sources([looked_at])[0]
        if key and source.kind == "mcp" and read_location(location or "") != source.location:
            raise toasts.error("The address is another one now. Look at it first.")
        others = [other for other in read_sources(kept) if other.location != source.location]
        if len(others) >= MOST_TOOL_SOURCES:
            raise toasts.error(f"Tools can come from {MOST_TOOL_SOURCES} places. Remove one first.")
        toasts.inform(about_added(source, MOST_SWITCHED_ON))
        lists = self._lists([*others, source], [*on, *source.names[:MOST_SWITCHED_ON]], listed)
        keys = {other.location: keys[other.location] for other in others if other.location in keys}
        return [*lists, "", gr.update(value="", visible=False), {**keys, source.location: (key or "").strip()}]

    def removed(self, kept: Kept, on: list[str], listed: list[str]) -> list[Any]:
        """Return updates of the two lists, and the names that are listed, after something was removed."""
        return self._lists(read_sources(kept), on, listed)

    async def owners(self, browser: Any) -> list[str]:
        """Return the names of the owner's tools that are on. Waits for the tools."""
        return switched_on(browser, [tool.name for tool in await self._owner.tools()])

    def with_owners(self, kept: Kept, on: list[str], listed: list[str], names: list[str]) -> list[Any]:
        """Return updates of the two lists, and the names that are listed, once the owner's tools are there.

        Args:
            kept: the sources that were added.
            on: the names of the tools that are on by now.
            listed: the names of those that were listed before: whether these are on stays as it is.
            names: of the owner's tools that are on.
        """
        new = [name for name in names if name not in listed]
        return self._lists(read_sources(kept), [*on, *new], [tool.name for tool in self._owner.known])

    def _lists(self, sources: Sequence[ToolSource], on: Sequence[str], listed: Sequence[str]) -> list[Any]:
        """Return updates of the list of what was added and of the list of tools, and the names in the latter.

        Args:
            sources: of the tools that were added.
            on: the names of the tools that are on.
            listed: the names of the owner's tools that are listed. One that came since would look as if it had been
                switched off.
        """
        added = [(source.label, source.encoded()) for source in sources]
        owners = [tool.name for tool in self._owner.known if tool.name in listed]
        choices = [(label_of(name), name) for name in _SHIPPED]
        choices += [(f"{in_words(name)} (this page's)", name) for name in owners]
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
        """The names that tools from this location cannot have."""
        others = [source for source in read_sources(kept) if source.location.lower() != read_location(location).lower()]
        owners = [tool.name for tool in self._owner.known]
        return [*_SHIPPED, *owners, *(name for source in others for name in source.names)]


def nothing_found() -> list[Any]:
    """Return updates of the form: it shows nothing."""
    return [gr.update(visible=False), *_shown("")[1:]]


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

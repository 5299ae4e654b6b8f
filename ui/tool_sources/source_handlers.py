"""What happens when a person looks at tools from elsewhere, adds them or removes them."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import gradio as gr

from agent_core import GlassboxError
from agent_core.integrations.hub.loading import escape_invisible
from ui.config import Config
from ui.inputs import check_key
from ui.settings.settings import FIELDS, restore
from ui.tool_sources.locations import read_location
from ui.tool_sources.offers import ToolConnections
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.preview import look_at
from ui.tool_sources.shipped_tools import TOOLS, label_of
from ui.tool_sources.source_texts import about_added, about_found
from ui.tool_sources.tool_source import MOST_SOURCES, ToolSource, read_sources
from ui.view import toasts
from ui.view.escaping import escape
from ui.view.titles import in_words

MOST_SWITCHED_ON = 30  # tools of one source that are on from the start

Kept = list[str]
"""The sources from which tools were added, each as the text that the browser keeps."""


class ToolSourceHandlers:
    """The handlers of adding and removing tools.

    Args:
        config: says whether strangers use the app.
        owner: whose tools stand among the others.
    """

    def __init__(self, config: Config, owner: OwnerTools) -> None:
        self._config = config
        self._owner = owner

    def restore(self, browser: dict[str, Any] | None) -> list[Any]:
        """Return the settings form's values as the browser kept them, the two lists with what can be chosen there."""
        values = dict(zip(FIELDS, restore(browser), strict=True))
        values["added"], values["tools"] = self.lists(values["added"], values["tools"])
        return list(values.values())

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
        self, looked_at: str, location: str | None, key: str | None, keys: dict[str, str], kept: Kept, on: list[str]
    ) -> list[Any]:
        """Add what was found; what was added from there before gives way.

        Args:
            looked_at: what was found, as text; "" for nothing.
            location: what is typed in by now. A key beside another address is for that one.
            key: of the MCP server, as it is typed in by now.
            keys: those of the servers that were added, by their addresses.
            kept: the sources that were added.
            on: the names of the tools that are switched on.

        Returns:
            Updates of the list of what was added, of the list of tools, of what is typed in, and of the keys.
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
        if len(others) >= MOST_SOURCES:
            raise toasts.error(f"Tools can come from {MOST_SOURCES} places. Remove one first.")
        toasts.inform(about_added(source, MOST_SWITCHED_ON))
        lists = self.lists([*others, source], [*on, *source.names[:MOST_SWITCHED_ON]])
        keys = {other.location: keys[other.location] for other in others if other.location in keys}
        return [*lists, "", gr.update(value="", visible=False), {**keys, source.location: (key or "").strip()}]

    def removed(self, kept: Kept, on: list[str]) -> list[Any]:
        """Return updates of the two lists after something was removed from the first."""
        return self.lists(read_sources(kept), on)

    async def owners(self, browser: dict[str, Any] | None) -> list[str]:
        """Return the names of the owner's tools that are on: all but those that were switched off. Waits for them."""
        names = [tool.name for tool in await self._owner.tools()]
        remembered = browser.get("tools") if isinstance(browser, dict) else None
        return [name for name in names if name in remembered] if isinstance(remembered, list) else names

    def with_owners(self, kept: Kept, on: list[str], names: list[str]) -> list[Any]:
        """Return updates of the two lists, as they are by now, once the owner's tools are there.

        Args:
            kept: the sources that were added.
            on: the names of the other tools that are on.
            names: of the owner's tools that are on.
        """
        return self.lists(read_sources(kept), [*on, *names])

    def lists(self, sources: Sequence[ToolSource], on: Sequence[str]) -> list[Any]:
        """Return updates of the list of what was added, and of the list of tools, where it stands beside the others."""
        shown = [(source.label, source.encoded()) for source in sources]
        choices = [(label_of(tool.name), tool.name) for tool in TOOLS]
        choices += [(f"{in_words(tool.name)} (this page's)", tool.name) for tool in self._owner.known]
        choices += [
            (f"{in_words(name)} ({source.short_location})", name) for source in sources for name in source.names
        ]
        return [
            gr.update(choices=shown, value=[value for _, value in shown], visible=bool(shown)),
            gr.update(choices=choices, value=[name for _, name in choices if name in on]),
        ]

    def _names(self, kept: Kept, location: str) -> list[str]:
        """The names that tools from this location cannot have."""
        others = [source for source in read_sources(kept) if source.location.lower() != read_location(location).lower()]
        own = [tool.name for tool in (*TOOLS, *self._owner.known)]
        return [*own, *(name for source in others for name in source.names)]


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

"""Presets: settings under a name. Some come with the page (presets.toml); a person's own are kept by the browser."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_core import GlassboxError
from ui.config import Config
from ui.settings.kept import collect, restored
from ui.settings.limits import default_settings
from ui.settings.settings import FIELDS, NUMBERS
from ui.texts import words
from ui.texts.numbers import number
from ui.tool_sources.shipped_tools import TOOLS, label_of

Values = Mapping[str, Any]
"""What a preset sets: settings by name, and "tools" as {name of the tool: whether it is on}."""

STANDARD, CUSTOM = "standard", ""
MOST_PRESETS, LONGEST_NAME = 30, 60
_FILE = Path(__file__).with_name("presets.toml")
_OWN_FIELDS = tuple(name for name in FIELDS if name not in ("tools", "added"))


class Presets:
    """The presets, and what becomes of the settings when one is chosen.

    Args:
        config: What the app's owner allows; a preset never goes beyond it.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        written = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        default = default_settings(config)
        named = {name for values in written.values() for name in values} - {"tools"}
        standard = {name: getattr(default, name) for name in named}
        standard["tools"] = {tool.name: True for tool in TOOLS}
        self._shipped: dict[str, Values] = {STANDARD: standard, **written}

    def names(self, kept: Any) -> list[str]:
        """Return the names of all presets: those of the page, then those that the browser keeps."""
        return [*self._shipped, *own_presets(kept)]

    def label_of(self, name: str) -> str:
        """Return a preset's name for people."""
        return words(f"presets.{name}") if name in self._shipped else name

    def apply(self, name: str, kept: Any, listed: Sequence[str], settings: Values) -> dict[str, Any]:
        """Return the settings as they are with a preset.

        Args:
            name: The preset. If there is none of this name, nothing changes.
            kept: What the browser keeps.
            listed: The names of the tools that can be switched on.
            settings: All settings as they are now, by name.
        """
        preset = self._find(name, kept)
        changed = {field: restored(field, preset, self._config) for field in _OWN_FIELDS if field in preset}
        switched = preset.get("tools")
        if isinstance(switched, dict):
            on = settings["tools"] or []
            changed["tools"] = [tool for tool in listed if switched.get(tool, tool in on)]
        return {**settings, **changed}

    def match(self, kept: Any, listed: Sequence[str], settings: Values, chosen: str = CUSTOM) -> str:
        """Return the name of a preset that the settings are like, the chosen one if it is; CUSTOM if there is none."""
        names = self.names(kept)
        for name in [chosen, *names] if chosen in names else names:
            if not describe_changes(settings, self.apply(name, kept, listed, settings)):
                return name
        return CUSTOM

    def save(self, name: str | None, kept: Any, listed: Sequence[str], *values: Any) -> dict[str, Any]:
        """Return what the browser should keep, with the settings as a preset of this name.

        Raises:
            GlassboxError: The name cannot be used, or there are too many presets.
        """
        name, own = " ".join((name or "").split()), own_presets(kept)
        if not name or len(name) > LONGEST_NAME:
            raise GlassboxError(words("presets.type_name", most=LONGEST_NAME))
        if name in {*self._shipped, *map(self.label_of, self._shipped)}:
            raise GlassboxError(words("presets.of_page", name=name))
        if name not in own and len(own) >= MOST_PRESETS:
            raise GlassboxError(words("presets.too_many", count=MOST_PRESETS))
        settings = collect(*values)
        preset = {field: settings[field] for field in _OWN_FIELDS}
        preset["tools"] = {tool: tool in (settings["tools"] or []) for tool in listed}
        others = {other: kept_values for other, kept_values in own.items() if other != name}
        return {**(kept if isinstance(kept, dict) else {}), "presets": {**others, name: preset}}

    def _find(self, name: str, kept: Any) -> Values:
        return self._shipped.get(name) or own_presets(kept).get(name) or {}


def own_presets(kept: Any) -> dict[str, Values]:
    """Return the presets that the browser keeps, by name. What is none is left out."""
    presets = kept.get("presets") if isinstance(kept, dict) else None
    if not isinstance(presets, dict):
        return {}
    own = {name: values for name, values in presets.items() if isinstance(name, str) and isinstance(values, dict)}
    return dict(list(own.items())[:MOST_PRESETS])


def without_preset(name: str | None, kept: Any) -> dict[str, Any]:
    """Return what the browser should keep, without a preset. Raises GlassboxError if the person has none so named."""
    own = own_presets(kept)
    name = " ".join((name or "").split())
    if name not in own:
        raise GlassboxError(words("presets.type_own"))
    return {**kept, "presets": {other: values for other, values in own.items() if other != name}}


def describe_changes(before: Values, after: Values) -> str:
    """Return in a line what differs between two sets of settings; "" if nothing does."""
    changes = [_change(name, before[name], after[name]) for name in _OWN_FIELDS if before[name] != after[name]]
    on = [label_of(tool) for tool in after["tools"] or [] if tool not in (before["tools"] or [])]
    off = [label_of(tool) for tool in before["tools"] or [] if tool not in (after["tools"] or [])]
    changes += [words("changed.on", tool=tool) for tool in on] + [words("changed.off", tool=tool) for tool in off]
    return ", ".join(changes)


def _change(name: str, before: Any, after: Any) -> str:
    title = words(f"changed.{name}")
    if name in NUMBERS and isinstance(before, int):
        return f"{title} {number(before)} → {number(after)}"
    return f"{title}: {words(f'changed.agent_{after}')}" if name == "agent" else title

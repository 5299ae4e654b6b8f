"""The settings as a browser keeps them: by name, but the tools as those that are switched off; and presets beside."""

from collections.abc import Mapping
from typing import Any

from agent_core import GlassboxError
from ui.code_running import runs_code
from ui.config import Config
from ui.settings.limits import default_settings, most_of
from ui.settings.settings import FIELDS, read_settings
from ui.tool_sources.source_handlers import ToolSourceHandlers
from ui.tool_sources.switches import switched_off


def collect(*values: Any) -> dict[str, Any]:
    """Return the values of the settings form by name."""
    return dict(zip(FIELDS, values, strict=True))


def keep(kept: Any, listed: list[str], *values: Any) -> dict[str, Any]:
    """Return what the browser should keep.

    Args:
        kept: What it has kept until now.
        listed: The names in the list of tools.
        values: The values of the form.
    """
    settings = collect(*values)
    on = settings.pop("tools") or []
    others = {name: kept[name] for name in ("presets",) if isinstance(kept, dict) and name in kept}
    return {**settings, "tools_off": switched_off(kept, listed, on), **others}


def restore(kept: Any, config: Config) -> list[Any]:
    """Return the values of the settings form as the browser kept them; the default for each that cannot be used.

    Args:
        kept: What the browser kept.
        config: The owner's settings. A limit above what they allow becomes what they allow.
    """
    return [restored(name, kept if isinstance(kept, dict) else {}, config) for name in FIELDS]


def restore_form(kept: Any, *, tool_sources: ToolSourceHandlers, config: Config) -> list[Any]:
    """Return updates of the settings form, and the names in its list of tools.

    Args:
        kept: What the browser kept.
        tool_sources: Makes the two lists of tools.
        config: The owner's settings.
    """
    values = collect(*restore(kept, config))
    values["added"], values["tools"], listed = tool_sources.restore(kept)
    return [*values.values(), listed]


def restored(name: str, kept: Mapping[str, Any], config: Config) -> Any:
    """Return one value of the settings form as it was kept; the default if it cannot be used.

    Args:
        name: The setting.
        kept: Settings as they were kept.
        config: The owner's settings. A limit above what they allow becomes what they allow. Where no code runs, there
            is only the agent that calls tools.
    """
    default, most = getattr(default_settings(config), name), most_of(name, config)
    if name == "agent" and not runs_code(config):
        return default
    try:
        value = getattr(read_settings({name: kept[name]}), name) if name in kept else default
    except GlassboxError:  # the browser kept it in the middle of an edit, or from an older version of the page
        return default
    return value if most is None else min(value, most)

"""Presets: what they change, within what the owner allows, and those that a person saves."""

from typing import Any

import pytest

from agent_core import GlassboxError
from ui.config import Config
from ui.settings.kept import collect, keep, restore
from ui.settings.presets import MOST_PRESETS, STANDARD, Presets, describe_changes, own_presets, without_preset
from ui.settings.settings import FIELDS, Settings, read_settings
from ui.tool_sources.shipped_tools import TOOLS

HOME = Config()
SHIPPED = [tool.name for tool in TOOLS]
LISTED = [*SHIPPED, "mine"]
PRESETS = Presets(HOME)


def settings(**changed: Any) -> dict[str, Any]:
    return collect(*restore({}, HOME)) | changed


@pytest.mark.parametrize("name", PRESETS.names(None))
def test_each_preset_can_be_used_and_is_found_again(name):
    after = PRESETS.apply(name, None, LISTED, settings())
    assert read_settings(after) == Settings(**after)
    assert PRESETS.match(None, LISTED, after) == name
    assert PRESETS.apply(STANDARD, None, LISTED, after) == settings()


def test_a_preset_leaves_what_it_does_not_name_as_it_is():
    before = settings(source="demo", hosts=["example.org"], tools=["mine"])
    after = PRESETS.apply("data", None, LISTED, before)
    assert (after["source"], after["hosts"], after["tools"]) == ("demo", ["example.org"], ["ask_user", "mine"])
    assert PRESETS.apply("no such preset", None, LISTED, before) == before


def test_a_preset_stays_within_what_the_owner_allows():
    small = Presets(Config(most_step_seconds=60))
    after = small.apply("data", None, LISTED, settings())
    assert after["step_seconds"] == 60 and small.match(None, LISTED, after) == "data"


def test_what_changed_is_said_in_a_line():
    after = PRESETS.apply("quick", None, LISTED, settings(agent="tools"))
    changes = describe_changes(settings(agent="tools"), after)
    assert (
        "Kind of agent: writes code" in changes and "Steps 12 → 5" in changes and "Tokens 200,000 → 50,000" in changes
    )
    assert "Ask you questions off" in changes
    assert describe_changes(after, after) == ""


def test_ones_own_preset_is_kept_beside_the_settings_changed_and_deleted():
    chosen = settings(agent="tools", max_steps=3, tools=["mine"], model="openai/x", temperature=0.3, seed=5)
    kept = PRESETS.save("  My   preset ", {"tools_off": []}, LISTED, *chosen.values())
    kept = keep(kept, LISTED, *restore({}, HOME))
    assert PRESETS.names(kept)[-1] == "My preset"
    assert PRESETS.apply("My preset", kept, LISTED, settings()) == chosen
    changed = PRESETS.save("My preset", kept, LISTED, *settings(max_steps=4).values())
    assert len(own_presets(changed)) == 1
    assert PRESETS.apply("My preset", changed, LISTED, settings())["max_steps"] == 4
    assert own_presets(without_preset("My preset", changed)) == {}


@pytest.mark.parametrize("name", ["", " ", None, "x" * 61, STANDARD, "Quick answers"])
def test_a_name_that_cannot_be_used_is_refused(name):
    with pytest.raises(GlassboxError):
        PRESETS.save(name, {}, LISTED, *settings().values())


def test_there_are_only_so_many_presets():
    kept: dict[str, Any] = {}
    for number in range(MOST_PRESETS):
        kept = PRESETS.save(f"Number {number}", kept, LISTED, *settings().values())
    with pytest.raises(GlassboxError, match="Delete one first"):
        PRESETS.save("One more", kept, LISTED, *settings().values())
    with pytest.raises(GlassboxError, match="name of the preset"):
        without_preset("One more", kept)


@pytest.mark.parametrize(
    "kept", [None, 5, {"presets": 5}, {"presets": {"x": 5, "y": {"max_steps": "many", "tools": 1}}}]
)
def test_whatever_a_browser_kept_nothing_breaks(kept):
    assert PRESETS.match(kept, LISTED, settings()) == STANDARD
    assert PRESETS.apply("y", kept, LISTED, settings())["max_steps"] == 12
    assert set(PRESETS.apply("y", kept, LISTED, settings())) == set(FIELDS)

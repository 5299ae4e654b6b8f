"""What the browser keeps of the settings, and how the form is filled from it."""

from typing import Any

import pytest

from agent_core.integrations.mcp.server import McpServer
from tests.doubles.mcp_server import McpDouble
from ui.config import Config
from ui.settings.kept import keep, restore, restore_form
from ui.settings.settings import FIELDS, Settings
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.shipped_tools import TOOLS
from ui.tool_sources.source_handlers import ToolSourceHandlers

HOME = Config()
SHIPPED = [tool.name for tool in TOOLS]
ADDED = {"kind": "hub", "location": "user/a", "tools": [{"own": "a", "name": "a", "fingerprint": ""}]}


def tools_of(kept: Any, owner: OwnerTools | None = None) -> tuple[list[str], list[str]]:
    """The tools that are on in a form that is filled, and all that are listed there."""
    *values, listed = restore_form(kept, tool_sources=ToolSourceHandlers(HOME, owner or OwnerTools({})), config=HOME)
    return dict(zip(FIELDS, values, strict=True))["tools"]["value"], listed


def kept_with(on: list[str], listed: list[str], kept: Any = None) -> dict[str, Any]:
    return keep(kept, listed, *restore({"tools": on, "source": "demo"}, HOME))


def test_settings_are_kept_and_restored_by_name():
    chosen = Settings(source="litellm", model="openai/x", max_steps=3)
    values = restore(chosen.model_dump(), HOME)
    assert restore(keep({}, [], *values), HOME) == values
    assert restore({"max_steps": "many", "plan_every": 3}, HOME) == restore({"plan_every": 3}, HOME)
    for unusable in ({"max_steps": "many"}, None, {}):
        assert restore(unusable, HOME) == restore(Settings().model_dump(), HOME)


def test_what_requests_say_may_be_blank_and_is_kept_as_well():
    chosen = Settings(temperature=0, top_p=0.5, seed=7, reply_tokens=500)
    values = restore(keep({}, [], *restore(chosen.model_dump(), HOME)), HOME)
    assert values[-4:] == [0, 0.5, 7, 500]
    assert restore({"temperature": 9, "top_p": "", "seed": None, "reply_tokens": "x"}, HOME) == restore({}, HOME)


def test_limits_stay_within_what_the_owner_allows_now():
    def limits(kept: dict[str, Any], config: Config) -> list[int]:
        values = dict(zip(FIELDS, restore(kept, config), strict=True))
        return [values["step_seconds"], values["memory_mb"], values["disk_mb"]]

    small = Config(public=True, most_step_seconds=60, most_memory_mb=1_000, most_disk_mb=100)
    much = {"step_seconds": 3_600, "memory_mb": 2_000, "disk_mb": 10**9}
    assert limits({}, HOME) == limits({"step_seconds": "x", "memory_mb": 0, "disk_mb": -1}, HOME) == [30, 2_048, 512]
    assert limits({}, Config(step_seconds=90)) == [90, 2_048, 512]
    assert limits({}, small) == [30, 1_000, 100]
    assert limits(much, small) == [60, 1_000, 100]
    assert limits(much, HOME) == [3_600, 2_000, 10_000]


def test_a_tool_that_is_new_since_the_settings_were_kept_is_on_and_one_that_was_switched_off_stays_off():
    before = [name for name in SHIPPED if name != "visit_webpage"]
    kept = kept_with([name for name in before if name != "web_search"], before)
    on, listed = tools_of(kept)
    assert listed == SHIPPED
    assert on == [name for name in SHIPPED if name != "web_search"]


def test_of_what_an_older_page_kept_only_the_tools_that_were_on_are_on():
    on, _ = tools_of({"tools": ["ask_user", "a"], "added": [ADDED]})
    assert on == ["ask_user", "a"]


def test_an_added_tool_that_was_switched_off_stays_off():
    kept = kept_with(SHIPPED, [*SHIPPED, "a"]) | {"added": [ADDED]}
    assert tools_of(kept) == (SHIPPED, [*SHIPPED, "a"])


async def test_a_tool_of_the_owner_stays_off_though_its_server_was_down_when_the_settings_were_kept():
    with McpDouble() as server:
        owner = OwnerTools({"double": McpServer(server.url)})
        first, *others = [tool.name for tool in await owner.tools()]
        kept = kept_with([*SHIPPED, *others], [*SHIPPED, first, *others])
        kept = kept_with(SHIPPED, SHIPPED, kept)
        assert tools_of(kept, owner)[0] == [*SHIPPED, *others]
        await owner.aclose()


@pytest.mark.parametrize("kept", [None, 5, [], {"tools_off": 5}, {"tools_off": [[], {}, None]}, {"tools": "x"}])
def test_whatever_a_browser_kept_the_form_has_its_tools(kept):
    assert tools_of(kept) == (SHIPPED, SHIPPED)
    assert keep(kept, SHIPPED, *restore({}, HOME))["tools_off"] == []

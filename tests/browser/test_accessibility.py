"""What a screen reader meets: axe-core finds nothing serious on the page, in any of its states."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import judge
from tests.browser.visitor import DESK, PHONE, Visitor, code
from tests.doubles.openai_server import Reply

WRITES = code("# Square them\nimport pandas as pd\npd.DataFrame({'square': [n * n for n in range(4)]})")
ASKS = code("# Ask the net\nimport socket")
FAILS = code("# Divide\n1 / 0")
ANSWER = Reply('They **grow**.\n\n| n | square |\n|--:|--:|\n| 2 | 4 |\n\n```json\n{"square": 4}\n```\n')
SLOWLY = Reply("A long answer, word by word, which goes on. " * 60, delay=0.3)


def judge_all(visitor: Visitor) -> list[str]:
    """What is serious, and in the dark, where only the colours are others."""
    found = judge(visitor)
    visitor.set_colours("dark")
    found += judge(visitor, runOnly=["color-contrast"])
    visitor.set_colours("light")
    return found


@pytest.mark.parametrize("options", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_serious_is_found_in_any_state(visit: Callable[..., Visitor], serve, options: dict[str, Any]):
    server = serve([WRITES, FAILS, ANSWER, ASKS, "Done.", SLOWLY])
    visitor = visit(**options)
    assert judge_all(visitor) == [], "as it opens"
    visitor.page.get_by_role("button", name="Paste a key").click()
    expect(visitor.page.get_by_role("option", name="Automatic")).to_be_attached()
    assert judge_all(visitor) == [], "while a model is chosen"
    visitor.page.keyboard.press("Escape")
    visitor.connect(server)
    assert judge_all(visitor) == [], "with the settings"
    visitor.get_answer("Square them.")
    assert judge_all(visitor) == [], "with an answer"
    for title in visitor.steps.locator(".title").all():
        title.click()
    assert judge_all(visitor) == [], "with open steps"
    visitor.ask("Ask the net.")
    expect(visitor.page.locator("#live .option")).to_have_count(3)
    assert judge_all(visitor) == [], "while it asks"
    visitor.page.get_by_role("button", name="No", exact=True).click()
    visitor.wait_until_done()
    visitor.ask("Go on.")
    expect(visitor.chat).to_contain_text("word by word")
    assert judge_all(visitor) == [], "while it writes"
    visitor.stop()
    assert judge_all(visitor) == [], "once it has stopped"

"""What a screen reader would meet, as axe-core judges it."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visitor import Visitor


def judge(visitor: Visitor, **options: Any) -> list[str]:
    """Return what axe-core finds serious or critical, each with its first place. options: of axe-core."""
    visitor.let_settle()
    return judge_page(visitor.page, **options)


def judge_page(page: Page, **options: Any) -> list[str]:
    """Return the same for a page that is none of a visitor's."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{rule['id']}: {rule['help']} ({len(rule['nodes'])}): {rule['nodes'][0]['html'][:300]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]

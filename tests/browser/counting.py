"""An agent that counts, by which a test sees what its code had run before; and the buttons below its turns."""

from playwright.sync_api import Locator

from tests.browser.visitor import Visitor, code

COUNT = "n = globals().get('n', 0) + 1\nopen('log.txt', 'a').write(f'{n} ')\nprint('n is', n, open('log.txt').read())"


def count(body: dict) -> str:
    """Count one further, and say how far."""
    last = str(body["messages"][-1]["content"])
    return f"Now {last[last.index('n is') :].splitlines()[0]}." if "n is" in last else code(COUNT)


def button(visitor: Visitor, name: str, turn: int = 0) -> Locator:
    return visitor.page.locator("#history").get_by_role("button", name=name, exact=True).nth(turn)

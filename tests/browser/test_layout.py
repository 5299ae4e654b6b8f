"""The page on a desk, on a phone and in the dark. Each leaves screenshots in build/screenshots to be looked at."""

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import COVERS_COMPOSER, DESK, PHONE, Visitor, code, keep_screenshot

TABLE_AND_PLOT = [
    code("# Square them\nimport pandas as pd\nsquares = pd.DataFrame({'square': [n * n for n in range(9)]})\nsquares"),
    code("# Draw the squares\nsquares.plot()\nfinal_answer('They grow **faster and faster**.')"),
]
WIDE_STEP = code(
    "import pandas as pd\nprint('word ' * 200)\nprint('x' * 2_000)\n"
    "pd.DataFrame([[f'value {row} {column}' for column in range(12)] for row in range(3)])\n"
)
WIDE_ANSWER = f"`{'y' * 400}` https://example.org/{'z' * 300}"

BRIGHTNESS = """() => {
    const pixel = document.createElement("canvas").getContext("2d");
    pixel.fillStyle = getComputedStyle(document.body).backgroundColor;
    pixel.fillRect(0, 0, 1, 1);
    return Math.max(...pixel.getImageData(0, 0, 1, 1).data.slice(0, 3));
}"""


def look_at_a_step(visitor: Visitor, name: str) -> None:
    """With an answer on the page: see that it fits, and open its steps and the first one."""
    expect(visitor.answers.last).to_be_in_viewport()
    expect(visitor.question).to_be_in_viewport()
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, f"{name}-answer")
    visitor.open_steps()
    title = visitor.steps.locator(".title").first
    title.click()
    expect(visitor.steps.locator("pre").first).to_be_in_viewport()
    keep_screenshot(visitor, f"{name}-step")
    expect(title).to_be_in_viewport()
    assert not visitor.scrolls_sideways()
    assert visitor.page.evaluate(COVERS_COMPOSER) is None


def test_on_a_desk(visit):
    visitor = visit(**DESK)
    assert visitor.page.evaluate(BRIGHTNESS) > 200
    expect(visitor.page.locator("#ways-on")).to_be_visible()
    keep_screenshot(visitor, "desk-welcome")
    visitor.get_answer("How does $100 a month grow over 30 years at 5% interest? Draw it.")
    look_at_a_step(visitor, "desk")
    for section in ("adding", "reach", "limits", "prompt"):
        visitor.open_section(section)
    visitor.page.locator("#source").scroll_into_view_if_needed()
    expect(visitor.page.locator("#source")).to_be_in_viewport(ratio=1)
    keep_screenshot(visitor, "desk-settings")


def test_in_the_dark(visit, serve):
    visitor = visit(**DESK, color_scheme="dark")
    assert visitor.page.evaluate(BRIGHTNESS) < 60
    keep_screenshot(visitor, "dark-welcome")
    visitor.connect(serve(TABLE_AND_PLOT))
    visitor.get_answer("Draw the squares.")
    look_at_a_step(visitor, "dark")


def test_on_a_phone(visit, serve):
    visitor = visit(**PHONE)
    keep_screenshot(visitor, "phone-welcome")
    visitor.open_settings()
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "phone-settings")
    visitor.connect(serve(TABLE_AND_PLOT))
    visitor.get_answer("Draw the squares.")
    look_at_a_step(visitor, "phone")


@pytest.mark.parametrize("width", [390, 1280])
def test_wide_content_scrolls_inside_its_step(visit, serve, width: int):
    visitor = visit(viewport={"width": width, "height": 844})
    visitor.connect(serve([WIDE_STEP, WIDE_ANSWER]))
    visitor.get_answer("w" * 500)
    visitor.open_steps()
    visitor.steps.locator(".title").click()
    expect(visitor.steps.locator("pre").first).to_be_visible()
    expect(visitor.answers.locator("table").first).to_be_visible()
    keep_screenshot(visitor, f"wide-{width}")
    assert not visitor.scrolls_sideways()

"""The page in another language than English, texts from right to left, and 200 % zoom."""

import re
import tomllib
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import DESK, PHONE, STILL, Visitor, code, keep_screenshot
from tests.support import ROOT

GERMAN: dict[str, Any] = {"locale": "de-DE"}
ZOOMED: dict[str, Any] = STILL | {"viewport": {"width": 640, "height": 430}, "device_scale_factor": 2}
ARABIC = "ما هو الجذر التكعيبي للعدد 27؟"
ANSWER = """## الجواب

الجذر التكعيبي هو **3**.

- أولاً
- ثانياً

> اقتباس

| اسم | قيمة |
|---|---|
| س | 3 |

```text
x = 3
```"""
# All that can be seen or is read out, in lines.
_SAID = """() => {
    const isSeen = part => part.checkVisibility() && !part.closest("[inert]");
    const names = ["aria-label", "title", "placeholder", "label"];
    const seen = [...document.querySelectorAll("body *")].filter(isSeen);
    const named = seen.flatMap(part => names.map(name => part.getAttribute(name)));
    return [...document.body.innerText.split("\\n"), ...named].map(text => text?.trim()).filter(Boolean);
}"""


def _words(language: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "ui" / "texts" / language / "words.toml").read_text(encoding="utf-8"))


def _flat(words: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat = {}
    for name, entry in words.items():
        flat |= _flat(entry, f"{prefix}{name}.") if isinstance(entry, dict) else {prefix + name: entry}
    return flat


def english_lines(visitor: Visitor) -> list[str]:
    """What the page says in English words that German has others for."""
    english, german = _flat(_words("en")), _flat(_words("de"))
    told = [text for name, text in english.items() if text and text not in german.values()]
    patterns = [re.sub(r"\\\{\w+\\\}", r"\\S+", re.escape(text)) for text in told if re.search(r"[A-Za-z]{2}", text)]
    is_english = re.compile("|".join(patterns))
    return [line for line in visitor.page.evaluate(_SAID) if is_english.fullmatch(line)]


@pytest.mark.parametrize("options", [DESK, PHONE, DESK | {"color_scheme": "dark"}], ids=["desk", "phone", "dark"])
def test_a_german_page_is_german_in_all_its_states(visit, serve, options, request):
    name = request.node.callspec.id
    server = serve([code("import socket"), code("final_answer(6 * 7)")])
    visitor = visit(**options | GERMAN)
    page = visitor.page
    assert page.evaluate("document.documentElement.lang") == "de"
    expect(visitor.question).to_have_attribute("placeholder", "Frage stellen")
    assert english_lines(visitor) == []
    keep_screenshot(visitor, f"german-first-{name}")
    visitor.connect(server)
    visitor.ask("Was ist sechs mal sieben?")
    option = page.locator("#live .option").first
    expect(option).to_have_text("Einmal erlauben")
    expect(visitor.doing).to_have_text("Wartet auf Ihre Entscheidung")
    assert english_lines(visitor) == []
    keep_screenshot(visitor, f"german-asking-{name}")
    page.locator("#live .option", has_text="Nein").click()
    visitor.wait_until_done()
    expect(visitor.work).to_have_text(re.compile(r"2 Schritte · \d+ s"))
    expect(page.locator("#meter")).to_contain_text("2 Anfragen")
    visitor.open_steps()
    assert english_lines(visitor) == []
    keep_screenshot(visitor, f"german-answer-{name}")
    visitor.open_section("reach")
    assert english_lines(visitor) == []
    keep_screenshot(visitor, f"german-settings-{name}")
    visitor.close_panel()
    page.locator("#model-chip").click()
    expect(page.locator("#model-picker .note")).to_have_text(re.compile(r"\d+ Modelle"))
    assert english_lines(visitor) == []
    assert not visitor.scrolls_sideways()


def test_two_people_see_one_chat_each_in_their_language(visit):
    visitor = visit(**DESK)
    visitor.get_answer("What is the cube root of 27?")
    expect(visitor.chat.locator(".copies a").first).to_have_text("Copy")
    other = visit(**DESK | GERMAN)
    other.context.add_cookies(visitor.context.cookies())
    other.page.goto(visitor.page.url)
    expect(other.chat.locator(".copies a").first).to_have_text("Kopieren")
    expect(other.work).to_contain_text("1 Schritt")
    visitor.reload()
    expect(visitor.work).to_contain_text("Worked in 1 step")


def test_arabic_reads_from_right_to_left_and_code_from_left_to_right(visit, serve):
    server = serve([ANSWER])
    visitor = visit(**DESK)
    visitor.connect(server)
    visitor.question.fill(ARABIC)
    expect(visitor.question).to_have_css("direction", "rtl")
    visitor.get_answer(ARABIC)
    for selector in (
        "[data-testid=user] p",
        *(f"[data-testid=bot] {tag}" for tag in ("h2", "p", "ul", "blockquote", "table")),
    ):
        expect(visitor.page.locator(f"#history {selector}").first).to_have_css("direction", "rtl")
    expect(visitor.page.locator("#history [data-testid=bot] pre").first).to_have_css("direction", "ltr")
    expect(visitor.page.locator("#chats .title").first).to_have_css("direction", "rtl")
    keep_screenshot(visitor, "arabic")


def test_at_200_percent_all_can_be_reached(visit, serve):
    server = serve([code("import socket"), code("final_answer(6 * 7)")])
    visitor = visit(**ZOOMED | GERMAN)
    page = visitor.page

    def fits(state: str) -> None:
        keep_screenshot(visitor, f"zoomed-{state}")
        assert not visitor.scrolls_sideways(), state
        assert page.locator("#composer").bounding_box()["height"] <= 215, state  # type: ignore[index]

    fits("first")
    visitor.connect(server)
    visitor.ask("Was ist sechs mal sieben?")
    options = page.locator("#live .option")
    expect(options).to_have_count(3)
    fits("asking")
    for option in options.all():
        option.scroll_into_view_if_needed()
        option.click(trial=True)  # nothing lies over it
    options.first.click()
    visitor.wait_until_done()
    fits("answer")
    visitor.open_settings()
    fits("settings")
    page.locator("#advanced > button").scroll_into_view_if_needed()
    page.locator("#advanced > button").click(trial=True)
    visitor.close_panel()
    page.locator("#model-chip").click()
    for button in page.locator("#model-picker .foot button").all():
        expect(button).to_be_in_viewport(ratio=1)
    expect(page.locator("#model-picker .row").first).to_be_in_viewport()
    fits("picker")

"""The replay of a chat, as whoever was given the file opens it: from the disk, without any network."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from agent_core.events import Event, FinalAnswer, RunFinished, RunStarted, StepStarted
from agent_core.execution import Display
from tests.browser.visitor import DESK, PHONE, SCREENSHOTS, STILL
from tests.ui.exports.support import DEMO, HOSTILE, demo_chat, hostile_chat
from ui.exports import export

FORMULAS = r"With \(p = -b\) and \(q = c\):" "\n\n" r"$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$"
LOADED = ("a.css", "b.css", "c.png")
ATTACK = (
    "<script>document.title = 'taken'</script><img src='nothing.png' onerror=\"document.title = 'taken'\">"
    "<link rel='stylesheet' href='a.css'><style>@import url('b.css'); main { background: url('c.png') }</style>"
    "<iframe srcdoc='<script>parent.document.title = `taken`</script>'></iframe>"
    "<base href='https://tracker.example/'><a target='_self' href=\"javascript:document.title = 'taken'\">press</a>"
)
OPEN = "#controls:not([hidden])"


@pytest.fixture
def replay(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the replay of a chat in a browser without network. What it asks for, or logs, fails the test."""
    contexts, asked, logged = [], list[str](), list[str]()

    def open_file(events: list[Event], title: str = "Savings", **options: Any) -> Page:
        context = browser.new_context(**STILL | options)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: logged.append(message.text))
        page.on("pageerror", lambda error: logged.append(str(error)))
        file = tmp_path / "chat.html"
        file.write_bytes(export("html", title, events).content)
        page.goto(file.as_uri())
        expect(page.locator(OPEN)).to_be_visible()
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert logged == []


def test_a_run_is_stepped_through_by_keyboard(replay: Callable[..., Page]):
    page = replay(demo_chat(DEMO[1:2]), **DESK)
    parts, where = page.locator(".part:visible"), page.locator("#where")
    expect(parts).to_have_text([f"Question{DEMO[1]}"])
    expect(page.get_by_role("button", name="Back")).to_be_disabled()
    page.keyboard.press("ArrowRight")
    expect(parts.last).to_contain_text("I let the savings grow")
    expect(where).to_have_text("2 of 8 · Step 1, thought")
    page.keyboard.press("ArrowRight")
    expect(parts.last.locator(".kn").first).to_have_text("import")
    page.keyboard.press("ArrowRight")
    expect(parts.last.get_by_role("cell", name="83572.64")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(parts).to_have_count(3)
    page.keyboard.press("End")
    expect(parts.last).to_contain_text("$83,573")
    expect(parts.last).to_be_in_viewport()
    expect(page.get_by_role("button", name="Step")).to_be_disabled()
    picture = page.get_by_alt_text("A picture made by the code")
    assert picture.evaluate("image => image.naturalWidth") > 100
    page.keyboard.press("Home")
    expect(parts).to_have_count(1)


def test_it_plays_pauses_and_ends(replay: Callable[..., Page]):
    page = replay(demo_chat(DEMO[:1]), **DESK)
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    parts, play = page.locator(".part:visible"), page.locator("#play")
    page.get_by_label("Speed").select_option("4")
    page.locator("h1").click()  # else the list of speeds would take the key
    page.keyboard.press(" ")
    expect(play).to_have_text("Pause")
    page.clock.run_for(700)
    expect(parts).to_have_count(2)
    page.keyboard.press(" ")
    expect(play).to_have_text("Play")
    page.clock.run_for(60_000)
    expect(parts).to_have_count(2)
    play.click()
    page.clock.run_for(60_000)
    expect(play).to_have_text("Play")
    expect(parts.last).to_contain_text("The cube root of 27 is 3")
    play.click()
    expect(parts).to_have_count(1)


def test_nothing_in_a_chat_runs_or_leaves_its_place(replay: Callable[..., Page]):
    page = replay(hostile_chat(), HOSTILE)
    page.keyboard.press("End")
    assert page.title().startswith("<script>document.title = 'taken'")
    assert page.locator("script").count() == 1
    assert page.locator("iframe, svg, form, object, embed, main style, [onclick], [onerror], [onload]").count() == 0
    assert page.locator("main > .part").count() == page.locator(".part").count() > 10
    assert page.locator("a[href]:not([href^='https:'])").count() == 0
    assert page.locator("img[src]").evaluate_all("all => all.every(image => image.src.startsWith('data:image/'))")
    assert page.locator("td").evaluate("cell => [cell.style.color, cell.style.position]") == ["red", ""]
    expect(page.locator("main")).to_be_visible()


def test_the_policy_holds_what_the_cleaning_might_miss(browser: Browser, tmp_path: Path):
    file, loaded = tmp_path / "chat.html", list[str]()
    for name in LOADED:
        (tmp_path / name).touch()
    html = export("html", "Savings", demo_chat(DEMO[:1])).content.decode()
    file.write_text(html.replace("</main>", f"{ATTACK}</main>"))
    page = browser.new_page()
    page.on("requestfinished", lambda request: loaded.append(Path(request.url).name))
    page.goto(file.as_uri())
    expect(page.locator(OPEN)).to_be_visible()
    page.get_by_text("press").click()
    assert page.title() == "Savings"
    assert loaded == ["chat.html"]
    file.write_text(re.sub("<meta http-equiv[^>]*>", "", html).replace("</main>", f"{ATTACK}</main>"))
    page.goto(file.as_uri())
    assert page.title() == "taken"  # so these are ways in, without the policy
    assert set(LOADED) <= set(loaded)
    page.close()


def test_formulas_are_drawn(replay: Callable[..., Page]):
    answer = Display({"text/plain": "", "text/markdown": FORMULAS})
    page = replay([RunStarted("Solve it"), StepStarted(1), FinalAnswer(answer), RunFinished("answer")], **DESK)
    page.keyboard.press("End")
    fraction = page.locator("math[display=block] mfrac")
    expect(fraction).to_be_visible()
    box = fraction.bounding_box()
    assert box and box["height"] > 30  # its parts stand above each other
    page.screenshot(path=SCREENSHOTS / "replay-formulas.png")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_it_looks_well(replay: Callable[..., Page], device: dict[str, Any], dark: bool):
    page = replay(demo_chat(), "Savings, roots and bitcoins", color_scheme="dark" if dark else "light", **device)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number in (4, 8, 25):
        page.locator("#position").evaluate("(bar, number) => bar.value = number", number)
        page.locator("#position").dispatch_event("input")
        expect(page.locator(".current")).to_be_in_viewport()
        name = f"replay-{'phone' if device is PHONE else 'desk'}-{'dark' if dark else 'light'}-{number}.png"
        page.screenshot(path=SCREENSHOTS / name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(_UNREADABLE) == []


# The texts whose contrast with what they stand on is below 4.5, by the formula of WCAG 2.
_UNREADABLE = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => channels(colour).slice(0, 3).map((part) => part / 255)
        .map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [.2126, .7152, .0722][index], 0);
    const behind = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return channels(colour)[3] === 0 && element.parentElement ? behind(element.parentElement) : colour;
    };
    const ownText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    return [...document.querySelectorAll("body *:not(:disabled, script)")].filter(ownText).filter((element) => {
        const both = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
        return (both[0] + .05) / (both[1] + .05) < 4.5;
    }).map((element) => element.outerHTML.slice(0, 100));
}"""

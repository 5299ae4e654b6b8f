"""The column of chats, with a keyboard, a mouse and a finger. It leaves screenshots in build/screenshots."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.chat_column import Column
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.support import App

TITLES = ["How far is the moon?", "Sales of May", "Rain in Zürich", "Primes below 100", "A poem", "Bitcoin and gold"]

# Changes the address to a chat's, again if the page still follows an earlier click. Returns whether the list marks it.
GO_THERE = """id => {
    if (!location.search.includes(id)) history.pushState(null, "", `?chat=${id}`);
    return document.querySelector("nav#chats li > a").getAttribute("aria-current") === "page";
}"""


@pytest.fixture
def column(revisit: Callable[..., Visitor], app: App) -> Iterator[Callable[..., Column]]:
    """Opens the page with the column, whose chats may be those of the test before until it has its own."""
    yield lambda **options: Column(revisit(**(options or DESK)), app)


def test_chats_stand_under_days_and_are_links(column):
    desk = column()
    desk.seed(TITLES, days=1)
    assert desk.nav.get_by_role("heading").all_inner_texts() == ["Today", "Yesterday", "Previous 7 days"]
    desk.seed(TITLES, days=40)
    headings = desk.nav.get_by_role("heading").all_inner_texts()
    assert headings[0] == "Today" and all(re.fullmatch(r"[A-Z][a-z]+ 20\d\d", heading) for heading in headings[1:])
    assert desk.titles() == TITLES
    for link in desk.links.all():
        assert re.fullmatch(r"\?chat=[\w-]+", link.get_attribute("href") or "")
    with desk.visitor.context.expect_page() as opened:
        desk.links.nth(2).click(modifiers=["ControlOrMeta"])
    assert opened.value.url.endswith(desk.links.nth(2).get_attribute("href") or "?")
    desk.picture("desk")


def test_the_open_chat_is_marked(column):
    desk = column()
    desk.seed(TITLES)
    address = desk.links.nth(1).get_attribute("href")
    desk.links.nth(1).click()
    desk.page.wait_for_url(f"**/{address}")
    expect(desk.nav.locator("[aria-current=page]")).to_have_attribute("href", address)
    desk.nav.get_by_role("link", name="New chat").click()
    expect(desk.nav.locator("li [aria-current]")).to_have_count(0)
    assert "chat=" not in desk.page.url


def test_whoever_can_show_a_chat_is_asked_first(visit, app):
    desk = Column(visit(**DESK), app)
    desk.seed(TITLES)
    desk.page.evaluate(
        "addEventListener('open-chat', event => { event.preventDefault(); (window.opened ??= []).push(event.detail) })"
    )
    chat_id = (desk.links.first.get_attribute("href") or "").removeprefix("?chat=")
    desk.links.first.click()
    desk.nav.get_by_role("link", name="New chat").click()
    assert desk.page.evaluate("window.opened") == [chat_id, ""]
    desk.page.wait_for_function(GO_THERE, arg=chat_id)


def test_all_goes_by_keyboard(column):
    desk = column()
    desk.seed(TITLES)
    keys = desk.page.keyboard
    desk.search.focus()
    keys.press("Tab")
    expect(desk.links.first).to_be_focused()
    keys.press("ArrowDown")
    expect(desk.links.nth(1)).to_be_focused()
    keys.press("End")
    expect(desk.links.last).to_be_focused()
    keys.press("Home")
    keys.press("Tab")
    dots = desk.nav.get_by_role("button", name=f"Menu of {TITLES[0]}")
    expect(dots).to_be_focused()
    keys.press("Enter")
    expect(desk.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    keys.press("Escape")
    expect(dots).to_be_focused()
    keys.press("Enter")
    keys.press("Enter")
    field = desk.nav.get_by_role("textbox", name="New title")
    expect(field).to_be_focused()
    keys.type("Moon")
    keys.press("Enter")
    expect(desk.links.first).to_be_focused()
    expect(desk.links.first).to_have_text("Moon")
    keys.press("Tab")
    keys.press("Enter")
    keys.press("ArrowUp")
    keys.press("Enter")
    expect(desk.row("Moon")).to_have_count(0)
    expect(desk.links.first).to_be_focused()  # the chat that was below it
    keys.press("Tab")
    keys.press("Tab")
    expect(desk.nav.get_by_role("button", name="Undo")).to_be_focused()
    keys.press("Enter")
    expect(desk.row("Moon").get_by_role("link")).to_be_focused()
    desk.page.reload()
    expect(desk.links.first).to_have_text("Moon")


def test_a_rename_can_be_left_and_is_kept_where_it_is_not(column):
    desk = column()
    desk.seed(TITLES)
    desk.choose("A poem", "Rename")
    desk.page.keyboard.type("Nothing")
    desk.page.keyboard.press("Escape")
    expect(desk.row("A poem")).to_have_count(1)
    desk.choose("A poem", "Rename")
    desk.page.keyboard.type("<img src=x onerror=alert(1)> ${1+1}")
    desk.search.click()
    expect(desk.row("<img src=x onerror=alert(1)> ${1+1}")).to_have_count(1)
    assert desk.nav.locator("img").count() == 0


def test_pinned_chats_stand_at_the_top(column):
    desk = column()
    desk.seed(TITLES)
    desk.choose("A poem", "Pin")
    expect(desk.links.first).to_have_text("A poem")
    assert desk.nav.get_by_role("heading").all_inner_texts() == ["Pinned", "Today"]
    expect(desk.links.first).to_be_focused()
    desk.choose("A poem", "Unpin")
    expect(desk.nav.get_by_role("heading")).to_have_text(["Today"])
    assert desk.titles() == TITLES


def test_a_deletion_can_be_undone_for_ten_seconds(visit, app):
    desk = Column(visit(**DESK), app)
    desk.seed(TITLES)
    desk.page.clock.install()
    desk.choose("A poem", "Delete")
    desk.choose("Sales of May", "Delete")
    undo = desk.nav.locator(".undo p")
    expect(undo).to_have_text([re.compile("Deleted: A poem"), re.compile("Deleted: Sales of May")])
    desk.picture("undo")
    undo.first.get_by_role("button").click()
    expect(desk.row("A poem")).to_have_count(1)
    expect(undo).to_have_count(1)
    desk.page.clock.fast_forward(11_000)
    expect(undo).to_have_count(0)
    assert "Sales of May" not in desk.titles()


def test_deleting_all_asks_first(column):
    desk = column()
    desk.seed(TITLES)
    for answer in ("Cancel", "Delete all"):
        expect(desk.links).to_have_count(len(TITLES))
        desk.nav.get_by_role("button", name="Manage chats").click()
        desk.page.get_by_role("menuitem", name="Delete all my chats").click()
        dialog = desk.page.get_by_role("dialog", name="Delete all your chats?")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        dialog.get_by_role("button", name=answer).click()
        expect(dialog).to_be_hidden()
    expect(desk.note).to_have_text("Your chats will be listed here.")
    expect(desk.links).to_have_count(0)


def test_a_search_shows_the_place_and_empties_with_escape(column):
    desk = column()
    desk.seed(TITLES, text="It takes Apples Number {number} to make a pie")
    desk.search.fill("apples 3")
    expect(desk.links).to_have_count(1)
    expect(desk.note).to_have_text("1 chat found.")
    expect(desk.nav.locator(".found")).to_have_text("it takes apples number 3 to make a pie")
    expect(desk.nav.locator("mark")).to_have_text(["apples", "3"])
    desk.picture("search")
    desk.search.fill("moon")
    expect(desk.links).to_have_text([TITLES[0]])
    desk.search.fill("nowhere")
    expect(desk.note).to_have_text("No chat has these words.")
    desk.search.press("Escape")
    expect(desk.links).to_have_count(len(TITLES))
    expect(desk.search).to_have_value("")
    expect(desk.note).to_be_empty()


def test_tabs_stay_in_step(column):
    desk = column()
    desk.seed(TITLES)
    other = desk.visitor.context.new_page()
    other.goto(desk.page.url)
    expect(other.locator("#chats li")).to_have_count(len(TITLES))
    desk.choose("A poem", "Pin")
    desk.choose("Sales of May", "Delete")
    expect(other.locator("#chats li .title").first).to_have_text("A poem")
    expect(other.locator("#chats li")).to_have_count(len(TITLES) - 1)


def test_what_goes_on_is_marked_and_said(column):
    desk = column()
    states: dict[int, str] = {}

    def answer(route: Any) -> None:
        """Add what goes on to the server's list."""
        chats = route.fetch(headers={**route.request.headers, "if-none-match": ""}).json()
        for at, state in states.items():
            chats[at]["state"] = state
        route.fulfill(json=chats)

    desk.seed(TITLES)
    desk.page.route("**/chats?*", answer)
    states.update({0: "running", 1: "waiting", 2: "running"})
    expect(desk.nav.get_by_role("link", name=f"{TITLES[0]} (Running)")).to_be_visible()
    expect(desk.nav.get_by_role("link", name=f"{TITLES[1]} (Waits for you)")).to_be_visible()
    expect(desk.nav.get_by_role("link", name=f"{TITLES[2]} (Running)")).to_be_visible()
    desk.picture("states")
    states.clear()
    expect(desk.nav.get_by_role("link", name=TITLES[0], exact=True)).to_be_visible()
    desk.page.unroute_all(behavior="ignoreErrors")


def test_an_app_that_is_gone_is_told_of_once_and_the_list_comes_back(column):
    desk = column()
    desk.seed(TITLES)
    desk.page.route("**/chats?*", lambda route: route.abort())
    expect(desk.note).to_contain_text("cannot be read at the moment")
    expect(desk.links).to_have_count(len(TITLES))
    desk.page.unroute_all(behavior="ignoreErrors")
    expect(desk.note).to_be_empty()


def test_on_a_desk_it_folds_away_and_stays_so(column):
    desk = column()
    desk.seed(TITLES)
    expect(desk.toggle).to_have_attribute("aria-expanded", "true")
    left = desk.visitor.question.bounding_box()["x"]
    desk.toggle.click()
    expect(desk.nav).to_be_hidden()
    expect(desk.toggle).to_have_attribute("aria-expanded", "false")
    assert desk.visitor.question.bounding_box()["x"] < left
    desk.picture("folded")
    desk.page.reload()
    expect(desk.toggle).to_have_attribute("aria-expanded", "false")
    expect(desk.nav).to_be_hidden()
    desk.toggle.click()
    expect(desk.nav).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, {"viewport": {"width": 360, "height": 640}}], ids=["phone", "small"])
def test_on_a_phone_it_is_a_drawer(column, size):
    phone = column(**size)
    phone.seed(TITLES)
    expect(phone.nav).to_be_hidden()
    assert not phone.visitor.scrolls_sideways()
    for leave in ("Escape", "beside", "the button"):
        phone.toggle.click()
        expect(phone.toggle).to_have_attribute("aria-expanded", "true")
        expect(phone.nav.get_by_role("link", name="New chat")).to_be_focused()
        expect(phone.page.locator("gradio-app")).to_have_attribute("inert", "")
        phone.picture(f"drawer-{phone.page.viewport_size['width']}")
        if leave == "Escape":
            phone.page.keyboard.press("Escape")
        elif leave == "beside":
            phone.page.mouse.click(phone.page.viewport_size["width"] - 10, 400)
        else:
            phone.toggle.click()
        expect(phone.nav).to_be_hidden()
        expect(phone.toggle).to_be_focused()
        expect(phone.page.locator("gradio-app:not([inert])")).to_have_count(1)
    phone.toggle.click()
    assert not phone.visitor.scrolls_sideways()
    phone.links.nth(1).click()
    phone.page.wait_for_url("**/?chat=*")
    expect(phone.nav).to_be_hidden()


def test_in_the_dark_and_by_contrast(column):
    desk = column()
    desk.seed(TITLES, text="Apples are red")
    desk.search.fill("apples")
    expect(desk.nav.locator("mark")).to_have_count(len(TITLES))
    desk.links.nth(1).focus()
    for scheme in ("dark", "light"):
        desk.visitor.set_colours(scheme)
        desk.picture(scheme)
        assert desk.page.evaluate(LOW_CONTRAST) == []


def test_a_thousand_chats_do_not_lag(column):
    desk = column()
    desk.seed([f"Chat {number} about {TITLES[number % 6]}" for number in range(1_000)], days=0.3)
    expect(desk.nav.locator(".older")).to_be_visible()
    pinned = desk.titles()[700]
    desk.links.nth(700).scroll_into_view_if_needed()
    desk.choose(pinned, "Pin")
    expect(desk.links.first).to_have_text(pinned)
    desk.search.fill("chat 999")
    expect(desk.links).to_have_count(1)
    desk.search.press("Escape")
    expect(desk.links).to_have_count(1_000)
    assert desk.titles()[0] == pinned


# Texts of the column whose colour stands out too little from what is behind them (WCAG 2.1, 1.4.3).
LOW_CONTRAST = """() => {
    const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const over = (colours) => {
        pixel.clearRect(0, 0, 1, 1);
        for (const colour of colours) { pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); }
        return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = (rgb) => rgb.map(part => part / 255)
        .map(part => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
        .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
    const behind = (node) => node ? [...behind(node.parentElement), getComputedStyle(node).backgroundColor] : ["white"];
    const low = [];
    for (const node of document.querySelectorAll("#chats *")) {
        if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
        if (!node.checkVisibility() || node.closest(".mark")) continue;
        const back = behind(node);
        const [dark, bright] = [light(over(back)), light(over([...back, getComputedStyle(node).color]))].sort();
        if ((bright + .05) / (dark + .05) < 4.5) low.push(node.outerHTML);
    }
    return low;
}"""

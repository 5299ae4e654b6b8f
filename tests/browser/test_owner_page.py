"""The owner's page in a browser: it shows what happens without being loaded again, and everybody can read it."""

from playwright.sync_api import expect

from tests.browser.axe import judge_page
from tests.browser.visitor import DESK, OWNER_KEY, PHONE


def test_it_follows_what_happens_and_everybody_can_read_it(visit, app, browser):
    visitor = visit()
    pages = [browser.new_context(**options).new_page() for options in (DESK, DESK | {"color_scheme": "dark"}, PHONE)]
    said: list[str] = []
    for page in pages:
        page.on("console", lambda message: said.append(message.text))
        page.set_content(f'<a href="{app.url}/owner?key={OWNER_KEY}">the app</a>')  # as on a page of another site
        page.get_by_role("link").click()
        page.wait_for_url(f"{app.url}/owner")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.evaluate("window.isTheSame = true")
    before = int(_answers(pages[0]).inner_text())
    visitor.get_answer("How many prime numbers are there below a million?")
    for page in pages:
        expect(_answers(page)).to_have_text(str(before + 1))
        assert page.evaluate("window.isTheSame && document.documentElement.scrollWidth <= innerWidth")
        assert judge_page(page) == []
    metrics = pages[0].request.get(f"{app.url}/metrics").text()
    assert "glassbox_update_seconds_count 0.0" not in metrics and "glassbox_chats_open 0.0" not in metrics
    assert said == []
    for page in pages:
        page.context.close()


def _answers(page):
    return page.locator(".tiles div", has_text="Answers").locator(".number")

"""What models, web pages and people write is shown, never obeyed: no remote content, no markup, no scripts."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.visitor import code
from tests.doubles.web_server import WebServer

REMOTE = [
    "![chart]({0})",
    '<img src="{0}">',
    '<svg><image href="{0}" width="9" height="9"/></svg>',
    '<p style="background: url({0})">x</p>',
    "<style>@import url({0}); p {{ background: url({0}) }}</style>",
    '<link rel="stylesheet" href="{0}"><link rel="prefetch" href="{0}">',
    '<video src="{0}" poster="{0}" autoplay></video><audio src="{0}" autoplay></audio>',
    '<iframe src="{0}"></iframe><object data="{0}"></object><embed src="{0}">',
    '<input type="image" src="{0}">',
    '<meta http-equiv="refresh" content="0; url={0}"><base href="{0}">',
]
SETTLED = "Promise.allSettled([...document.images].map(image => image.decode()))"
SCRIPTS = """<img src="x" onerror="window.wasObeyed = true"><script>window.wasObeyed = true</script>
<a href="javascript:window.wasObeyed = true">press</a><svg onload="window.wasObeyed = true"></svg>"""
MARKUP = """# head **bold** `code` [link](http://127.0.0.1:9/) ![image](http://127.0.0.1:9/)
<img src=x onerror="window.wasObeyed = true"> <b>html</b> &amp; $$x^2$$ \\(y\\) ~~gone~~ | a | b |
- item
1. first
+ plus
> quote
Title
===
---
    indented"""


@pytest.fixture
def elsewhere():
    with WebServer() as server:
        yield server


def test_nothing_remote_in_an_answer_is_fetched(revisit, serve, elsewhere):
    elsewhere.serve("/control.png", b"", access_control_allow_origin="*")
    address = f"http://127.0.0.1:{elsewhere.server_port}"
    lures = [lure.format(f"{address}/{number}.png") for number, lure in enumerate(REMOTE)]
    visitor = revisit()
    visitor.connect(serve(["\n\n".join([*lures, "This is the end."])]))
    visitor.get_answer("show me")
    visitor.reload()
    expect(visitor.answers.last).to_contain_text("This is the end.")
    visitor.page.evaluate(SETTLED)
    httpx.get(f"{address}/control.png")
    assert elsewhere.requests == [(f"127.0.0.1:{elsewhere.server_port}", "/control.png")], "the control alone"
    assert visitor.page.evaluate("location.port") != str(elsewhere.server_port)


def test_a_table_or_a_value_that_holds_markup_is_not_obeyed(revisit, serve, elsewhere):
    image = f'<img src="http://127.0.0.1:{elsewhere.server_port}/table.png">'
    program = f"""
class Loud:
    def _repr_html_(self):
        return {image + SCRIPTS!r}
print({SCRIPTS!r})
display(Loud())
{SCRIPTS!r}"""
    visitor = revisit()
    visitor.connect(serve([code(program, thought=SCRIPTS + image), SCRIPTS]))
    visitor.get_answer("show me")
    visitor.open_steps()
    visitor.unfold(visitor.steps.locator(".title"))
    expect(visitor.steps.locator("pre").last).to_contain_text("<script>")
    visitor.page.evaluate(SETTLED)
    assert visitor.page.evaluate("window.wasObeyed") is None
    assert elsewhere.requests == []


def test_what_a_person_writes_is_shown_as_it_is(revisit, serve):
    visitor = revisit()
    server = serve(["I see."])
    visitor.connect(server)
    visitor.get_answer(MARKUP)
    assert visitor.questions.inner_text().replace("\xa0", " ") == MARKUP
    assert visitor.page.evaluate("window.wasObeyed") is None
    assert server.requests[0].body["messages"][-1]["content"] == MARKUP


def test_a_title_and_a_failure_are_shown_as_they_are(revisit, serve):
    visitor = revisit()
    visitor.connect(serve([code("# Multiply 2 * 3 * 4 <b>now</b>\nraise ValueError('`**no**`')"), "Done."]))
    visitor.get_answer("go")
    visitor.open_steps()
    expect(visitor.steps.locator(".title p")).to_have_text("○ Multiply 2 * 3 * 4 <b>now</b> – did not work")
    visitor.unfold(visitor.steps.locator(".title"))
    expect(visitor.steps.locator("pre").last).to_contain_text("ValueError: `**no**`")

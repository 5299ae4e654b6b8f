"""Whatever code displays, its chat can be shown, now and after a reload."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.visitor import DESK, code, keep_screenshot
from tests.doubles.web_server import WebServer

NONSENSE = """# Show nonsense
import base64
class Shown:
    def __init__(self, bundle): self.bundle = bundle
    def _repr_mimebundle_(self, include=None, exclude=None): return self.bundle
    def __repr__(self): return 'a thing'
for mime in ('image/png', 'image/jpeg', 'image/svg+xml', 'image/webp', 'x/y'):
    for content in ('abc', b'\\0' * 99, '<svg><g>', '\\ud83d', '', 7, None):
        display(Shown({mime: content}))
"""
PLOT = "# Draw a line\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()"
SHAPES = """# Show odd shapes
class Page:
    def __init__(self, html): self.html = html
    def _repr_html_(self): return self.html
    def __repr__(self): return 'a page'
display(Page('<div>' * 10_000 + 'deep'))
display(Page('<p>' + 'x' * 1_000_000))
display(Page('<table>' + '<tr>' + '<td>1</td>' * 100 + '</tr>' * 1_000))
display(Page('<b>\\0\\ud83d\\u202e\\u2028</b>' + '<p>' * 999))
display('\\0\\ud83d\\u202e evil')
print('\\0\\ud83d'.encode('utf-8', 'surrogatepass'), '\\0\\u202e', 'y' * 1_000_000)
"""


def test_a_broken_picture_does_not_break_its_chat(revisit, serve):
    server = serve([code(NONSENSE), code(SHAPES), code("Shown({'image/png': 'abc'})"), "**All** shown.", "More."])
    visitor = revisit()
    visitor.connect(server)
    assert visitor.get_answer("show me") == "All shown."
    assert "cannot be shown" in server.requests[1].body["messages"][-1]["content"]
    visitor.reload()
    expect(visitor.answers.last).to_have_text("All shown.")
    visitor.open_steps()
    expect(visitor.steps).to_have_count(3)
    visitor.unfold(visitor.steps.locator(".title").first)
    expect(visitor.steps.first).to_contain_text("What was given as image/png cannot be shown: it is not valid base64.")
    assert visitor.get_answer("and now?") == "More."


def test_a_broken_picture_can_be_the_answer(revisit, serve):
    visitor = revisit()
    visitor.connect(serve([code(f"{NONSENSE}\nfinal_answer(Shown({{'image/png': 'abc'}}))"), "More."]))
    assert "it is not valid base64" in visitor.get_answer("show me")
    visitor.reload()
    expect(visitor.answers.last).to_contain_text("it is not valid base64")
    assert visitor.get_answer("and now?") == "More."


def test_a_picture_opens_large_and_can_be_downloaded(visit, serve):
    visitor = visit(**DESK)
    visitor.connect(serve([code(PLOT), "Drawn."]))
    assert visitor.get_answer("draw") == "Drawn."
    picture, dialog = visitor.chat.get_by_role("button", name="A picture made by the code"), "#file-preview"
    picture.press("Enter")
    large = visitor.page.locator(f"{dialog} img")
    expect(large).to_be_visible()
    assert large.evaluate("async shown => { await shown.decode(); return shown.naturalWidth; }") > 300
    keep_screenshot(visitor, "picture")
    with visitor.page.expect_download() as download:
        visitor.page.locator(dialog).get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "picture-1.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")
    visitor.page.keyboard.press("Escape")
    expect(picture).to_be_focused()
    picture.click()
    expect(large).to_be_visible()


def test_drawings_show_and_load_nothing(revisit, serve):
    """SVG is a picture like any other, and what is in it stays still."""
    with WebServer() as elsewhere:
        address = f"http://127.0.0.1:{elsewhere.server_port}"
        inside = f"<script>open('{address}')</script><image href='{address}/a.png' width='9' height='9'/>"
        svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='120' height='60'>{inside}<text>LONG</text></svg>"
        shown = f"class Drawing:\n    def _repr_svg_(self): return {svg!r}.replace('LONG', 'x' * 500_000)\n"
        visitor = revisit()
        visitor.connect(serve([code(f"{shown}display(Drawing())"), code("final_answer(Drawing())")]))
        visitor.ask("draw")
        visitor.wait_until_done()
        pictures = visitor.page.locator("#history img[alt='A picture made by the code']")
        expect(pictures).to_have_count(2)
        visitor.page.wait_for_function(
            "[...document.querySelectorAll('#history .bot-row img[alt]')].every(image => image.naturalWidth === 120)"
        )
        assert elsewhere.requests == []


def test_equations_are_numbered(revisit, serve):
    visitor = revisit()
    visitor.connect(serve(["$$\\begin{align} a &= b \\\\ &= c \\end{align}$$"]))
    visitor.ask("show me")
    visitor.wait_until_done()
    tags = visitor.page.locator("#history .eqn-num")
    expect(tags).to_have_count(2)
    # A counter's value cannot be read; two digits of it are as wide as their picture.
    assert tags.nth(0).screenshot() != tags.nth(1).screenshot()


def test_a_coloured_table_is_readable_in_the_dark(visit, serve):
    """Its author sees black text where no colour is set; a bar ends where it should."""
    looks = ".bar(['b'], color='#d65f5f').set_properties(['c'], color='red')"
    coloured = f"frame.style.highlight_max('a', color='yellow'){looks}"
    visitor = visit(**DESK, color_scheme="dark")
    frame = "import pandas as pd\nframe = pd.DataFrame({'a': [1, 2], 'b': [1, 2], 'c': [5, 6]})"
    visitor.connect(serve([code(f"{frame}\nfinal_answer({coloured})")]))
    visitor.ask("show me")
    visitor.wait_until_done()
    cells = visitor.answers.last.locator("tr").last.locator("td")
    expect(cells).to_have_text(["2", "2", "6"])
    expect(cells.nth(0)).to_have_css("color", "rgb(0, 0, 0)")
    expect(cells.nth(1)).to_have_css("background-repeat", "no-repeat")
    expect(cells.nth(2)).to_have_css("color", "rgb(255, 0, 0)")
    keep_screenshot(visitor, "dark-colours")

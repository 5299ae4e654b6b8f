"""Whatever code displays, its chat can be shown, now and after a reload."""

from playwright.sync_api import expect

from tests.browser.visitor import code

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


def test_a_broken_picture_does_not_break_its_chat(visit, serve):
    server = serve([code(NONSENSE), code(SHAPES), code("Shown({'image/png': 'abc'})"), "**All** shown.", "More."])
    visitor = visit()
    visitor.connect(server)
    assert visitor.get_answer("show me") == "All shown."
    assert "cannot be shown" in server.requests[1].body["messages"][-1]["content"]
    visitor.reload()
    expect(visitor.answers.last).to_have_text("All shown.")
    expect(visitor.steps).to_have_count(3)
    visitor.steps.locator(".title").first.click()
    expect(visitor.steps.first).to_contain_text("What was given as image/png cannot be shown: it is no base64.")
    assert visitor.get_answer("and now?") == "More."


def test_a_broken_picture_can_be_the_answer(visit, serve):
    visitor = visit()
    visitor.connect(serve([code(f"{NONSENSE}\nfinal_answer(Shown({{'image/png': 'abc'}}))"), "More."]))
    assert "it is no base64" in visitor.get_answer("show me")
    visitor.reload()
    expect(visitor.answers.last).to_contain_text("it is no base64")
    assert visitor.get_answer("and now?") == "More."

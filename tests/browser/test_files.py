"""Files go with a question into the chat's workspace, and what the code wrote there comes back."""

import base64
import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot
from tests.doubles.openai_server import Reply

ODD = "größe <b> & 100% $$x$$ *1*.csv"
SCRIPT = "<script>document.title = 'taken'</script>"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGP8z8Dwn4GBgYkBAgAXBAMBvzBpWQAAAABJRU5ErkJggg=="
)
WRITE = code(
    "# Double the numbers\nimport os\nfrom pathlib import Path\n"
    "print(sorted(name for name in os.listdir() if name[0] != '.'))\n"
    "numbers = [int(line) for line in open('numbers.csv')]\n"
    f"os.makedirs('out', exist_ok=True)\nPath('out', {ODD!r}).write_text('first')\n"
    f"Path('page.html').write_text({SCRIPT!r})\nPath('numbers.csv').write_text('4\\n')"
)
AGAIN = code(
    f"# Write them again\nPath('out', {ODD!r}).write_text(str(sum(numbers) * 2))\nfinal_answer('**Doubled.**')"
)


def download(visitor: Visitor, link: Locator) -> tuple[str, str]:
    """The name and the text of the file behind a link, which is saved and never shown."""
    with visitor.page.expect_download() as caught:
        link.click()
    return caught.value.suggested_filename, Path(caught.value.path()).read_text()


def test_files_go_in_and_come_back(visit, serve):
    server = serve([WRITE, AGAIN, "Thanks."])
    visitor = visit(**DESK, color_scheme="dark")
    visitor.connect(server)
    visitor.attach(("numbers.csv", b"1\n2\n3\n"), ("dots.png", PNG))
    expect(visitor.page.locator("#names")).to_have_text("numbers.csv · dots.png")
    keep_screenshot(visitor, "dark-attached")
    visitor.get_answer("Double them.")
    given = visitor.questions.locator(".files a")
    expect(given).to_have_text(["numbers.csv CSV · 6 bytes", f"dots.png PNG · {len(PNG)} bytes"])
    visitor.page.wait_for_function("document.querySelector('#history .files img').naturalWidth === 2")
    told = str(server.requests[0].body["messages"][-1]["content"])
    assert "numbers.csv" in told and "text/csv" in told and "6 bytes" in told and "Double them." in told
    assert "['dots.png', 'numbers.csv']" in server.requests[1].body["messages"][-1]["content"]
    expect(visitor.files).to_have_text(
        ["numbers.csv CSV · 2 bytes", f"out/{ODD} CSV · 2 bytes", "page.html HTML · 41 bytes"]
    )
    keep_screenshot(visitor, "dark-files")
    assert download(visitor, visitor.files.nth(1)) == (re.sub("[<>*]", "_", ODD), "12")  # the browser's form of it
    assert download(visitor, visitor.files.nth(2)) == ("page.html", SCRIPT)
    expect(visitor.page.locator("#question .thumbnail-item")).to_have_count(0)
    expect(visitor.page.locator("#names")).to_have_text("")
    look_at_what_is_fetched(visitor, str(visitor.files.nth(2).get_attribute("href")))


def look_at_what_is_fetched(visitor: Visitor, address: str) -> None:
    """No file is shown as a page, none is found by another way, and with the chat they are gone."""
    request, page = visitor.context.request, visitor.page.url.partition("?")[0]
    headers = request.get(page + address + "?picture").headers
    assert headers["content-disposition"].startswith("attachment") and headers["x-content-type-options"] == "nosniff"
    chat = address.split("/")[1]
    for other in (f"files/{chat}/../../etc/passwd", f"files/{chat}/%2Fetc%2Fpasswd", "files/guessed/page.html"):
        assert request.get(page + other).status == 404
    assert request.delete(f"{page}chats/{chat}").ok
    assert request.get(page + address).status == 404


def test_what_cannot_be_taken_is_said_and_files_may_come_late(revisit, serve):
    visitor = revisit(**PHONE)
    visitor.connect(serve(["Seen."]))
    visitor.attach(*((f"{number}.txt", b"x") for number in range(11)))
    visitor.send("Look.")
    expect(visitor.problem).to_contain_text("You added 11 files; one question can have 10. Remove some.")
    expect(visitor.question).to_have_value("Look.")
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "phone-attached")
    visitor.page.get_by_role("button", name="Remove file").first.click()
    visitor.ask_typed()
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["Seen."])
    expect(visitor.questions.locator(".files a")).to_have_count(10)
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "phone-files")


def test_an_answer_shows_and_fetches_the_files_that_it_names(visit, serve):
    write = (
        f"```python\nopen('a b.png', 'wb').write(bytes.fromhex('{PNG.hex()}'))\nopen('out.csv', 'w').write('1')\n```"
    )
    server = serve([write, "![dots](sandbox:/mnt/data/a%20b.png)\n\nIt is in [the table](out.csv), not in [b](b.csv)."])
    visitor = visit(**DESK)
    visitor.connect(server)
    visitor.get_answer("Draw.")
    visitor.page.wait_for_function("document.querySelector('#history img[alt=dots]').naturalWidth === 2")
    assert download(visitor, visitor.page.get_by_role("link", name="the table")) == ("out.csv", "1")
    expect(visitor.page.get_by_role("link", name="b", exact=True)).to_have_count(0)


def test_files_alone_on_a_phone(revisit, serve):
    """Their names go with them, and what is said of them fits the page."""
    draw = code("import matplotlib.pyplot as plt\nplt.plot([1, 4])\nplt.savefig('line.png')")
    visitor = revisit(**PHONE)
    visitor.connect(serve([Reply("Seen, all of them.", piece=1, delay=0.2), draw, "1. ![line](line.png)"]))
    visitor.attach((f"a long name for {'anything=' * 4}.txt", b"x" * 100))
    visitor.attach(("more.txt", b"x"))
    expect(visitor.page.locator("#names")).to_contain_text(" · more.txt")
    visitor.page.get_by_role("button", name="Remove file").last.click()
    expect(visitor.page.locator("#names")).not_to_contain_text("more.txt")
    visitor.question.press("Enter")
    expect(visitor.page.locator("#names")).to_have_text("")
    expect(visitor.page.locator("#stop")).to_be_visible()
    visitor.wait_until_done()
    expect(visitor.questions).to_contain_text("Look at the attached file.")
    assert visitor.questions.locator(".files a").evaluate("file => file.scrollWidth <= file.clientWidth")
    visitor.get_answer("Draw.")
    visitor.page.wait_for_function("document.querySelector('#history img[alt=line]').naturalWidth > 2")
    assert right_edge(visitor, "img[alt=line]") <= right_edge(visitor, ".bot.message:has(img[alt=line])")
    assert visitor.page.locator("#meter p").evaluate("meter => meter.clientHeight") < 50
    keep_screenshot(visitor, "phone-drawing")


def right_edge(visitor: Visitor, selector: str) -> float:
    return visitor.page.locator(f"#history {selector}").first.evaluate("part => part.getBoundingClientRect().right")

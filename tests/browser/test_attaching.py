"""Files come with the question from anywhere on the page: dropped or pasted. And a question can be spoken."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import judge
from tests.browser.visitor import DESK, PHONE, Visitor, keep_screenshot

# A browser lets no program drag files from outside, so the page gets the events of it.
DRAG = """({ kinds, at, files, text }) => {
    const data = new DataTransfer();
    for (const [name, type, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }));
    if (text) data.setData("text/plain", text);
    const place = document.querySelector(at);
    let taken = false;
    for (const kind of kinds) {
        const values = { bubbles: true, cancelable: true };
        const event = kind === "paste" ? new ClipboardEvent(kind, { ...values, clipboardData: data })
            : new DragEvent(kind, { ...values, dataTransfer: data });
        taken = !place.dispatchEvent(event);
    }
    return taken;
}"""
# A browser that turns speech into text. A test says what it hears.
SPEECH = """() => {
    window.SpeechRecognition = window.webkitSpeechRecognition = class {
        start() { window.hearing = this; }
        stop() { this.onend(); }
        hear(...texts) {
            const results = texts.map(transcript => [{ transcript }]);
            this.onresult({ results, resultIndex: results.length - 1 });
        }
    };
}"""
File = tuple[str, str, bytes]
PICTURE: File = ("image.png", "image/png", b"\x89PNG\r\n\x1a\n")


def do(visitor: Visitor, *kinds: str, at: str, files: Sequence[File] = (), text: str = "") -> bool:
    """Do something with files at a place of the page. Returns whether the page took them."""
    given = [(name, kind, list(content)) for name, kind, content in files]
    return visitor.page.evaluate(DRAG, {"kinds": kinds, "at": at, "files": given, "text": text})


@pytest.mark.parametrize("size", [DESK, DESK | {"color_scheme": "dark"}], ids=["light", "dark"])
def test_files_are_dropped_anywhere(visit, serve, size: dict[str, Any], request):
    visitor = visit(**size)
    page, overlay = visitor.page, visitor.page.locator("#drop-here")
    server = serve(["Seen."])
    visitor.connect(server)
    numbers = ("numbers.csv", "text/csv", b"1\n2\n")
    do(visitor, "dragenter", "dragover", at="#history", files=[numbers])
    expect(overlay).to_be_visible()
    expect(overlay).to_have_text("Drop the files here: they come with your question.")
    page.screenshot(path=f"build/screenshots/drop-{request.node.callspec.id}.png")
    do(visitor, "dragleave", at="body", files=[numbers])
    expect(overlay).to_be_hidden()
    for count, (place, name) in enumerate([("#history", "numbers.csv"), ("#question textarea", "more.txt")], start=1):
        assert do(visitor, "dragenter", "drop", at=place, files=[(name, "text/plain", b"1\n2\n")])
        expect(page.locator("#question .thumbnail-item")).to_have_count(count)
    expect(overlay).to_be_hidden()
    expect(page.locator("#names")).to_have_text("numbers.csv · more.txt")
    visitor.ask_typed()
    visitor.wait_until_done()
    expect(visitor.questions.locator(".files a")).to_have_count(2)


def test_pictures_are_pasted_anywhere_and_texts_stay_texts(visit):
    visitor = visit(**DESK)
    page, shown = visitor.page, visitor.page.locator("#question .thumbnail-item")
    assert do(visitor, "paste", at="body", files=[PICTURE])
    expect(shown).to_have_count(1)
    assert do(visitor, "paste", at="#question textarea", files=[PICTURE])
    expect(shown).to_have_count(2)
    assert not do(visitor, "paste", at="#question textarea", files=[PICTURE], text="a\tb")
    assert not do(visitor, "paste", at="#question textarea", text="x" * 60_000)
    visitor.let_settle()
    expect(shown).to_have_count(2)
    assert page.locator("#problem span").inner_text() == ""


def test_what_is_refused_says_why(visit):
    visitor = visit(**PHONE)
    page, shown = visitor.page, visitor.page.locator("#question .thumbnail-item")
    page.evaluate("document.getElementById('attaching').dataset.mb = 0.001")
    do(visitor, "drop", at="body", files=[("big <b>.csv", "text/csv", b"x" * 2_000), ("small.csv", "text/csv", b"x")])
    expect(visitor.problem).to_have_text("“big <b>.csv” is larger than 0.001 MB, the most that a file may have.")
    expect(shown).to_have_count(1)
    do(visitor, "drop", at="body", files=[(f"{number}.txt", "text/plain", b"x") for number in range(10)])
    expect(visitor.problem).to_have_text(
        "One question can have 10 files. Add fewer, or send some with the next question."
    )
    expect(shown).to_have_count(1)
    assert not visitor.scrolls_sideways()
    assert not do(visitor, "dragover", "drop", at="body", text="a text"), "a text is dropped where the browser puts it"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_question_is_spoken(visit, size: dict[str, Any]):
    visitor = visit(**size)
    page, button = visitor.page, visitor.page.get_by_role("button", name="Speak the question")
    page.add_init_script(f"({SPEECH})()")
    visitor.reload()
    expect(button).to_have_attribute("aria-pressed", "false")
    visitor.question.fill("Please")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.evaluate("hearing.hear('add')")
    expect(visitor.question).to_have_value("Please add")
    page.evaluate("hearing.hear('add the', ' numbers')")
    expect(visitor.question).to_have_value("Please add the numbers")
    visitor.question.fill("Please add my")
    page.evaluate("hearing.hear('add the', ' numbers', ' up')")
    expect(visitor.question).to_have_value("Please add my up")
    keep_screenshot(visitor, f"voice-{'phone' if size is PHONE else 'desk'}")
    expect(visitor.chat.locator(".example")).not_to_have_count(0)
    assert judge(visitor) == []
    assert not visitor.scrolls_sideways()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    page.evaluate("hearing.onerror({ error: 'not-allowed' }), hearing.onend()")
    expect(visitor.problem).to_contain_text("Allow the microphone for it, and press again.")
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_browser_without_speech_has_no_button_for_it(visit):
    visitor = visit(**DESK)
    visitor.page.add_init_script("delete window.SpeechRecognition; delete window.webkitSpeechRecognition;")
    visitor.reload()
    expect(visitor.page.locator("#speak")).to_be_hidden()

"""A conversation as it is read: nothing jumps, the answer is what the page shows, steps fold and open."""

import re
from itertools import pairwise

from playwright.sync_api import expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot
from tests.doubles.openai_server import Reply

PLOT = "# Draw a line\nimport matplotlib.pyplot as plt\nplt.figure(figsize=(4, 2))\nplt.plot([1, 3, 2])\nplt.show()"
ROWS = "# Read the numbers\n" + "\n".join(f"print('row', {number})" for number in range(30))
ANSWER = "Here is the **answer**.\n\n" + "\n\n".join(
    f"Paragraph {number} of it says a few words." for number in range(40)
)
STEPS = [
    Reply(code(ROWS, thought="I read the numbers first, and look at them."), delay=0.02),
    Reply(code(PLOT, thought="Now I draw."), delay=0.02),
    Reply(code("# Divide\n1 / 0", thought="I divide."), delay=0.02),
]
LINE = 60  # pixels, and more than that of a line of text
# Notes, frame by frame, how high the page is, how far it is scrolled, and where the answer is.
RECORD = """() => {
    window.frames_ = [];
    const look = () => {
        const answer = [...document.querySelectorAll("#chat .bot-row .message > .message")]
            .find(part => part.innerText.startsWith("Here is"));
        const top = answer?.getBoundingClientRect().top + scrollY;
        frames_.push({ height: document.documentElement.scrollHeight, top: answer ? top : null, scrolled: scrollY });
        requestAnimationFrame(look);
    };
    look();
}"""


# Counts the frames that the page's scripts ask for.
COUNT_FRAMES = """() => {
    window.frames_ = 0;
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = callback => {
        frames_ += 1;
        return request(callback);
    };
}"""
NONE_SINCE_LAST_LOOK = "() => { const before = window.looked; window.looked = frames_; return before === frames_; }"


def connected(visit, serve, replies: list, **options) -> Visitor:
    visitor = visit(**options)
    visitor.connect(serve(replies))
    return visitor


def test_nothing_jumps_and_the_page_stands_at_the_beginning_of_the_answer(visit, serve):
    visitor = connected(visit, serve, [*STEPS, Reply(ANSWER, delay=0.01, piece=16)], **DESK)
    visitor.page.evaluate(RECORD)
    visitor.ask("Read and draw, please")
    expect(visitor.work).to_have_text("3 steps done")
    visitor.wait_until_done()
    visitor.wait_until_still()
    frames = visitor.page.evaluate("frames_")
    heights = [frame["height"] for frame in frames]
    assert max(before - after for before, after in pairwise(heights)) < LINE
    tops = {round(frame["top"]) for frame in frames if frame["top"] is not None and frame["height"] > 1_500}
    assert max(tops) - min(tops) <= 1, "the answer stays where it began"
    expect(visitor.chat.get_by_text("Here is the answer.")).to_be_in_viewport()
    top = visitor.chat.get_by_text("Here is the answer.").evaluate("part => part.getBoundingClientRect().top")
    below = visitor.page.locator("#panel-buttons").evaluate("bar => bar.getBoundingClientRect().bottom")
    assert below <= top < below + LINE, "the buttons at the top do not cover it"
    expect(visitor.work).to_have_text(re.compile(r"Worked in 3 steps · \d+ s"))
    keep_screenshot(visitor, "conversation")
    visitor.reload()
    expect(visitor.questions.last).to_be_in_viewport()
    visitor.open_steps()
    titles = ["✓ Read the numbers", "✓ Draw a line", "○ Divide – did not work"]
    expect(visitor.steps.locator(".title p")).to_have_text(titles)


def test_what_is_selected_stays_selected_while_more_comes_and_when_it_is_all_there(revisit, serve):
    words = " ".join(f"word{number}" for number in range(200))
    visitor = connected(revisit, serve, [Reply(f"Here is a **bold** beginning.\n\n{words}", delay=0.03)], **DESK)
    visitor.ask("Tell me")
    first = visitor.page.locator("#live .bot p").first
    expect(first).to_have_text("Here is a bold beginning.")
    box = first.bounding_box()
    assert box
    visitor.page.mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    visitor.page.mouse.down()
    expect(visitor.chat).to_contain_text("word20")
    visitor.page.mouse.move(box["x"] + 90, box["y"] + box["height"] / 2, steps=5)
    expect(visitor.chat).to_contain_text("word40")
    visitor.page.mouse.up()
    selected = visitor.page.evaluate("getSelection().toString()")
    assert selected.startswith("Here is a") and len(selected) < 24
    for seen in ("word60", "word199"):
        expect(visitor.chat).to_contain_text(seen)
        assert visitor.page.evaluate("getSelection().toString()") == selected
    visitor.wait_until_done()
    visitor.wait_until_still()
    assert visitor.page.evaluate("getSelection().toString()") == selected
    visitor.page.locator("#history [data-testid=user]").last.click()
    assert visitor.page.evaluate("getSelection().toString()") == ""


def test_what_a_person_opened_stays_open_when_the_turn_is_over(visit, serve):
    visitor = connected(
        visit, serve, [*STEPS[:2], Reply("So. " * 60, delay=0.1)], **PHONE | {"viewport": DESK["viewport"]}
    )
    visitor.ask("Read and draw, please")
    expect(visitor.work).to_have_text("2 steps done")
    visitor.open_steps()
    visitor.steps.first.locator(".title").dispatch_event("click")  # a slow machine's own would miss: the page follows
    expect(visitor.steps.first).to_contain_text("row 29")
    expect(visitor.page.locator("#stop")).to_be_visible()
    visitor.wait_until_done()
    expect(visitor.steps).to_have_count(2)
    expect(visitor.steps.first).to_contain_text("row 29")
    expect(visitor.steps.last.locator(".content")).to_have_count(0)


def test_a_new_chat_has_no_room_of_the_one_before(visit, serve):
    table = code("# Show a table\nimport pandas as pd\npd.DataFrame({'n': range(50)})")
    waiting = code("# Wait\nimport time\ntime.sleep(1)")
    visitor = connected(visit, serve, [table, waiting, "Shown.", Reply(status=401, error="no")], **DESK)
    visitor.get_answer("Show a table, please")
    visitor.begin_anew()
    expect(visitor.page.locator("#chat .examples")).to_be_visible()
    visitor.page.wait_for_function("document.documentElement.scrollHeight <= innerHeight")
    visitor.ask("hello")
    visitor.wait_until_done()
    expect(visitor.questions).to_be_in_viewport()
    visitor.page.wait_for_function("document.documentElement.scrollHeight <= innerHeight")


def test_a_presenter_has_all_steps_open_in_large_type(revisit, serve):
    visitor = connected(revisit, serve, ["Hello.", STEPS[0], "Read."], **DESK)
    visitor.get_answer("hello")
    visitor.get_answer("Read, please")
    size = "part => parseFloat(getComputedStyle(part).fontSize) * part.currentCSSZoom"
    before = visitor.answers.last.locator("p").evaluate(size)
    visitor.page.evaluate("setPresenting({ everything: true, large: true })")
    expect(visitor.steps).to_contain_text("row 29")
    visitor.reload()
    expect(visitor.steps).to_contain_text("row 29")
    assert visitor.answers.last.locator("p").evaluate(size) > before * 1.2
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "presenting")
    visitor.page.evaluate("setPresenting({ everything: false, large: false })")
    expect(visitor.steps).to_have_count(0)


def test_the_row_under_an_answer_opens_the_exports_of_the_chat(revisit, serve):
    visitor = connected(revisit, serve, ["Hello."], **DESK)
    visitor.get_answer("hello")
    row = visitor.chat.locator(".answer-bar")
    expect(row.get_by_role("link")).to_have_text(["Copy"])
    row.get_by_role("button", name="Export").click()
    with visitor.page.expect_download() as saved:
        visitor.page.get_by_role("menuitem", name="Markdown").click()
    assert saved.value.suggested_filename.endswith(".md")


def test_the_page_says_what_happens_and_counts_the_seconds_by_itself(revisit, serve):
    visitor = connected(revisit, serve, [Reply("never", fault="hang")], **DESK)
    visitor.ask("hello")
    expect(visitor.doing).to_have_text(re.compile("^(Thinking|test has not begun)"))
    seconds = visitor.page.locator("#status .seconds")
    expect(seconds).to_have_text(re.compile(r"· \d+ s"))
    shown = seconds.inner_text()
    expect(seconds).not_to_have_text(shown)
    visitor.page.evaluate("showStatus('It is silent.\\t500')")
    expect(visitor.doing).to_have_text("It is silent.")
    expect(seconds).to_have_text(re.compile(r"· 50\d s"))
    visitor.stop()
    expect(visitor.page.locator("#status")).to_be_hidden()


def test_a_page_at_which_nothing_happens_leaves_the_processor_alone(visit):
    visitor = visit()
    visitor.page.add_init_script(f"({COUNT_FRAMES})()")
    visitor.reload()
    visitor.page.wait_for_function(NONE_SINCE_LAST_LOOK, polling=1_000)

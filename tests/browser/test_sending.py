"""What is sent shows at once, can be stopped at once, and comes back if it cannot be asked."""

from playwright.sync_api import Route, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot, last_question
from tests.doubles.openai_server import Reply

ECHO = "#echo .user"
QUESTION = "What is *this* worth?\nIn $5 notes.\n\nAnd in cents?"
# Where the question stands, each time that this changes: as it was sent, and as the app shows it.
NOTE_PLACES = """() => {
    window.places = [];
    const place = selector => {
        const box = document.querySelector(selector)?.getBoundingClientRect();
        return box ? [box.x, box.y, box.width, box.height].map(Math.round).join(" ") : "";
    };
    const look = () => {
        const now = [place("#echo .user"), place("#live .user")].join("|");
        if (now !== window.places.at(-1)) window.places.push(now);
        requestAnimationFrame(look);
    };
    look();
}"""


def is_focused(visitor: Visitor) -> bool:
    return visitor.page.evaluate("document.activeElement?.matches('#question textarea')")


def test_a_question_shows_before_the_app_has_heard_of_it_and_stays_in_its_place(visit, serve):
    visitor = visit(**DESK)
    visitor.connect(serve([Reply("It is worth **little**. " * 3, delay=0.1)]))
    visitor.page.evaluate(NOTE_PLACES)
    with visitor.slow_app():
        visitor.send(QUESTION)
        expect(visitor.page.locator(ECHO)).to_contain_text("What is *this* worth?")
        expect(visitor.question).to_have_value("")
        expect(visitor.page.locator("#stop")).to_be_visible()
        expect(visitor.page.locator("#send")).to_be_hidden()
        assert is_focused(visitor)
        visitor.page.wait_for_function("() => document.querySelector('#question textarea').offsetHeight < 50")
        keep_screenshot(visitor, "desk-sent")
    expect(visitor.questions).to_have_count(1)
    expect(visitor.page.locator(ECHO)).to_have_count(0)
    places = [place.split("|") for place in visitor.page.evaluate("window.places")]
    assert not [place for place in places if all(place)], "it stood there twice"
    shown = [place for place in places if any(place)]
    assert shown[0][0] == next(live for _, live in shown if live), "it moved"
    visitor.wait_until_done()


def test_files_and_an_example_show_at_once_too(visit, serve):
    visitor = visit(**PHONE)
    visitor.attach(("prices 2024.csv", b"a,b\n1,2\n"))
    with visitor.slow_app():
        visitor.send("")
        expect(visitor.page.locator(ECHO)).to_contain_text("prices 2024.csv")
        expect(visitor.page.locator("#question .thumbnail-item")).to_have_count(0)
        expect(visitor.page.locator("#names")).to_be_hidden()
        keep_screenshot(visitor, "phone-sent")
    visitor.wait_until_done()
    expect(visitor.questions.locator(".files a")).to_contain_text("prices 2024.csv")
    visitor.begin_anew()
    example = visitor.chat.get_by_role("button", name="What is the cube root of 27?")
    expect(example).to_be_visible()
    with visitor.slow_app():
        example.click()
        expect(visitor.page.locator(ECHO)).to_have_text("What is the cube root of 27?")
        assert not visitor.scrolls_sideways()
    visitor.wait_until_done()
    expect(visitor.answers.last).to_contain_text("The cube root of 27 is 3")


def test_stop_before_the_app_has_heard_of_the_question(revisit, serve):
    visitor = revisit()
    endless = Reply("On and on. " * 200, delay=0.1)
    visitor.connect(serve(lambda body: "Hello." if last_question(body).endswith("hello") else endless))
    with visitor.slow_app():
        visitor.send("something long")
        visitor.page.locator("#stop").click()
    expect(visitor.answers.last).to_contain_text("Stopped.")
    expect(visitor.page.locator("#send")).to_be_visible()
    expect(visitor.questions).to_have_text(["something long"])
    assert visitor.get_answer("hello") == "Hello."


def test_a_run_that_a_button_begins_can_be_stopped_at_once_too(visit, serve):
    visitor = visit(**DESK)
    visitor.connect(serve([Reply("It begins", finish="length"), *[Reply(" and goes on" * 200, delay=0.02)] * 2]))
    visitor.get_answer("look")
    for button in ("Go on", "Retry"):
        with visitor.slow_app():
            visitor.page.locator("#history").get_by_role("button", name=button, exact=True).click()
            expect(visitor.doing).to_have_text("Starting…")
            expect(visitor.page.locator("#send")).to_be_hidden()
            visitor.page.locator("#stop").click()
            expect(visitor.doing).to_have_text("Stopping…")
        expect(visitor.page.locator("#send")).to_be_visible()
        expect(visitor.page.locator("#status")).to_be_hidden()
        expect(visitor.answers.last).to_contain_text("Stopped.")


def test_a_button_that_cannot_begin_a_run_gives_the_composer_back(visit, serve):
    visitor = visit()
    visitor.connect(serve(["Here."]))
    visitor.get_answer("look")
    visitor.open_section("limits")
    visitor.page.get_by_label("Steps").fill("")
    visitor.page.locator("#history").get_by_role("button", name="Retry", exact=True).click()
    expect(visitor.problem).to_contain_text("The setting “Steps” cannot be used")
    expect(visitor.page.locator("#send")).to_be_visible()
    expect(visitor.page.locator("#stop")).to_be_hidden()
    expect(visitor.page.locator("#status")).to_be_hidden()


def test_a_button_that_is_pressed_while_a_question_is_sent_does_not_touch_it(visit, serve):
    visitor = visit()
    visitor.connect(serve(["Here.", Reply("There. " * 200, delay=0.1)]))
    visitor.get_answer("look")
    with visitor.slow_app():
        visitor.send("look again")
        expect(visitor.page.locator("#stop")).to_be_visible()
        visitor.page.locator("#history").get_by_role("button", name="Undo", exact=True).click()
        visitor.page.locator("#stop").click()
    expect(visitor.answers.last).to_contain_text("Stopped.")
    expect(visitor.questions).to_have_text(["look", "look again"])
    expect(visitor.question).to_have_value("")
    expect(visitor.problem).to_be_hidden()


def test_a_question_that_cannot_be_asked_comes_back_though_a_button_did_what_it_is_for_meanwhile(visit, serve):
    visitor = visit()
    visitor.connect(serve(["Here."]))
    visitor.get_answer("look")
    visitor.open_section("limits")
    visitor.page.get_by_label("Steps").fill("")
    with visitor.slow_app():
        visitor.page.locator("#history").get_by_role("button", name="Undo", exact=True).click()
        visitor.send("look again")
    expect(visitor.problem).to_contain_text("The setting “Steps” cannot be used")
    expect(visitor.question).to_have_value("look again")
    expect(visitor.questions).to_have_count(0)
    expect(visitor.chat.get_by_role("button", name="What is the cube root of 27?")).to_be_visible()


def test_what_cannot_be_asked_comes_back_with_its_files_and_what_was_typed_since(visit):
    visitor = visit()
    visitor.open_section("limits")
    visitor.page.get_by_label("Steps").fill("")
    visitor.attach(("one.txt", b"1"))
    with visitor.slow_app():
        visitor.send("look at it")
        expect(visitor.page.locator(ECHO)).to_be_visible()
        visitor.question.fill("and think")
    expect(visitor.problem).to_contain_text("The setting “Steps” cannot be used")
    expect(visitor.question).to_have_value("look at it\nand think")
    expect(visitor.page.locator("#names")).to_have_text("one.txt")
    expect(visitor.page.locator(ECHO)).to_have_count(0)
    expect(visitor.page.locator("#send")).to_be_visible()
    expect(visitor.page.locator("#stop")).to_be_hidden()
    for other in (visitor.page.locator(".toast-body").first, visitor.page.locator("#editing")):
        expect(other).to_be_hidden()
    keep_screenshot(visitor, "desk-refused")
    visitor.page.get_by_label("Steps").fill("5")
    visitor.question.press("Enter")
    expect(visitor.problem).to_be_hidden()
    visitor.wait_until_done()
    expect(visitor.questions).to_contain_text(["look at it"])


def test_an_app_that_cannot_be_reached_is_said_and_the_question_comes_back(revisit, serve):
    visitor = revisit()
    visitor.connect(serve(["Hello."]))

    def lose(route: Route) -> None:
        """Lose the question, and nothing else."""
        route.abort() if "hello" in (route.request.post_data or "") else route.continue_()

    visitor.page.route("**/queue/join*", lose)
    with visitor.page.expect_navigation():  # Gradio loads the page anew
        visitor.send("hello")
    visitor.page.unroute("**/queue/join*")
    expect(visitor.problem).to_have_text(
        "The app could not be reached. Your question is back in the box: press Enter to send it again."
    )
    expect(visitor.question).to_have_value("hello")
    visitor.ask_typed()
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["Hello."])
    expect(visitor.problem).to_be_hidden()


def test_a_question_that_is_edited_shows_at_once(revisit, serve):
    visitor = revisit()
    visitor.connect(serve(["One.", code("print('a step')"), "Two.", "Three."]))
    visitor.get_answer("first")
    visitor.page.get_by_role("button", name="Edit", exact=True).click()
    expect(visitor.question).to_have_value("first")
    with visitor.slow_app():
        visitor.send("second")
        expect(visitor.page.locator(ECHO)).to_have_text("second")
        expect(visitor.questions.first).to_be_hidden()  # what it replaces
    visitor.wait_until_done()
    expect(visitor.questions).to_contain_text(["second"])
    expect(visitor.answers).to_have_text(["Two."])

"""The agent asks the person something in the middle of a run, and goes on with the answer."""

from playwright.sync_api import Locator, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot

CITY = code("# Find out where\ncity = ask_user('Which city do you mean?', ['Bern', 'Bonn on the Rhine'])\ncity")
ODD = "<img src=x onerror=alert(1)> **bold** " + "long " * 60 + "w" * 300
# Two at the same time, of which the first one has no options.
TWO = code(
    "# Ask two things\nfrom concurrent.futures import ThreadPoolExecutor\nimport time\n"
    f"questions = ['When?', {ODD!r}]\n"
    "def ask(number):\n    time.sleep(number / 2)\n    return ask_user(questions[number], ['yes', 'no'][:2 * number])\n"
    "with ThreadPoolExecutor() as pool:\n    print(*pool.map(ask, [0, 1]), sep=' & ')"
)
ANSWERED = "The agent asked: Which city do you mean?\n✓ You answered: "

# For each set of buttons that comes, whether they could be pressed at once.
NOTE_NEW_BUTTONS = """() => {
    window.atFirst = {};
    new MutationObserver(() => {
        const shown = document.querySelector("#live .options");
        const names = [...(shown?.querySelectorAll(".option") ?? [])].map(button => button.innerText.trim()).join(" ");
        if (names) window.atFirst[names] ??= getComputedStyle(shown).pointerEvents;
    }).observe(document.querySelector("#chat"), {childList: true, subtree: true});
}"""


def question(visitor: Visitor) -> Locator:
    """The open question."""
    expect(visitor.question).to_have_attribute("placeholder", "Your answer")
    return visitor.page.locator("#live").get_by_test_id("bot").last


def option(visitor: Visitor, label: str) -> Locator:
    return visitor.page.locator("#live .option").filter(has_text=label)


def test_an_answer_is_chosen_or_typed_in_any_page_of_the_chat(visit, serve):
    server = serve([CITY, "It is **nice** there.", TWO, "I see."])
    visitor = visit(**DESK)
    visitor.connect(server)
    visitor.ask("How is the weather?")
    expect(question(visitor)).to_contain_text("The agent asks you: Which city do you mean?")
    expect(visitor.doing).to_have_text("Waiting for your answer")
    expect(visitor.page.locator("#stop")).to_be_visible()
    keep_screenshot(visitor, "desk-asked")
    visitor.reload()
    expect(question(visitor)).to_contain_text("Which city do you mean?")
    other = Visitor(visitor.context, visitor.page.url)
    expect(question(other)).to_contain_text("Which city do you mean?")
    option(other, "Bonn on the Rhine").click()
    for page in (visitor, other):
        page.wait_until_done()
        expect(page.answers).to_have_text([f"{ANSWERED}Bonn on the Rhine", "It is nice there."], use_inner_text=True)
        expect(page.question).to_have_attribute("placeholder", "Ask a question")
    assert other.errors == []
    other.page.close()  # a page in the background draws slowly
    assert "Bonn on the Rhine" in server.requests[1].body["messages"][-1]["content"]
    keep_screenshot(visitor, "desk-answered")
    answer_two_at_once(visitor)
    assert f"tomorrow & {ODD}" in server.requests[3].body["messages"][-1]["content"]


def answer_two_at_once(visitor: Visitor) -> None:
    visitor.ask("Go on.")
    expect(question(visitor)).to_contain_text("The agent asks you: When?")
    visitor.question.fill("tomorrow")
    visitor.page.locator("#send").click()
    expect(question(visitor)).to_contain_text(ODD)
    expect(visitor.question).to_have_value("")
    expect(visitor.page.locator("#send")).to_be_visible()  # drawn a moment after the question
    visitor.send(" ")
    expect(visitor.problem).to_contain_text("Type an answer first.")
    assert not visitor.scrolls_sideways()
    visitor.send(ODD)
    visitor.wait_until_done()
    expect(visitor.answers.last).to_have_text("I see.")
    expect(visitor.questions).to_have_count(2)
    assert not visitor.scrolls_sideways()


def test_stop_while_it_waits_on_a_phone(visit, serve):
    visitor = visit(**PHONE)
    visitor.connect(serve([CITY, "Hello."]))
    visitor.ask("How is the weather?")
    expect(question(visitor)).to_contain_text("Which city do you mean?")
    for button in (option(visitor, "Bern"), visitor.page.locator("#send"), visitor.page.locator("#stop")):
        expect(button).to_be_in_viewport(ratio=1)
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "phone-asked")
    visitor.stop()
    expect(visitor.answers).to_contain_text(["No answer.", "Stopped."])
    expect(visitor.page.locator(".option")).to_have_count(0)
    assert visitor.get_answer("hello") == "Hello."


def test_an_address_that_came_from_nowhere_is_asked_for(revisit, serve):
    server = serve([code("visit_webpage('http://unheard-of.example/?q=secret')"), "I do without."])
    visitor = revisit()
    visitor.connect(server)
    visitor.ask("go")
    asked = visitor.page.locator("#live").get_by_test_id("bot").last
    expect(asked).to_contain_text("The agent asks to open a page of “unheard-of.example”.")
    expect(asked).to_contain_text("http://unheard-of.example/?q=secret")
    option(visitor, "No").click()
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(["✗ “unheard-of.example” was not allowed.", "I do without."])


def test_a_press_too_many_does_not_answer_the_next_question(revisit, serve):
    """A model can have a permission asked for where the buttons of its own question just stood."""
    visitor = revisit()
    visitor.connect(serve([code("ask_user('Which one?', ['Red', 'Blue'])\nimport socket"), "I do without."]))
    visitor.page.evaluate(NOTE_NEW_BUTTONS)
    visitor.ask("go")
    options = visitor.page.locator("#live .option")
    options.get_by_text("Red").click()
    expect(options).to_have_text(["Allow once", "Allow for this chat", "No"])
    options.get_by_text("No", exact=True).click()  # waits until it can be pressed
    visitor.wait_until_done()
    expect(visitor.chat).to_contain_text("“socket” was not allowed.")
    assert visitor.page.evaluate("window.atFirst") == {"Red Blue": "none", "Allow once Allow for this chat No": "none"}

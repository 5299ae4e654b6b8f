"""Several questions in one chat, and a new chat."""

from playwright.sync_api import Route, expect

from tests.browser.visitor import code
from tests.doubles.openai_server import Reply

# Press Enter again and again until the question is taken, and so at the first moment at which it can be.
IMPATIENT = """question => new Promise(resolve => {
    const box = document.querySelector("#question textarea");
    box.value = question;
    box.dispatchEvent(new Event("input"));
    const press = () => {
        if (!box.value) return resolve();
        box.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter" }));
        requestAnimationFrame(press);
    };
    press();
})"""


def test_variables_and_memory_stay_until_the_chat_is_left(revisit, serve):
    show = code("final_answer(f\"the variable is {globals().get('kept', 'gone')}\")")
    server = serve([code("kept = 'here'"), "Noted.", show, show])
    visitor = revisit()
    visitor.connect(server)
    assert visitor.get_answer("keep it") == "Noted."
    assert visitor.get_answer("where is it?") == "the variable is here"
    told = [message["content"] for message in server.requests[2].body["messages"]]
    assert [told[1], told[-2]] == ["keep it", "Noted."]
    assert "where is it?" in told[-1]
    visitor.begin_anew()
    expect(visitor.questions).to_have_count(0)
    expect(visitor.chat).to_contain_text("you can watch every step")
    expect(visitor.page.locator("#meter")).to_have_text("")
    assert visitor.get_answer("where is it now?") == "the variable is gone"
    told = [message["content"] for message in server.requests[3].body["messages"]]
    assert told[1:] == ["where is it now?"]


def test_a_question_that_is_sent_the_moment_the_last_one_is_answered(revisit, serve):
    numbers = range(6)
    visitor = revisit()
    visitor.connect(serve([Reply(f"Answer {number}.", delay=0.1) for number in numbers]))
    for number in numbers:
        visitor.page.evaluate(IMPATIENT, f"question {number}")
        expect(visitor.questions).to_have_count(number + 1)
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text([f"Answer {number}." for number in numbers])


def test_a_setting_that_is_saved_late_does_not_lose_the_chat(visit, serve):
    visitor = visit()
    visitor.connect(serve(["The first.", "The second.", "The third."]))
    visitor.get_answer("one")
    visitor.begin_anew()
    expect(visitor.questions).to_have_count(0)
    late: list[Route] = []
    visitor.page.route("**/queue/join*", lambda route: route.continue_() if late else late.append(route))
    with visitor.page.expect_request("**/queue/join*") as saving:
        visitor.field("model").fill("openai/slow")
        visitor.field("model").blur()
    assert visitor.get_answer("two") == "The second."
    with visitor.page.expect_response(lambda response: response.request == saving.value):
        late[0].continue_()
    assert visitor.get_answer("three") == "The third."
    visitor.reload()
    expect(visitor.answers).to_have_text(["The second.", "The third."])
    expect(visitor.field("model")).to_have_value("openai/slow")

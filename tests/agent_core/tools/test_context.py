"""What tools can do inside a call: ask the person, and open addresses that the chat knows or the person allows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from agent_core.errors import ToolError
from agent_core.events import PermissionAsked, QuestionAnswered, QuestionAsked, ToolFinished, ToolStarted
from agent_core.net.url_allowlist import NamedBy
from agent_core.questions import AskUser, Question
from agent_core.sandbox import Policy, Sandbox
from agent_core.tools import context
from agent_core.tools.base import tool
from agent_core.tools.context.run_context import RunContext, run_context
from agent_core.tools.context.tool_context import ToolContext
from tests.support import Person


@tool(timeout=0.3)
async def ask_user(question: str, options: list[str] = []) -> str:  # noqa: B006
    """Ask."""
    return await context.ask(question, options)


@tool
async def visit(url: str) -> str:
    """Open."""
    await context.check_address(url)
    return "opened"


@tool
async def find(url: str) -> str:
    """Find."""
    context.learn_addresses([url], text="and https://linked.org/page.")
    return "found"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(tools=[ask_user, visit, find]) as sandbox:
        yield sandbox


@pytest.fixture
def chat() -> Any:
    """Let tools work for a chat."""
    before = run_context.get()

    def begin(ask_user: AskUser | None = None, hosts: tuple[str, ...] = ()) -> RunContext:
        run_context.set(current := RunContext(hosts, ask_user=ask_user))
        return current

    yield begin
    run_context.set(before)


async def run(box: Sandbox, code: str) -> tuple[list[Any], str]:
    """The events, and what was printed or went wrong."""
    async with aclosing(box.stream(code)) as stream:
        events: list[Any] = [event async for event in stream]
    done = events.pop()
    return events, done.error.message if done.error else done.stdout.strip()


async def test_the_answer_is_the_result_however_long_it_takes(box: Sandbox, chat: Callable[..., RunContext]):
    asked: list[Question] = []

    async def answer(question: Question) -> str:
        asked.append(question)
        await asyncio.sleep(0.5)  # longer than the tool may take
        return " blue \n"

    chat(answer)
    events, printed = await run(box, "print(ask_user(' Which? ', ['red', 'blue', ' ']))")
    assert printed == "blue"
    assert asked == [Question(asked[0].id, "Which?", ("red", "blue"))]
    assert events[1:3] == [
        QuestionAsked(asked[0].id, "Which?", ("red", "blue")),
        QuestionAnswered(asked[0].id, "blue"),
    ]


async def test_after_the_answer_the_clock_goes_on(box: Sandbox, chat: Callable[..., RunContext]):
    async def answer(question: Question) -> str:
        await asyncio.sleep(0.4)
        return "yes"

    @tool(timeout=0.3)
    async def slow() -> None:
        """Ask and hang."""
        await asyncio.gather(context.ask("One?"), context.ask("Two?"))
        await asyncio.sleep(60)

    chat(answer)
    box.tools = [slow]
    events, told = await run(box, "slow()")
    assert told == "ToolError: slow gave no result within 0.3 seconds."
    assert [event.answer for event in events if isinstance(event, QuestionAnswered)] == ["yes", "yes"]


async def test_nobody_to_ask_no_question_and_no_answer(
    box: Sandbox, chat: Callable[..., RunContext], monkeypatch: pytest.MonkeyPatch
):
    async def silent(question: Question) -> str:
        return "  "

    async def late(question: Question) -> str:
        await asyncio.sleep(60)
        return "too late"

    async def broken(question: Question) -> str:
        raise OSError("the page is gone")

    assert "Nobody can be asked" in (await run(box, "ask_user('Who?')"))[1]
    chat(silent)
    assert "There is no question" in (await run(box, "ask_user('  ')"))[1]
    monkeypatch.setattr("agent_core.tools.context.asking.ANSWER_SECONDS", 0.05)
    for person in (silent, late, broken):
        chat(person)
        events, told = await run(box, "ask_user('Who?')")
        assert told.startswith("ToolError: The user gave no answer.")
        assert not next(event for event in events if isinstance(event, QuestionAnswered)).answer


async def test_a_stop_in_mid_question_ends_it(box: Sandbox, chat: Callable[..., RunContext]):
    ended = asyncio.Event()

    async def wait(question: Question) -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return ""

    chat(wait)
    code = (
        "import threading, time\nthreading.Thread(target=ask_user, args=['Who?'], daemon=True).start()\ntime.sleep(0.3)"
    )
    events, _ = await run(box, code)
    asked = next(event for event in events if isinstance(event, QuestionAsked))
    assert QuestionAnswered(asked.question_id, None) in events
    assert ended.is_set()
    stream = box.stream("ask_user('Who?')")
    ended.clear()
    while not isinstance(await anext(stream), QuestionAsked):
        pass
    await stream.aclose()
    assert ended.is_set()


async def test_known_addresses_are_opened_unasked(box: Sandbox, chat: Callable[..., RunContext]):
    current = chat(hosts=("listed.org", "*.wide.org"))
    current.addresses.add_from("Read https://user.org/page, please.", NamedBy.PERSON)
    code = """
find('https://found.org/a')
for url in ('https://user.org/page', 'http://www.user.org/page/#x', 'https://found.org/a', 'https://linked.org/page',
            'https://listed.org/any?x=1', 'https://a.wide.org/'):
    print(visit(url))
"""
    assert (await run(box, code))[1].split() == ["opened"] * 6
    for url in ("https://user.org/page?x=secret", "https://listed.org:8080/", "https://wide.org/"):
        assert (await run(box, f"visit({url!r})"))[1].startswith(f"ToolError: Opening {url} was not allowed")


@pytest.mark.parametrize("url", ["", "x.org", "ftp://x.org/", "https://", "https://[x/", "file:///etc/passwd"])
async def test_what_is_no_web_address_is_told(box: Sandbox, chat: Callable[..., RunContext], url: str):
    chat()
    assert "is not an address that starts with http" in (await run(box, f"visit({url!r})"))[1]


async def test_once_is_for_the_address_that_was_shown_and_always_for_its_host(
    box: Sandbox, chat: Callable[..., RunContext]
):
    chat()
    person = Person("once", "once", "deny", "always")
    box.policy = Policy(ask=person)
    events, printed = await run(
        box, "print(visit('https://x.org/a'), visit('https://x.org/a'), visit('https://x.org/b'))"
    )
    assert printed == "opened opened opened"
    assert [event.name for event in events if isinstance(event, PermissionAsked)] == ["x.org", "x.org"]
    assert "https://x.org/a" in person.asked[0].meaning
    assert "https://x.org/b" in person.asked[1].meaning
    assert (await run(box, "print(visit('https://x.org/b'))"))[1] == "opened"
    events, told = await run(box, "visit('https://x.org/c')")
    assert "was not allowed" in told
    assert "was not allowed" in str([event.error for event in events if isinstance(event, ToolFinished)])
    assert (await run(box, "print(visit('https://x.org/c'), visit('https://x.org:443/d'))"))[1] == "opened opened"
    assert (await run(box, "print(visit('https://x.org/e'))"))[1] == "opened"
    assert person.permissions == [("address", "x.org")] * 4


async def test_nobody_is_asked_about_an_address_that_cannot_be_shown_whole(
    box: Sandbox, chat: Callable[..., RunContext]
):
    chat()
    box.policy = Policy(ask=(person := Person()))
    assert "too long to ask" in (await run(box, "visit('https://x.org/?' + 'a' * 990 + 'secret')"))[1]
    assert not person.asked


async def test_outside_of_a_call_everything_is_open():
    await context.check_address("https://x.org/")
    context.learn_addresses(["https://x.org/"])
    context.report("nobody hears it")
    assert not context.cancelled()
    with pytest.raises(ToolError, match="Nobody can be asked"):
        await context.ask("Who?")


async def test_a_call_that_is_cancelled_has_an_end_too():
    events: list[Any] = []

    async def deny(*_: str) -> bool:
        return False

    async def work() -> None:
        with ToolContext("wait", events.append, deny).running({"seconds": 60}):
            await asyncio.sleep(60)

    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait([working])
    assert [type(event) for event in events] == [ToolStarted, ToolFinished]
    assert events[1].error == "The step ended before the result came."

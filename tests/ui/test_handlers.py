"""The handlers, with real agents and a loopback service, but without a browser."""

import asyncio
import json
import secrets
import socket
from typing import Any

import gradio as gr
import pytest
from huggingface_hub import constants
from pydantic import SecretStr

from agent_core import Store, StoreError
from agent_core.events import RunFinished
from agent_core.permissions import PermissionRequest
from agent_core.questions import Question
from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine
from demo.recorded_steps import RecordedCodeAgent
from tests.doubles.mcp_server import Answer, McpDouble
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.ui.support import SECRET, request_of
from ui.chats import Chat, Chats
from ui.config import Config
from ui.going_back import GoingBack
from ui.handlers import Handlers
from ui.input_checks import LONGEST_TEXT
from ui.loop_lag import LoopLag
from ui.owners import person_of
from ui.pace import Pace
from ui.settings.kept import restore
from ui.settings.settings import FIELDS
from ui.tool_sources.owner_tools import OwnerTools
from ui.watching import Watching

SIGNED_IN = gr.OAuthToken("hf_oauth_canary", "inference-api", 2**31)
HISTORY, LIVE, BOX, SEND, STOP, METER, NOTICE, VERSION, DOING = range(9)


class Page:
    """One browser's side of the handlers."""

    def __init__(self, config: Config, chats: Chats, visitor: str = "192.0.2.1", secret: str = SECRET) -> None:
        self.handlers = Handlers(config, chats, OwnerTools({}), Pace(LoopLag()))
        self.watching = Watching(config, chats, Pace(LoopLag()))
        self.chats = chats
        self.request = request_of(visitor, secret=secret, session=secrets.token_hex())
        self.person = person_of(self.request, config)
        self.chat_id, self.begun = "", False

    async def ask(
        self, question: str, *files: str, key: str = "", oauth: gr.OAuthToken | None = None, **settings: Any
    ) -> None:
        box, values = {"text": question, "files": list(files)}, restore(settings, Config())
        ask = self.handlers.ask(box, self.chat_id, key, {}, oauth, "", self.request, *values)
        self.chat_id, self.begun, *_ = await ask

    async def watch(self) -> list[list[Any]]:
        async with asyncio.timeout(30):
            return [view async for view in self.watching.watch(self.chat_id, self.request)]

    @property
    def chat(self) -> Chat:
        chat = self.chats.find_open(self.chat_id, self.person.owner)
        assert chat is not None
        return chat


@pytest.fixture
async def page(chats_with) -> Page:
    return Page(Config(), await chats_with())


def hub_at(server: OpenAIServer) -> dict[str, Any]:
    return {"source": "hub", "model": "test", "address": server.url}


def sent_key(server: OpenAIServer) -> str:
    return server.requests[-1].headers["authorization"].removeprefix("Bearer ")


def texts(update: dict[str, Any] | list[Any]) -> list[str]:
    """What was said, without the button under a question and the row under an answer."""
    messages = update["value"] if isinstance(update, dict) else update
    said = [message["content"].partition('<span class="turn-bar">')[0] for message in messages]
    return [text for text in said if 'class="answer-bar"' not in text]


def goes_on(view: list[Any]) -> bool:
    """Whether a view shows a turn in progress."""
    return isinstance(view[LIVE], list) or view[LIVE]["visible"]


async def test_a_question_is_answered_and_what_was_finished_travels_once_a_turn(page, serve):
    server = serve(["First answer.", Reply("The second answer, word by word. " * 4, delay=0.02)])
    await page.ask("one", **hub_at(server))
    await page.watch()
    await page.ask("two", **hub_at(server))
    views = await page.watch()
    running = [view for view in views if goes_on(view)]
    assert len(running) > 2
    histories = [view[HISTORY] for view in views if "value" in view[HISTORY]]
    assert [texts(history)[:2] for history in histories] == [["one", "First answer."]], "the page has the first turn"
    assert len(texts(histories[0])) == 4
    assert {texts(view[LIVE])[0] for view in running} == {"two"}
    assert (running[0][SEND]["visible"], running[0][STOP]["visible"]) == (False, True)
    for view in running[1:]:
        assert view[BOX : STOP + 1] == [gr.skip()] * 3, "the box that is typed into is left alone"
    last = views[-1]
    doing = [view[DOING] for view in views if view[DOING] != gr.skip()]
    assert doing[-2:] == ["Writing", ""] and doing.count("Writing") == 1, "what stands there already is left alone"
    assert (last[LIVE]["visible"], last[SEND]["visible"], last[STOP]["visible"]) == (False, True, False)
    assert last[METER].startswith("1 request · 12 tokens · ") and last[METER].endswith("whole chat 24 tokens")


async def test_what_was_finished_travels_again_to_a_page_that_showed_something_else(page, serve):
    server = serve(["First answer.", "Second answer."])
    await page.ask("one", **hub_at(server))
    first = page.chat_id
    histories = [(await page.watch())[-1][HISTORY], (await page.watch())[-1][HISTORY]]
    page.chat_id = ""
    await page.ask("two", **hub_at(server))
    histories.append((await page.watch())[-1][HISTORY])
    page.chat_id = first
    histories.append((await page.watch())[-1][HISTORY])
    page.request = request_of("192.0.2.1", secret=SECRET, session=secrets.token_hex())  # reloaded
    histories.append((await page.watch())[-1][HISTORY])
    shown = [texts(history)[0] if "value" in history else "" for history in histories]
    assert shown == ["one", "", "two", "one", "one"]


async def test_what_a_run_brought_that_went_on_and_was_over_before_it_was_seen_reaches_the_page(page, serve):
    server = serve([Reply("One,", finish="length"), Reply(" two,", finish="length")])
    values = restore(hub_at(server), Config())
    await page.ask("one", **hub_at(server))
    before = (await page.watch())[-1]
    act = GoingBack(Config(), page.chats, page.handlers).act
    await act("go_on 0", page.chat_id, "", {}, None, page.request, *values)
    async for _ in page.chat.session.follow():
        pass
    (after,) = await page.watch()
    assert "value" in after[HISTORY] and texts(after[HISTORY]) != texts(before[HISTORY])


async def test_a_server_that_counts_more_tokens_than_there_are_is_shown_all_the_same(page, serve):
    await page.ask("one", **hub_at(serve([Reply("Hello.", usage=(10**40, 1))])))
    last = (await page.watch())[-1]
    assert texts(last[HISTORY])[:2] == ["one", "Hello."] and "tokens" in last[METER]


async def test_the_welcome_is_there_again_while_a_chat_has_no_question_left(page, serve):
    server = serve(["First answer.", Reply("Second answer. " * 8, delay=0.02)])
    await page.ask("one", **hub_at(server))
    await page.watch()
    await page.chat.session.go_back(0)
    (emptied,) = await page.watch()
    assert (emptied[HISTORY]["value"], emptied[HISTORY]["visible"]) == ([], True)
    await page.ask("two", **hub_at(server))
    histories = [view[HISTORY] for view in await page.watch()]
    assert [history["visible"] for history in histories if "visible" in history] == [False, True]


async def test_a_watch_that_leaves_late_does_not_say_what_the_page_shows(page, serve, monkeypatch):
    monkeypatch.setattr("ui.watching._LONGEST_WAIT", 0.01)
    server = serve(["First answer.", "Second answer."])
    await page.ask("one", **hub_at(server))
    await page.watch()
    first, late = page.chat_id, page.watching.watch(page.chat_id, page.request)
    await anext(late)
    page.chat_id = ""
    await page.ask("two", **hub_at(server))
    await page.watch()
    assert [view async for view in late] == []
    page.chat_id = first
    (again,) = await page.watch()
    assert texts(again[HISTORY])[0] == "one", "the page showed the other chat"


async def test_a_browser_without_a_chat_sees_the_welcome(page):
    for unknown in ("", "made-up", None):
        page.chat_id = unknown
        ((history, live, _, send, stop, meter, notice, version, doing),) = await page.watch()
        assert (history["value"], history["visible"], live["visible"]) == ([], True, False)
        assert (meter, version, doing) == ("", "", "")
        assert notice.startswith("There is no such chat") == bool(unknown)
        assert (send["visible"], stop["visible"]) == (True, False)
        await page.handlers.stop(unknown, page.request)


async def test_a_question_in_mid_run_changes_nothing(page, serve):
    server = serve([Reply("never", fault="hang")])
    await page.ask("one", **hub_at(server))
    model = page.chat.session.agent.model
    with pytest.raises(gr.Error, match="An answer is already in progress"):
        await page.ask("two", source="demo")
    assert page.chat.session.agent.model is model


async def test_files_go_with_the_question_and_too_many_are_refused(page, serve, tmp_path, monkeypatch):
    server = serve(["Seen."])
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))  # where uploads lie
    (tmp_path / "a.csv").write_text("1\n")
    with pytest.raises(gr.Error, match="You added 11 files"):
        await page.ask("look", *["a.csv"] * 11, **hub_at(server))
    assert page.chat_id == ""
    await page.ask("look", str(tmp_path / "a.csv"), **hub_at(server))
    last = (await page.watch())[-1]
    shown = texts(last[HISTORY])[0]
    assert f'href="{page.chat.assets.files_at}/a.csv"' in shown and shown.endswith("look")
    assert "a.csv (text/csv" in str(server.requests[0].body["messages"][-1]["content"])


async def test_the_watch_of_a_chat_that_is_left_shows_nothing_more_and_its_run_goes_on(page, serve):
    server = serve([Reply("never", fault="hang"), "Two."])
    await page.ask("one", **hub_at(server))
    left, watch = page.chat, page.watching.watch(page.chat_id, page.request)
    assert "one" in texts((await anext(watch))[LIVE])
    page.chat_id = ""
    empty = asyncio.create_task(page.watch())
    assert [view async for view in watch] == []
    assert (await empty)[0][HISTORY]["value"] == []
    assert left.session.running
    await page.ask("two", **hub_at(server))
    assert texts((await page.watch())[-1][HISTORY]) == ["two", "Two."]
    assert page.chat_id != left.id and left.session.running


async def test_of_many_watches_that_begin_at_once_only_the_last_shows_its_chat(page, serve):
    server = serve([Reply("never", fault="hang")] * 2)
    await page.ask("one", **hub_at(server))
    first, page.chat_id = page.chat_id, ""
    await page.ask("two", **hub_at(server))
    shown: list[list[Any]] = []

    async def show(chat_id: str) -> None:
        async for view in page.watching.watch(chat_id, page.request):
            shown.append(view)

    watches = [asyncio.create_task(show(chat_id)) for chat_id in (first, page.chat_id) * 3]
    await asyncio.wait(watches[:-1])
    async with asyncio.timeout(20):
        while not shown or shown[-1][LIVE] == gr.skip():
            await asyncio.sleep(0.02)
    assert "two" in texts(shown[-1][LIVE]) and len(shown) >= len(watches), "each says something"
    await page.handlers.stop(page.chat_id, page.request)
    await watches[-1]


async def test_nobody_sees_or_touches_anothers_chat(page, serve):
    server = serve([Reply("never", fault="hang"), "Mine."])
    await page.ask("one", **hub_at(server))
    chat = page.chat
    for secret in ("o" * 43, ""):
        other = Page(Config(), page.chats, secret=secret)
        other.chat_id = chat.id
        ((history, *_, notice, version, _),) = await other.watch()
        assert (history["value"], version) == ([], "") and notice.startswith("There is no such chat")
        await other.handlers.stop(chat.id, other.request)
        await other.handlers.key_typed(chat.id, "sk-x", other.request)
        values = restore(hub_at(server), Config())
        with pytest.raises(gr.Error, match="There is no such chat" if secret else "keeps no cookies"):
            await GoingBack(Config(), page.chats, other.handlers).act(
                "go_on 0", chat.id, "", {}, None, other.request, *values
            )
        if secret:
            await other.ask("two", **hub_at(server))
            assert other.chat_id != chat.id, "who asks there gets a chat of their own"
        else:
            with pytest.raises(gr.Error, match="Your browser keeps no cookies for this page"):
                await other.ask("two", **hub_at(server))
    assert chat.session.running and len(page.chats.states(page.person.owner)) == 1


async def test_what_cannot_be_kept_is_said_until_it_can(page, serve, monkeypatch):
    server = serve([Reply("One, two, three, four. " * 4, delay=0.1), "Again."])
    await page.ask("one", **hub_at(server))

    async def failing(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(Store, "write", failing)
        views = await page.watch()
    notices = [view[NOTICE] for view in views if view[NOTICE] != gr.skip()]
    assert notices[-1] == "⚠️ The disk is full." and views[-1][VERSION] == page.chat.version()
    await page.ask("two", **hub_at(server))
    notices = [view[NOTICE] for view in await page.watch() if view[NOTICE] != gr.skip()]
    assert notices[-1] == ""


async def test_what_a_server_says_of_its_failure_is_shown_as_text(page, serve, monkeypatch):
    refusal = {"code": 1, "message": "<img src=x onerror=alert(1)>"}
    warnings: list[str] = []
    monkeypatch.setattr(gr, "Warning", warnings.append)
    with McpDouble() as server:
        body = json.dumps({"jsonrpc": "2.0", "id": 0, "error": refusal}).encode()
        server.answer = Answer(body=body, headers={"content-type": "application/json"})
        tool = {"own": "it", "name": "it", "fingerprint": "0"}
        added = json.dumps({"kind": "mcp", "location": server.url, "tools": [tool]})
        await page.ask("Hello", **hub_at(serve(["Hi."])), added=[added], tools=["it"])
        await page.watch()
    assert len(warnings) == 1 and "&lt;img src=x onerror=alert(1)&gt;" in warnings[0]


async def test_a_key_stays_in_its_chat_and_goes_only_where_it_was_typed_for(page, serve):
    here, there = serve(["One.", "Two."]), serve(["Three.", "Four."])
    await page.ask("one", key=" hf_canary ", **hub_at(here))
    await page.watch()
    await page.ask("two", **hub_at(here))
    await page.watch()
    assert [request.headers["authorization"] for request in here.requests] == ["Bearer hf_canary"] * 2
    await page.ask("three", **hub_at(there))
    await page.watch()
    assert "canary" not in sent_key(there)
    page.chat_id = ""
    await page.ask("four", **hub_at(there))
    await page.watch()
    assert "canary" not in sent_key(there)


async def test_a_key_for_one_provider_is_not_sent_to_another(page, serve, monkeypatch):
    here, there = serve(["One."]), serve(lambda _: "Two.")
    monkeypatch.setenv("OPENAI_API_BASE", here.url)
    monkeypatch.setenv("DEEPSEEK_API_BASE", there.url)
    await page.ask("one", key="sk-canary", source="litellm", model="openai/test")
    await page.watch()
    assert sent_key(here) == "sk-canary"
    await page.ask("two", source="litellm", model="deepseek/deepseek-chat")
    await page.watch()
    assert not any("canary" in str(request.headers) for request in there.requests)


async def test_a_sign_in_to_the_hub_goes_only_there(page, serve):
    server = serve(["One."])
    await page.ask("one", oauth=SIGNED_IN, **hub_at(server))
    await page.watch()
    assert "canary" not in sent_key(server)


async def test_who_has_signed_in_pays_for_the_sandbox_of_their_own_chat_and_nobody_else(chats_with, serve):
    hosted = {"space_id": "owner/name", "public": False, "sandbox": "hf"}
    config = Config(**hosted)
    page = Page(config, await chats_with(**hosted))
    with pytest.raises(gr.Error, match="Your Hugging Face account pays for the Sandbox"):
        await page.ask("one", **hub_at(serve(["One."])))
    await page.ask("one", oauth=SIGNED_IN, **hub_at(serve(["One."])))
    await page.watch()
    engine = page.chat.session.agent.engine
    assert isinstance(engine, HuggingFaceEngine)
    assert engine.token == SIGNED_IN.token and "the visitor's account pays" in engine.place
    await page.ask("two", agent="tools", **hub_at(serve(["Two."])))
    await page.watch()
    assert engine.token == "", "who has signed out pays no more"
    stranger = Page(config, page.chats, secret="o" * 43)
    await stranger.ask("one", source="demo")
    await stranger.watch()
    assert isinstance(stranger.chat.session.agent, RecordedCodeAgent)

    hosted["sandbox_token"] = SecretStr("hf_owner")
    page = Page(Config(**hosted), await chats_with(**hosted))
    await page.ask("one", oauth=SIGNED_IN, **hub_at(serve(["One."])))
    await page.watch()
    engine = page.chat.session.agent.engine
    assert isinstance(engine, HuggingFaceEngine) and engine.token == "hf_owner"


async def test_the_label_and_the_ways_on_are_there_while_the_demo_would_answer(page, monkeypatch):
    async def is_labelled(source: str, key: str = "", oauth: gr.OAuthToken | None = None) -> bool:
        label, ways_on, name = await page.handlers.label("", key, source, "", oauth, page.request)
        assert label["visible"] == ways_on["visible"] == (name == "Demo")
        return label["visible"]

    with socket.create_server(("127.0.0.1", 0)) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{hub.getsockname()[1]}")
        assert await is_labelled("demo") and await is_labelled("auto")
        assert not await is_labelled("auto", key="hf_x")
        assert not await is_labelled("auto", oauth=SIGNED_IN)
        assert not await is_labelled("litellm") and not await is_labelled("hub")
    assert await is_labelled("auto", key="hf_x"), "without a network the demo answers"


async def test_only_the_browser_of_the_chat_decides_and_only_about_what_is_asked(page):
    stranger = Page(Config(), page.chats, secret="o" * 43)
    chat, elsewhere = [await page.chats.open(page.person, "a question") for _ in range(2)]
    page.chat_id = chat.id
    request = PermissionRequest("r1", "import", "socket", "It opens connections.")
    waiting = asyncio.create_task(chat.session.ask(request))
    await asyncio.sleep(0)

    async def press(chat_id: str | None, value: object, sender: Page = page) -> None:
        await sender.handlers.decide(chat_id, gr.SelectData(None, {"index": 0, "value": value}), sender.request)
        await asyncio.sleep(0)

    await press(page.chat_id, "always r1", stranger)
    for chat_id, value in ((elsewhere.id, "always r1"), ("made-up", "always r1"), (None, "always r1")):
        await press(chat_id, value)
    for value in ("always r2", "always", "r1", None, ["always r1"]):
        await press(page.chat_id, value)
    assert not waiting.done()
    await press(page.chat_id, "always r1")
    assert await waiting == "always"
    await press(page.chat_id, "deny r1")


async def test_what_is_typed_or_pressed_answers_the_open_question_of_this_chat(page):
    chat, elsewhere = [await page.chats.open(page.person, "a question") for _ in range(2)]
    page.chat_id = chat.id
    questions = [Question(name, "Which city?", ("Bern",)) for name in ("q1", "q2")]
    first, second = (asyncio.create_task(chat.session.ask_user(question)) for question in questions)
    await asyncio.sleep(0)
    for chat_id, value in (
        (elsewhere.id, "answer q1 Bern"),
        (page.chat_id, "answer q3 Bern"),
        (page.chat_id, "always q1"),
    ):
        await page.handlers.decide(chat_id, gr.SelectData(None, {"index": 0, "value": value}), page.request)
    with pytest.raises(gr.Error, match=r"Type an answer first\."):
        await page.ask(" ")
    with pytest.raises(gr.Error, match="An answer cannot have files"):
        await page.ask("Bonn", "picture.png")
    assert not first.done()
    await page.ask(" Bonn ")
    assert (await first, page.begun) == ("Bonn", False)
    watch = page.watching.watch_if_begun(page.chat_id, page.begun, page.request)
    assert [view async for view in watch] == [[gr.skip()] * 9]
    event = gr.SelectData(None, {"index": 0, "value": "answer q2 Bern"})
    await page.handlers.decide(page.chat_id, event, page.request)
    assert await second == "Bern"


@pytest.mark.parametrize(
    ("question", "settings", "sentence"),
    [
        (" \n", {}, "Type a question first."),
        ("x" * (LONGEST_TEXT + 1), {}, "The question is too long: it has 50,001 characters; at most 50,000 fit."),
        ("hello", {"source": "litellm"}, "Name the model in the settings"),
    ],
)
async def test_what_cannot_be_asked_is_explained_and_opens_no_chat(page, question, settings, sentence, monkeypatch):
    opened: list[Chats] = []
    monkeypatch.setattr(Chats, "open", opened.append)
    with pytest.raises(gr.Error, match=sentence):
        await page.ask(question, **settings)
    assert page.chat_id == "" and opened == []


async def test_one_visitor_has_so_many_runs_and_is_told(chats_with, serve):
    server = serve([Reply("never", fault="hang")] * 2)
    chats = await chats_with(runs_per_visitor=1, runs=2)
    page = Page(Config(), chats)
    await page.ask("one", **hub_at(server))
    second = Page(Config(), chats)
    with pytest.raises(gr.Error, match="1 question of yours is being worked on already"):
        await second.ask("two", **hub_at(server))
    assert second.chat_id == "" and len(chats._chats) == 1
    await page.handlers.stop(page.chat_id, page.request)
    await second.ask("two", **hub_at(server))


async def test_where_all_places_are_taken_runs_wait_and_show_how_many_are_before_them(chats_with, serve):
    server = serve([Reply("never", fault="hang"), "Third."])
    chats = await chats_with(runs=1)
    first = Page(Config(), chats, "192.0.2.1")
    others = [Page(Config(), chats, f"192.0.2.{number}") for number in (2, 3)]
    await first.ask("one", **hub_at(server))
    for page, question in zip(others, ("two", "three"), strict=True):
        await page.ask(question, **hub_at(server))
    watches = [page.watching.watch(page.chat_id, page.request) for page in others]
    for watch, before, question in zip(watches, (1, 2), ("two", "three"), strict=True):
        view = await anext(watch)
        assert texts(view[LIVE]) == [question]
        assert f"You are number {before} in the queue." in view[DOING]
        assert view[STOP]["visible"]
    await others[0].handlers.stop(others[0].chat_id, others[0].request)
    last = [view async for view in watches[0]][-1]
    assert texts(last[HISTORY])[0] == "two" and "Stopped" in texts(last[HISTORY])[-1]
    await first.handlers.stop(first.chat_id, first.request)
    async with asyncio.timeout(30):
        last = [view async for view in watches[1]][-1]
    assert texts(last[HISTORY]) == ["three", "Third."]


async def test_who_leaves_while_the_run_waits_keeps_the_place_until_it_has_begun(chats_with, serve):
    server = serve([Reply("never", fault="hang")] * 2)
    chats = await chats_with(runs=1)
    first, second = Page(Config(), chats), Page(Config(), chats, "192.0.2.2")
    await first.ask("one", **hub_at(server))
    await second.ask("two", **hub_at(server))
    session = second.chat.session
    session._unviewed_seconds = 0.1
    await asyncio.sleep(0.5)
    assert session.running
    await first.handlers.stop(first.chat_id, first.request)
    async with asyncio.timeout(30):
        while session.running:
            await asyncio.sleep(0.02)
    end = session.log[-1]
    assert isinstance(end, RunFinished) and end.reason == "interrupted"
    assert (chats.runs.held, chats.runs.waiting) == (0, 0)


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "x" * 501},
        {"system_prompt": "x" * 100_001},
        {"imports": ["json"] * 201},
        {"hosts": ["x" * 201]},
        {"tools": ["x" * 201]},
        {"tools": ["x"] * 2_501},
        {"max_steps": 10**9},
    ],
)
async def test_settings_that_are_too_long_are_refused_with_a_sentence(page, settings):
    values = dict(zip(FIELDS, restore({}, Config()), strict=True)) | settings
    with pytest.raises(gr.Error, match=r"The setting “.*” cannot be used"):
        await page.handlers.ask({"text": "Hi", "files": []}, "", "", {}, None, "", page.request, *values.values())
    with pytest.raises(gr.Error, match="The key is too long"):
        await page.ask("Hi", key="k" * 2_001, source="demo")
    assert page.handlers._chats._chats == {}

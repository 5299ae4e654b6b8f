"""An agent of a program's own behind the page: who it answers, with what, and what is said when it cannot be made."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from gradio.exceptions import Error

from agent_core import CodeAgent, GlassboxError, HubModel, Policy, ToolCallingAgent, tool
from agent_core.permissions import PermissionRequest
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import Person, model_of
from tests.ui.support import SECRET, kept_chats, request_of
from ui.api.ask_service import AskService
from ui.chats import Chat, Chats
from ui.config import Config
from ui.handlers import Handlers
from ui.loop_lag import LoopLag
from ui.owners import person_of
from ui.pace import Pace
from ui.settings.kept import restore
from ui.settings.own_agent import OwnAgent
from ui.settings.settings import Settings
from ui.tool_sources.owner_tools import OwnerTools

CONFIG = Config()
OTHER_SECRET = "b" * 43


def code(text: str) -> str:
    return f"Next.\n```python\n{text}\n```"


@tool
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


class Page:
    """One browser's side of the handlers of a page around an agent."""

    def __init__(self, own: OwnAgent, chats: Chats, secret: str = SECRET) -> None:
        self.handlers = Handlers(CONFIG, chats, OwnerTools({}), Pace(LoopLag()), own)
        self.chats, self.request = chats, request_of("192.0.2.1", secret=secret)
        self.chat_id = ""

    @property
    def chat(self) -> Chat:
        chat = self.chats.find_open(self.chat_id, person_of(self.request, CONFIG).owner)
        assert chat is not None
        return chat

    async def ask(self, question: str, **settings: Any) -> str:
        """The answer to a question."""
        values = restore(settings, CONFIG)
        box = {"text": question, "files": []}
        self.chat_id, *_ = await self.handlers.ask(box, self.chat_id, "", {}, None, "", self.request, *values)
        async for _ in self.chat.session.follow():
            if asked := self.chat.session.asked:
                assert isinstance(asked, PermissionRequest)
                self.chat.session.decide(asked.id, "once")
        turn = self.chat.session.agent.memory.turns[-1]
        return turn.steps[-1].said


@pytest.fixture
async def page_of(tmp_path: Any) -> AsyncIterator[Callable[..., Awaitable[Page]]]:
    """Makes pages around an agent, whose chats are kept in one folder."""
    async with kept_chats(tmp_path / "data") as chats:

        async def make(own: OwnAgent, secret: str = SECRET) -> Page:
            chats._own = own
            return Page(own, chats, secret)

        yield make


def sent(server: OpenAIServer, number: int = -1) -> str:
    return str(server.requests[number].body["messages"])


async def test_it_answers_with_its_own_tools_and_prompt_whatever_a_browser_sends(page_of, serve):
    server = serve([code("print(double(21))"), "It is 42."])
    agent = CodeAgent(model_of(server), tools=[double], instructions="Be brief.")
    page = await page_of(OwnAgent(agent, title="Own"))
    others = {"system_prompt": "Be rude.", "instructions": "Be long.", "tools": ["web_search"], "agent": "tools"}
    assert await page.ask("What?", source="hub", model="else", address="http://127.0.0.1:9", **others) == "It is 42."
    assert "def double" in sent(server) and "Be brief." in sent(server) and "web_search" not in sent(server)
    assert "Be rude." not in sent(server) and "Be long." not in sent(server)
    assert not agent.memory.turns, "the agent itself has no part in the chats"


async def test_chats_share_nothing(page_of, serve):
    server = serve(lambda body: "Again." if "secret" in str(body["messages"]) else "New.")
    own = OwnAgent(CodeAgent(model_of(server)), title="Own")
    one, other = await page_of(own), await page_of(own, OTHER_SECRET)
    assert await one.ask("My secret is 17.") == "Again."
    assert await other.ask("What do you know?") == "New."
    assert await one.ask("What do you know?") == "Again."
    await one.chats.close(one.chat)
    assert await one.ask("And now?") == "Again.", "a chat that is kept is opened with the agent, too"


async def test_what_it_may_not_do_unasked_the_person_is_asked_or_whom_the_program_says(page_of, serve):
    server = serve(lambda body: code("import wave\nprint(1)") if len(body["messages"]) == 2 else "Done.")
    page = await page_of(OwnAgent(CodeAgent(model_of(server), policy=Policy(imports=[])), title="Own"))
    assert await page.ask("Go.") == "Done." and "not allowed" not in sent(server)
    asked = Person("deny")
    program = CodeAgent(model_of(server), policy=Policy(imports=[], ask=asked))
    page = await page_of(OwnAgent(program, title="Own"), OTHER_SECRET)
    await page.ask("Go.")
    assert asked.names == ["wave"]


async def test_a_function_is_given_what_the_person_may_set_for_each_chat_and_each_change(page_of, serve):
    server = serve(lambda _: "Yes.")
    made: list[Settings] = []

    def make(settings: Settings) -> ToolCallingAgent:
        made.append(settings)
        return ToolCallingAgent(model_of(server), instructions=settings.instructions)

    own = OwnAgent(make, title="Own", settings=["instructions"])
    one, other = await page_of(own), await page_of(own, OTHER_SECRET)
    for _ in range(2):
        await one.ask("Is it?", instructions="In German.", max_steps=3, system_prompt="Be rude.")
    assert "In German." in sent(server)
    await other.ask("Is it?")
    assert "In German." not in sent(server)
    await one.ask("Is it?", instructions="In French.")
    assert "In French." in sent(server) and sent(server).count("Is it?") == 3, "the chat goes on"
    assert [settings.instructions for settings in made] == ["", "In German.", "", "In French."]
    assert {settings.max_steps for settings in made} == {12} and "rude" not in str(made)


async def test_nobody_sets_more_than_the_owner_allows(page_of, serve):
    server, made = serve(lambda _: "Yes."), []

    def make(settings: Settings) -> CodeAgent:
        made.append(settings.memory_mb)
        return CodeAgent(model_of(server))

    own = OwnAgent(make, title="Own", settings=["memory_mb"])
    assert await own.make(Settings(memory_mb=10**9), Config(most_memory_mb=3_000))
    assert made[1:] == [3_000]


async def test_a_function_that_always_returns_the_same_agent_gives_each_chat_a_copy(page_of, serve):
    server = serve(lambda body: str(len(body["messages"])))
    agent = CodeAgent(model_of(server))
    own = OwnAgent(lambda _: agent, title="Own")
    for secret in (SECRET, OTHER_SECRET):
        assert await (await page_of(own, secret)).ask("How many?") == "2"
    assert not agent.memory.turns


@pytest.mark.parametrize("fails", [lambda: 1 / 0, lambda: None, lambda: "an agent"], ids=["raises", "none", "text"])
async def test_where_no_agent_is_made_the_person_is_told_so_and_the_log_has_why(page_of, serve, caplog, fails):
    agent = CodeAgent(model_of(serve(lambda _: "Yes.")))
    answers: list[Any] = [lambda: agent, fails, lambda: agent]
    page = await page_of(OwnAgent(lambda _: answers.pop(0)(), title="Own"))
    with pytest.raises(Error, match="The agent of this page cannot be made at the moment"), caplog.at_level("ERROR"):
        await page.ask("Is it?")
    assert not page.chat_id and page.chats.count == 0, "nothing is begun"
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info and "No agent was made for a chat" in record.message
    assert await page.ask("Is it?") == "Yes."


async def test_a_person_chooses_among_its_models_and_no_others(page_of, serve):
    one, other = serve(lambda _: "One."), serve(lambda _: "Other.")
    models = [HubModel("a/other", token="hf_owner", base_url=other.url)]
    agent = CodeAgent(HubModel("a/one", token="hf_owner", base_url=one.url))
    own = OwnAgent(agent, title="Own", models=models)
    page = await page_of(own)
    said = [await page.ask("Who?", model=name) for name in ("", "a/other", "openai/gpt", "a/one")]
    assert said == ["One.", "Other.", "One.", "One."]
    assert [page.handlers.label_of_own(name) for name in (None, "a/other", "?")] == ["one", "other", "one"]


async def test_a_function_that_goes_on_with_its_own_model_after_another_was_chosen(page_of, serve):
    first, second, other = [
        HubModel(name, token="hf_owner", base_url=serve(lambda _, said=said: said).url)
        for name, said in (("a/own", "0"), ("a/own", "1"), ("a/other", "other"))
    ]
    made = iter([first, second])
    own = OwnAgent(lambda _: CodeAgent(next(made)), title="Own", models=[other])
    page = await page_of(own)
    assert [await page.ask("Who?", model=name) for name in ("", "a/other", "a/own")] == ["1", "other", "1"]


async def test_agents_that_are_its_tools_work_for_each_chat_apart(page_of, serve):
    inner = serve(lambda body: str(len(body["messages"])))
    outer = serve(lambda body: code("final_answer(count('now'))"))
    helper = CodeAgent(model_of(inner))
    agent = CodeAgent(model_of(outer), tools=[helper.as_tool("count", "Counts.")])
    own = OwnAgent(agent, title="Own")
    for secret in (SECRET, OTHER_SECRET):
        page = await page_of(own, secret)
        await page.ask("How many?")
        assert "'2'" in str(page.chat.session.log)
    assert not helper.memory.turns


async def test_programs_ask_it_too_and_nobody_is_asked_then(serve):
    server = serve([code("import wave"), "No."])
    agent = CodeAgent(model_of(server), policy=Policy(imports=[]), instructions="Be brief.", tools=[double])
    own = OwnAgent(lambda _: agent, title="Doubler", description="Doubles numbers.")
    service = AskService(CONFIG, OwnerTools({}), own=own)

    async def tell(_: str) -> None: ...

    answer = await service.answer("What?", "", tell, set(), "somebody")
    assert answer.startswith("No.") and "Not allowed, because nobody could be asked" in answer
    assert "Be brief." in sent(server) and "The question comes from another program." in sent(server)
    assert service.summary.startswith("Asks the agent 'Doubler'. Doubles numbers. The answer is Markdown")


async def test_its_model_that_fails_is_said_in_the_chat(page_of, serve):
    page = await page_of(OwnAgent(CodeAgent(model_of(serve([Reply(status=401, error="no")]))), title="Own"))
    with pytest.raises(IndexError):  # there is no step
        await page.ask("Is it?")
    assert "The service refused the key" in str(page.chat.session.log[-1])


AGENT = CodeAgent(HubModel("a/model", token="hf_test"))


@pytest.mark.parametrize(
    ("agent", "more", "said"),
    [
        (None, {}, "launch needs an agent, such as .*, or a function .*; this is None"),
        ("CodeAgent", {}, "this is an object of the class str"),
        (CodeAgent, {}, "this is the class agent_core.agents.code.CodeAgent itself"),
        (lambda _: None, {}, "the function returned None"),
        (lambda _: 5, {}, "the function returned an object of the class int"),
        (AGENT, {"models": ["gpt"]}, "'gpt' is the name of a model, and no model. Make one of it: HubModel"),
        (
            AGENT,
            {"models": HubModel("a/b", token="hf_test")},
            "models are a list; this is an object of the class .*HubModel",
        ),
        (AGENT, {"models": [HubModel("a/b", token="t")] * 2}, "Two models have the name 'a/b'"),
        (AGENT, {"examples": "What?"}, "examples are a list; this is an object of the class str"),
        (AGENT, {"examples": ["What?", ""]}, "examples are a list of texts"),
        (AGENT, {"settings": ["instructions"]}, "Settings need a function that makes the agent"),
        (lambda _: AGENT, {"settings": ["source"]}, "There is no setting 'source' to show. Choose from: agent, "),
    ],
)
def test_what_is_no_agent_no_model_or_no_setting_is_said_at_once(agent, more, said):
    with pytest.raises(GlassboxError, match=said):
        OwnAgent(agent, **{"title": "Own", **more})


def test_an_error_of_the_function_at_the_start_is_its_own():
    with pytest.raises(ZeroDivisionError):
        OwnAgent(lambda _: 1 / 0, title="Own")  # type: ignore[arg-type, return-value]

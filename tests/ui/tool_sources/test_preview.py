"""What is found at a location, with real servers on loopback."""

import pytest

from agent_core import GlassboxError
from agent_core.integrations.spaces import space
from tests.doubles import gradio_app
from tests.doubles.gradio_app import GradioApp
from tests.ui.tool_sources.support import look
from ui.tool_sources.offers import ToolConnections
from ui.tool_sources.preview import look_at


async def test_that_a_space_has_more_tools_than_are_taken_is_said(hub, monkeypatch):
    monkeypatch.setattr(space, "MOST_TOOLS", 2)
    with GradioApp(gradio_app.offers()) as app:
        hub.add_app("ann/app", app.url)
        found = await look("ann/app", taken=[])
    assert len(found.tools) == 2
    assert found.notes == ("It has 12 more, which are left out.",)


async def test_a_name_that_is_taken_gets_a_word_for_its_server(server):
    found = await look(server.url, taken=["echo"])
    assert found.source.names[:2] == ["server_echo", "get_weather"]


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("", "Type a repository of Hugging Face as “owner/name”"),
        ("just-a-name", "Type a repository of Hugging Face as “owner/name”"),
        ("user/../../etc", "Type a repository of Hugging Face as “owner/name”"),
        ("ftp://example.org/mcp", "address"),
        ("user/nothing", "it does not exist, or it is private"),
        ("user/broken", "is not Python"),
        ("user/static", "holds no tool"),
    ],
)
async def test_where_there_are_no_tools_a_sentence_says_so(hub, location, sentence):
    hub.add("user/broken", tool_py="def")
    hub.add("user/static", README_md="nothing here")
    with pytest.raises(GlassboxError, match=sentence):
        await look(location, taken=[])


async def test_on_a_space_no_visitor_can_send_the_app_to_its_own_network(server):
    connections = ToolConnections(public=True)
    with pytest.raises(GlassboxError, match="not on the public web"):
        await look_at(server.url, connections, taken=[])
    await connections.close()
    assert server.requests == []

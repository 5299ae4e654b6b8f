"""How the location of tools is typed."""

import pytest

from ui.tool_sources.locations import read_location


@pytest.mark.parametrize(
    ("typed", "location"),
    [
        (" https://huggingface.co/spaces/user/shout/ ", "user/shout"),
        ("https://huggingface.co/user/shout", "user/shout"),
        ("user/shout/", "user/shout"),
        ("https://huggingface.co/mcp", "https://huggingface.co/mcp"),
        ("https://example.org/gradio_api/mcp/", "https://example.org/gradio_api/mcp/"),
    ],
)
def test_pages_of_repositories_and_the_hubs_own_server(typed, location):
    assert read_location(typed) == location

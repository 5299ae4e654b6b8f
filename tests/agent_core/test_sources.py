"""The numbers of what a chat has read."""

import pytest

from agent_core import ToolError, context
from agent_core.sources import MOST, Source, Sources


def test_a_page_has_one_number_however_its_address_is_written():
    sources = Sources()
    first = sources.add("https://www.example.org/a", "The  first\npage")
    assert first == Source(1, "https://www.example.org/a", "The first page")
    assert sources.add("http://example.org/a/#there") == first
    assert sources.add("https://me:pass@example.org/b") == Source(2, "https://example.org/b", "")
    assert str(first) == "[1] The first page — example.org"
    assert str(sources.add("https://example.org/b")) == "[2] example.org"


def test_numbers_go_on_where_they_were():
    sources, restored = Sources(), Sources()
    for name in "abc":
        sources.add(f"https://example.org/{name}", name)
    restored.restore(sources.dump()[1:])
    assert restored.add("https://example.org/b") == Source(2, "https://example.org/b", "b")
    assert restored.add("https://example.org/d") == Source(4, "https://example.org/d", "")


def test_there_are_so_many_and_no_more():
    sources = Sources()
    assert [sources.add(f"https://example.org/{number}") is None for number in range(MOST + 1)][-2:] == [False, True]


def test_only_web_addresses_are_sources():
    with pytest.raises(ToolError):
        Sources().add("file:///etc/passwd")
    assert context.add_source("https://example.org/") is None, "no agent has called"

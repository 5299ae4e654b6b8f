"""Which addresses a chat knows: those that were written or found, in all the ways to write them, and no others."""

import pytest

from agent_core.net import url_allowlist
from agent_core.net.url_allowlist import NamedBy, UrlAllowlist


def knowing(text: str, by: NamedBy = NamedBy.PAGE) -> UrlAllowlist:
    known = UrlAllowlist()
    known.add_from(text, by)
    return known


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("See [it](https://x.org/a).", "https://x.org/a"),
        ("See [it](https://x.org/a_(b)), there.", "https://x.org/a_(b)"),
        ("(https://x.org/p)", "https://x.org/p"),
        ("<https://x.org/q?a=1>", "https://x.org/q?a=1"),
        ("At https://x.org/p, or not?", "https://x.org/p"),
        ('"https://x.org/p"!', "https://x.org/p"),
        ("**https://x.org/p**", "https://x.org/p"),
        ("https://x.org:8080/p;", "https://x.org:8080/p"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://xn--bcher-kva.example/", "https://bücher.example"),
        ("HTTPS://X.ORG/p", "http://www.x.org/p/#part"),
        ("https://x.org", "https://x.org:443/"),
        ("https://x.org./p", "https://x.org/p"),
    ],
)
def test_what_is_written_is_known(text: str, url: str):
    assert url in knowing(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://x.org/p", "https://x.org/p?secret=1"),
        ("https://x.org/p", "https://x.org/"),
        ("https://x.org/p", "https://x.org/P"),
        ("https://x.org/p", "https://x.org:8443/p"),
        ("https://x.org/p", "https://sub.x.org/p"),
        ("https://x.org/p", "https://user:secret@x.org/p"),
        ("https://user:secret@x.org/p", "https://user:secret@x.org/p"),
        ("https://x.org/p", "ftp://x.org/p"),
        ("https://x.org/p", "//x.org/p"),
        ("https:///p", "https:///p"),
        ("https://x.org/" + "p" * 5_000, "https://x.org/" + "p" * 5_000),
        ("Look at x.org", "https://x.org"),
    ],
)
def test_all_else_is_not(text: str, url: str):
    assert url not in knowing(text)


@pytest.mark.parametrize("name", ["xn--.org", "xn--a.org"])
def test_an_international_name_that_is_none_harms_nothing(name: str):
    """It cannot be written in letters; a page can hold such a link, and a question such a word."""
    known = knowing(f"Look at {name} or https://{name}/p, or at https://x.org/p.", NamedBy.PERSON)
    assert "https://x.org/p" in known
    assert f"https://{name}/p" in known


def test_names_without_http_are_known_where_a_person_wrote_them():
    known = knowing("Compare x.org with y.org/a?b=1. Ask me@z.org, or /srv/w.org.", NamedBy.PERSON)
    assert "https://x.org" in known
    assert "https://y.org/a?b=1" in known
    assert "https://z.org" not in known
    assert "https://w.org" not in known


def test_only_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(url_allowlist, "MOST", 3)
    known = UrlAllowlist()
    known.add(["https://x.org/1", "https://x.org/2", "https://x.org/3"], NamedBy.PAGE)
    known.add(["https://x.org/1", "https://x.org/4"], NamedBy.PAGE)
    assert [f"https://x.org/{n}" in known for n in (1, 2, 3, 4)] == [True, False, True, True]


def test_an_address_with_many_ends_is_not_taken_in_all_of_them():
    known = UrlAllowlist()
    many = "".join(f"https://x.org/{n}{')' * 3_900} " for n in range(10))
    known.add_from(f"{many}https://y.org/{')' * 1_000_000}", NamedBy.PAGE)
    assert len(known._known) <= 200  # pyright: ignore[reportPrivateUsage]
    known.add_from("https://z.org/a))...", NamedBy.PAGE)
    assert "https://z.org/a" in known


@pytest.mark.parametrize(
    ("first", "then"),
    [(NamedBy.PERSON, NamedBy.PAGE), (NamedBy.PAGE, NamedBy.PERSON), (NamedBy.PERSON, NamedBy.SEARCH)],
)
def test_whoever_weighs_most_has_named_it(first: NamedBy, then: NamedBy):
    known = knowing("https://x.org/p", first)
    known.add(["https://www.x.org/p/"], then)
    assert known.named_by("http://x.org/p#part") is NamedBy.PERSON
    assert known.named_by("http://x.org/q") is None

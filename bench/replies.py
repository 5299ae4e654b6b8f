"""Reading the corpus of replies (tests/replies) here and with the peer's parser."""

from smolagents.utils import AgentParsingError, parse_code_blobs

from agent_core.parsing import parse_reply
from tests.replies import Case, load

_TAGS = [("<code>", "</code>"), ("```python", "```")]  # the peer's default, and what it offers for Markdown


def report() -> list[tuple[str, str]]:
    """The rows of the table. A reply with code is read rightly if the code that would run is the expected one.

    The peer knows no plain answers: each reply has to have code, and an answer costs it a failed step.
    """
    cases = load()
    code = [case for case in cases if case.kind == "code"]
    others = [case for case in cases if case.kind != "code"]
    here, there = sum(map(_read_here, code)), sum(map(_read_there, code))
    return [
        (f"{len(code)} replies with code, read rightly (here / peer)", f"{here} / {there}"),
        (f"{len(others)} replies without, read rightly (here)", f"{sum(map(_read_here, others))}"),
        (f"{len(others)} replies without, in which the peer runs no code", f"{sum(map(_no_code_there, others))}"),
    ]


def _read_here(case: Case) -> bool:
    reply = parse_reply(case.text)
    said = {"code": reply.code, "answer": reply.answer, "unclear": ""}[reply.kind]
    return (reply.kind, said.strip()) == (case.kind, case.expected.strip())


def _read_there(case: Case) -> bool:
    """Rightly with either of its tags: a run has to choose one of them."""
    return any(_code_there(case, tags) == case.expected.strip() for tags in _TAGS)


def _no_code_there(case: Case) -> bool:
    return all(_code_there(case, tags) is None for tags in _TAGS)


def _code_there(case: Case, tags: tuple[str, str]) -> str | None:
    try:
        return parse_code_blobs(case.text, tags).strip()
    except (ValueError, AgentParsingError):
        return None

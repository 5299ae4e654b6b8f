"""How many replies of the tests' corpus are read right, here and by smolagents' parser.

Each reply of the corpus is odd in a way of its own: this counts ways of being odd, not how often models are.

python -m bench.parsing     this alone; the replies that were read wrong are named, too
"""

from collections.abc import Callable, Mapping
from textwrap import dedent

from smolagents.utils import parse_code_blobs

from agent_core.parsing import parse_reply
from bench.table import Row, to_markdown
from tests.corpora.replies import Case, load

ENGINES = ("Glassbox", "smolagents", "smolagents, markdown")
_CODE_TAGS = ("<code>", "</code>")
_MARKDOWN = ("```python", "```")


def report() -> str:
    """The table. A reply with code counts as right where the code that would run is the expected one but for the white
    space around it; an answer where no code would run and its text is the expected one; an announcement, or nothing at
    all, where it is neither run nor taken for an answer. To smolagents, a reply without code is an error to be retried.
    """
    return to_markdown([_row(kind, cases) for kind, cases in _by_kind().items()], ENGINES)


def wrong() -> list[str]:
    """The replies that Glassbox reads wrong."""
    return [f"{case.origin}: {case.name}" for case in load() if not _reads(case)]


def _by_kind() -> dict[str, list[Case]]:
    cases = load()
    words = {"code": "replies with code", "answer": "plain answers", "unclear": "announcements, drafts, nothing"}
    return {words[kind]: [case for case in cases if case.kind == kind] for kind in words}


def _row(name: str, cases: list[Case]) -> Row:
    readers: Mapping[str, Callable[[Case], bool]] = {
        "Glassbox": _reads,
        "smolagents": lambda case: _peer_reads(case, _CODE_TAGS),
        "smolagents, markdown": lambda case: _peer_reads(case, _MARKDOWN),
    }
    right = {engine: sum(map(reads, cases)) for engine, reads in readers.items()}
    cells = {engine: str(count) for engine, count in right.items()}
    if cases[0].kind != "code":  # its design has no plain answers: every reply must be code
        cells |= {engine: f"({cells[engine]} refused)" for engine in ENGINES[1:]}
    return Row(f"read right: {name} ({len(cases)})", str(len(cases)), cells, right["Glassbox"] == len(cases))


def _reads(case: Case) -> bool:
    reply = parse_reply(case.text)
    return reply.kind == case.kind and (reply.code or reply.answer).strip() == case.expected.strip()


def _peer_reads(case: Case, tags: tuple[str, str]) -> bool:
    """Whether smolagents reads it right, cut by its stop sequences, as most services do, or as it is, as others do."""
    readings = [_peer_code(text, tags) for text in (case.text, _cut(case.text, tags))]
    if case.kind != "code":
        return None in readings
    return any(code is not None and dedent(code).strip() == case.expected.strip() for code in readings)


def _cut(text: str, tags: tuple[str, str]) -> str:
    """The closing tag is a stop sequence only where it is no part of the opening one."""
    stops = ["Observation:", "Calling tools:", *([tags[1]] if tags[1] not in tags[0] else [])]
    return text[: min((text.index(stop) for stop in stops if stop in text), default=len(text))]


def _peer_code(text: str, tags: tuple[str, str]) -> str | None:
    """What CodeAgent would run, after it put the closing tag back; None: an error."""
    try:
        return parse_code_blobs(text if text.strip().endswith(tags[1]) else text + tags[1], tags)
    except ValueError:
        return None


if __name__ == "__main__":
    print(report())
    print("\n".join(wrong()))

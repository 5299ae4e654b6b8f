"""Replies as models write them, each with what it says, by the dialect that shows in them. See `load`.

A reply stands here only if it catches a mistake in the parser that no other one catches, or shows an origin alone.
"""

import re
from dataclasses import dataclass
from pathlib import Path

_HEAD = re.compile(
    r"^=== (?P<name>[^|]+) \| (?P<origin>[^|]+) \| (?P<kind>code|answer|unclear|cut)(?P<escaped> \| escaped)?\n",
    re.MULTILINE,
)
_EXPECTED = re.compile(r"^--- (?:code|answer)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A reply.

    origin: the model family, program or style of prompt whose way of writing it shows, or "not recorded".
    expected: the code that is to be run, or the answer (of an unclear reply: what it says).
    """

    name: str
    origin: str
    kind: str
    text: str
    expected: str


def load() -> list[Case]:
    """All replies of the `.txt` files beside this one.

    A head `=== name | origin | kind` begins each; `--- code` or `--- answer` stands between the reply and what is
    expected (nothing there: the reply as it is). With `| escaped` in the head, backslash escapes stand for characters.
    """
    return [case for path in sorted(Path(__file__).parent.glob("*.txt")) for case in _cases(path.read_text("utf-8"))]


def _cases(text: str) -> list[Case]:
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [_case(head, text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def _case(head: re.Match[str], body: str) -> Case:
    reply, *expected = _EXPECTED.split(body.removesuffix("\n"))
    reply = reply.removesuffix("\n") if expected else reply
    if head["escaped"]:
        reply = re.sub(
            r"\\(r|u[0-9a-f]{4})", lambda code: f'"\\{code[1]}"'.encode().decode("unicode_escape")[1:-1], reply
        )
    return Case(head["name"].strip(), head["origin"].strip(), head["kind"], reply, expected[0] if expected else reply)

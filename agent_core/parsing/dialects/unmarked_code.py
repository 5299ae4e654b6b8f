"""Finds code without marks in the prose, if a reply has ended without an action."""

import re
import textwrap

from agent_core.parsing.call_to_python import Action
from agent_core.parsing.python_text import is_program
from agent_core.parsing.tidy import tidy

_FINAL_CALL = re.compile(r"`{0,2}(?P<code>final_answer\(.*\))`{0,2}\s*\Z", re.DOTALL)
_AFTER_LABEL = re.compile(
    r"^[^\w\n]*(?:Code|Python)\W*:[*` \t]*(?P<code>\S[^\n]*?)`*\s*\Z", re.MULTILINE | re.IGNORECASE
)
_INDENTED = re.compile(r"(?:\A|:\s*\n)\s*\n(?P<code>(?:(?: {4}|\t)[^\n]*(?:\n|\Z)|[ \t]*\n)+)\s*\Z")


def unmarked_action(prose: str) -> Action | None:
    """Return the action in prose; None if there is none.

    It is a call of final_answer at the end, code after "Code:" on its line, or an indented program at the end. The
    action's thought is the text before it.
    """
    prose = prose.rstrip()  # searching thousands of newlines, which confused models write, takes minutes
    for pattern in (_FINAL_CALL, _AFTER_LABEL, _INDENTED):
        found = pattern.search(prose)
        if found is not None and is_program(code := tidy(textwrap.dedent(found["code"]))):
            return Action(code, prose[: found.start()].rstrip())
    return None

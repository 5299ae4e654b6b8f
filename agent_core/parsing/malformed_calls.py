"""Finds broken calls, and calls of unknown tools, at the end of a reply, in the form that the prompt asks for."""

import re

from agent_core.parsing.arguments import action_call
from agent_core.parsing.json_text import read_json
from agent_core.parsing.reply import ActionCall

_CALLS = re.compile(
    r'^[ \t]*(?:```\w*[ \t]*\n\s*)?(?P<json>\[?\s*\{\s*"tool"\s*:\s*"(?P<name>[^"\n]{1,100})"'
    r'\s*,\s*"arguments"\s*:.*)\Z',
    re.DOTALL | re.MULTILINE,
)


def malformed_calls(text: str) -> tuple[str, tuple[ActionCall, ...]]:
    """Find the calls at the end of a text that name unknown tools or have broken JSON.

    An answer does not end like this. The model waits for results, so it has to be told what is wrong.

    Args:
        text: A reply in which no correct call was found.

    Returns:
        The text before the calls, and the calls. The whole text and no calls if it does not end with any.
    """
    found = _CALLS.search(text)
    written = found["json"].rstrip().removesuffix("```").rstrip() if found else ""
    if found is None or "\n```" in written:
        return text, ()
    value = read_json(written)
    values = value if isinstance(value, list) else [value]
    if values and all(isinstance(item, dict) and isinstance(item.get("arguments"), dict) for item in values):
        calls = tuple(action_call("", str(item.get("tool")), item["arguments"]) for item in values)
    else:
        problem = f"The calls are not valid JSON, so none was made: {written[:200]}"
        calls = (ActionCall("", found["name"], {}, problem),)
    return text[: found.start()].strip(), calls

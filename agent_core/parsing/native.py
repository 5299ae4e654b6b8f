"""A native tool call on its way: its arguments come as pieces of JSON, its code is shown as it is written."""

import json
import re

from agent_core.models.base import CallDelta
from agent_core.parsing.calls import CODE_KEYS, PYTHON_NAMES, as_python, read_json
from agent_core.parsing.python_text import tidy

_CODE_BEGINS = re.compile(rf'\A\s*\{{\s*"(?:{"|".join(CODE_KEYS)})"\s*:\s*"')


class NativeCall:
    """The first call of a reply. complete: its arguments are whole. code: the Python that it comes to so far."""

    def __init__(self, index: int) -> None:
        self.id = ""
        self.complete = False
        self._index = index
        self._name = ""
        self._arguments = ""
        self._shown = ""

    def take(self, delta: CallDelta) -> str:
        """Take a piece and return what it adds to the code. A later call only tells that this one is complete."""
        if self.complete:
            return ""
        if delta.index != self._index:
            self.complete = True
            return self.close()
        self.id, self._name = self.id or delta.id, self._name or delta.name
        self._arguments += delta.arguments
        self.complete = _is_json(self._arguments)
        return self.close() if self.complete else self._more(self._begun_code())

    def close(self) -> str:
        """The rest of the code, now that nothing more comes."""
        return self._more(self.code)

    @property
    def code(self) -> str:
        value = read_json(self._arguments) if self._arguments.strip() else {}
        return tidy(as_python(self._name or "python", self._arguments if value is None else value))

    def _more(self, code: str) -> str:
        if not code.startswith(self._shown):  # what was shown reads otherwise in the end
            return ""
        added = code[len(self._shown) :]
        self._shown = code
        return added

    def _begun_code(self) -> str:
        """The code of a Python call that is still being written, as far as its JSON can be read."""
        begins = _CODE_BEGINS.match(self._arguments)
        if begins is None or self._name.lower() not in PYTHON_NAMES:
            return ""
        written = re.match(r'(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*', self._arguments[begins.end() :])
        assert written is not None
        text = re.sub(r"(?:\\u[dD][89abAB][0-9a-fA-F]{2})\Z", "", written.group())  # half of a pair
        return json.loads(f'"{text}"', strict=False).lstrip("\n")


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except ValueError:
        return False
    return True

"""Names and addresses in the place of the real ones: 127.0.0.1 plays the public internet."""

import socket

import pytest

from agent_core.sandbox.host import connections

PUBLIC, PRIVATE = "127.0.0.1", "127.0.0.2"


class Names:
    """What lookups answer. lookups: the names that were looked up, in their order."""

    def __init__(self) -> None:
        self.lookups: list[str] = []
        self._answers: dict[str, list[list[str]]] = {}

    def set(self, name: str, *answers: list[str]) -> None:
        """The addresses of a name: what the first lookup answers, the second, and so on; the last one for good."""
        self._answers[name] = list(answers)

    async def resolve(self, name: str) -> list[str]:
        self.lookups.append(name)
        if name not in self._answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self._answers[name]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def stand_in(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Put names of the test's own in the place of the real ones."""
    names = Names()
    monkeypatch.setattr(connections, "resolve", names.resolve)
    monkeypatch.setattr(connections, "is_public", lambda address: address == PUBLIC)
    return names

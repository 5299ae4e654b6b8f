"""What a run waits for a person to say."""

import asyncio
from typing import Any

from agent_core.permissions import Decision, PermissionRequest
from agent_core.questions import Question

LOOK_SECONDS = 6.0  # that a person counts as present after each sign of them


class Waiting:
    """The permission requests and questions that wait for a person's reply.

    The time for it stands still while the person is away; where nothing was ever seen of one, it runs.
    """

    def __init__(self) -> None:
        self._open: dict[str, tuple[PermissionRequest | Question, asyncio.Future[Any]]] = {}
        self._present = True
        self._leaving: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """Note that a person sees the chat at this moment."""
        if self._leaving:
            self._leaving.cancel()
        self._leaving = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._set_present, False)
        self._set_present(True)

    async def ask(self, request: PermissionRequest) -> Decision:
        """Wait for the decision about a request."""
        return await self._wait_for(request)

    async def ask_user(self, question: Question) -> str:
        """Wait for the answer to a question."""
        return await self._wait_for(question)

    def decide(self, request_id: str, decision: Decision) -> bool:
        """Decide about a request. Returns False if it is unknown or no longer waits."""
        return self._reply(request_id, PermissionRequest, decision)

    def answer(self, question_id: str, text: str) -> bool:
        """Answer a question. Returns False if it is unknown or no longer waits."""
        return self._reply(question_id, Question, text)

    @property
    def first(self) -> PermissionRequest | Question | None:
        """What to reply to next; None for nothing."""
        return next((asked for asked, reply in self._open.values() if not reply.done()), None)

    def _set_present(self, present: bool) -> None:
        if present == self._present:
            return
        self._present = present
        for asked, _ in self._open.values():
            asked.time.set_running(present)

    async def _wait_for(self, asked: PermissionRequest | Question) -> Any:
        reply = asyncio.get_running_loop().create_future()
        self._open[asked.id] = asked, reply
        asked.time.set_running(self._present)
        try:
            return await reply
        finally:
            del self._open[asked.id]

    def _reply(self, asked_id: str, kind: type[PermissionRequest | Question], reply: str) -> bool:
        asked, waiting = self._open.get(asked_id, (None, None))
        if waiting is None or waiting.done() or not isinstance(asked, kind):
            return False
        waiting.set_result(reply)
        return True

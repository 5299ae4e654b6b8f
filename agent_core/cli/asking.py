"""Asks the person in the terminal what a run asks meanwhile: permissions, and questions of tools."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from agent_core.cli.prompting import read_line
from agent_core.events import Event, PermissionAnswered, PermissionAsked, QuestionAnswered, QuestionAsked, RunFinished
from agent_core.permissions import Decision, PermissionRequest
from agent_core.session.session import Session

_DECISIONS: dict[str, Decision] = {"y": "once", "yes": "once", "a": "always", "always": "always"}
_PERMISSION = "  Allow it? y: once, a: for the whole chat, n: no  [n] "
_QUESTION = "  Your answer: "
_HINTS = {"import": " --import {name} allows it.", "host": " --host {name} allows it."}
NOBODY = "Nobody can be asked here, as the input is no terminal, so the answer is no."


class EventSink(Protocol):
    """Takes the events of a run, such as a Printer."""

    def take(self, event: Event) -> None:
        """Take the next event."""

    def pause(self) -> None:
        """Leave the terminal to a prompt."""


class Asker:
    """Passes events on to what shows them, and stops for a prompt where the person is asked something.

    What happens while a prompt waits, such as the output of code that works on, is shown after it.

    Args:
        session: The chat, which waits for the replies.
        sink: What shows the events.
        prompter: What shows what is asked; None if nobody can be asked.
    """

    def __init__(self, session: Session, sink: EventSink, prompter: EventSink | None) -> None:
        self._session, self._sink, self._prompter = session, sink, prompter
        self._held: list[Event] = []
        self._asked: PermissionAsked | QuestionAsked | None = None
        self._prompt: asyncio.Task[None] | None = None

    def take(self, event: Event) -> None:
        """Take the next event of the run."""
        if self._prompt is None:
            self._pass_on(event)
            return
        self._held.append(event)
        if isinstance(event, RunFinished) or self._is_answered_by(event):
            self._prompt.cancel()

    async def finish(self) -> None:
        """Wait until all events were passed on."""
        while self._prompt is not None:
            await asyncio.wait([self._prompt])
            await asyncio.sleep(0)

    def _pass_on(self, event: Event) -> None:
        asks = self._prompter is not None and isinstance(event, PermissionAsked | QuestionAsked)
        if not asks or self._prompter is not self._sink:
            self._sink.take(event)
        if self._prompter is not None and isinstance(event, PermissionAsked | QuestionAsked):
            self._asked = event
            self._sink.pause()
            self._prompter.take(event)
            self._prompter.pause()
            self._prompt = asyncio.create_task(self._ask(event))
            self._prompt.add_done_callback(self._go_on)

    async def _ask(self, event: PermissionAsked | QuestionAsked) -> None:
        if isinstance(event, PermissionAsked):
            typed = await read_line(_PERMISSION)
            self._session.decide(event.request_id, _DECISIONS.get((typed or "").lower(), "deny"))
        else:
            typed = await read_line(_QUESTION)
            self._session.answer(event.question_id, _chosen(event, typed or ""))

    def _go_on(self, prompt: asyncio.Task[None]) -> None:
        if not prompt.cancelled():
            prompt.result()
        self._prompt, held, self._held = None, self._held, []
        for event in held:
            self.take(event)

    def _is_answered_by(self, event: Event) -> bool:
        match self._asked, event:
            case PermissionAsked(asked), PermissionAnswered(answered):
                return asked == answered
            case QuestionAsked(asked), QuestionAnswered(answered):
                return asked == answered
        return False


def _chosen(event: QuestionAsked, typed: str) -> str:
    """Return the option whose number was typed, or else what was typed."""
    number = int(typed) if typed.isdecimal() else 0
    return event.options[number - 1] if 0 < number <= len(event.options) else typed


class Refuser:
    """Refuses every permission, where nobody can be asked.

    Args:
        say: Shows a sentence to whoever started the program.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    async def ask(self, request: PermissionRequest) -> Decision:
        """Refuse, and say how to allow it beforehand; use it as `Policy.ask`."""
        self._say(NOBODY + _HINTS.get(request.kind, "").format(name=request.name))
        return "deny"

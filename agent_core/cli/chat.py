"""The questions of one start of the program, and how each is shown while it is answered."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from agent_core.agents.base import Agent
from agent_core.cli.asking import Asker, EventSink, Refuser
from agent_core.cli.interrupting import STOPPED, interrupts
from agent_core.cli.saving import SavedFiles
from agent_core.errors import GlassboxError
from agent_core.events import Event, Reason, RunFinished, RunStarted, StepFinished
from agent_core.session.session import Session

ANSWERED, FAILED, UNUSABLE, AT_LIMIT = 0, 1, 2, 3
_CODES: dict[Reason, int] = {"answer": ANSWERED, "error": FAILED, "stopped": STOPPED, "interrupted": STOPPED}
_STOPPING = "Stopping. Ctrl-C once more leaves at once."
_NOT_SAVED = "Files that the code made are gone at the end; --save FOLDER keeps them."


class TerminalChat:
    """A chat of an agent with whoever started the program.

    Args:
        agent: The agent.
        sink: What shows the events.
        prompter: What shows what is asked; None if nobody can be asked.
        save: Where files go that the code made; None to leave them.
        say: Shows a sentence beside the events.
    """

    def __init__(
        self, agent: Agent, sink: EventSink, prompter: EventSink | None, save: Path | None, say: Callable[[str], None]
    ) -> None:
        self._agent, self._sink, self._prompter, self._say = agent, sink, prompter, say
        self._saved = SavedFiles(save) if save else None
        self._session = Session(agent)
        self._stopping: asyncio.Task[None] | None = None
        agent.policy = replace(agent.policy, ask=self._session.ask if prompter else Refuser(say).ask)
        agent.ask_user = self._session.ask_user if prompter else None

    async def ask(self, question: str, files: Sequence[Path] = (), *, echo: bool = True) -> int:
        """Answer a question, and return the exit code that says how the run ended.

        Args:
            question: The question.
            files: Files that come with it.
            echo: Whether to show the question, too.
        """
        first = len(self._session.log)
        self._session.start(question, files)
        asker = Asker(self._session, self._sink, self._prompter)
        with interrupts(self._stop, self._sink.pause):
            async with aclosing(self._session.follow(first)) as batches:
                async for batch in batches:
                    for event in batch:
                        if echo or not isinstance(event, RunStarted):
                            asker.take(event)
            await asker.finish()
            run = self._session.log[first:]
            is_saved = await self._save(run)
        ended = next(event for event in reversed(run) if isinstance(event, RunFinished))
        code = _CODES.get(ended.reason, AT_LIMIT)
        return code if is_saved or code != ANSWERED else FAILED

    async def close(self) -> None:
        """End the chat and its sandbox."""
        await self._session.close()

    def _stop(self) -> None:
        self._say(_STOPPING)
        self._stopping = asyncio.create_task(self._session.stop())

    async def _save(self, run: Sequence[Event]) -> bool:
        """Copy the files that the code made, and return whether they could be; if not, say why."""
        executions = [event.execution for event in run if isinstance(event, StepFinished) and event.execution]
        names = [file.name for execution in executions for file in execution.files]
        if names and self._saved is None:
            self._say(_NOT_SAVED)
        elif names and self._saved is not None:
            try:
                for path in await self._saved.save(self._agent, names):
                    self._say(f"Saved: {path}")
            except GlassboxError as error:
                self._say(str(error))
                return False
        return True

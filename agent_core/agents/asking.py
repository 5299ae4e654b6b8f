"""How an agent is asked: for the events of a run as they happen, or for its result."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from agent_core.agents import runner
from agent_core.agents.arguments import check_count, checked_paths, checked_question
from agent_core.agents.chat_owner import ChatOwner
from agent_core.agents.chat_state import CLOSED
from agent_core.agents.event_stream import Emit, stream_events
from agent_core.agents.reply_stream import ModelRequest
from agent_core.agents.result import RunResult, result_of
from agent_core.agents.run import Run
from agent_core.agents.run_again import run_again, steps_to_run_again
from agent_core.agents.without_loop import iterate, run_here
from agent_core.elsewhere import RUN_ARGUMENTS, advising
from agent_core.errors import GlassboxError
from agent_core.events import Event, SandboxEvent
from agent_core.execution import Execution, FileNote
from agent_core.memory.turns import Step, Turn
from agent_core.models.base import Model
from agent_core.models.settings import ModelSettings
from agent_core.questions import AskUser
from agent_core.text import whole_characters
from agent_core.tools.base import Tool
from agent_core.tools.given.toolbox import Toolbox


class AskableAgent(ChatOwner, ABC):
    """Whoever answers questions in a chat.

    Attributes:
        model: The model to ask.
        definition: What it has in common with its copies for other chats, and with no other agent.
        tools: The tools that may be called.
        max_steps: How many steps a run may make.
        ask_user: Asks the person a tool's question; None if nobody can be asked.
    """

    model: Model
    definition: object
    max_steps: int
    ask_user: AskUser | None

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None  # the last one
        self._toolbox = Toolbox(())

    @property
    def tools(self) -> list[Tool]:
        return self._toolbox.tools

    @tools.setter
    def tools(self, tools: Iterable[Any]) -> None:
        self._toolbox = Toolbox(tools)

    @property
    def run_settings(self) -> ModelSettings:
        """What was set for the run in progress, or the last one; it counts more than what a model was made with."""
        return self._run.settings if self._run else {}

    @property
    def given_tools(self) -> list[Any]:
        """The tools, and the servers that were not asked for theirs yet."""
        return self._toolbox.given

    # What kinds of agents differ in

    @abstractmethod
    def full_system_prompt(self, *, native: bool = False) -> str:
        """Return the system prompt as it is sent.

        Args:
            native: Whether the model acts by native tool calls, rather than in its text.
        """

    @abstractmethod
    def request_for(self, model: Model) -> ModelRequest:
        """Return how to ask this model for one reply; see `Actor`."""

    @abstractmethod
    async def act(self, step: Step, emit: Callable[[SandboxEvent], None]) -> Execution:
        """Carry out a step's action; see `Actor`."""

    @property
    @abstractmethod
    def may_run_code(self) -> bool:
        """Whether a step may run code in the sandbox."""

    @property
    @abstractmethod
    def writes_code(self) -> bool:
        """Whether the model writes code, in which values are variables."""

    @abstractmethod
    def _new_run(self, emit: Emit, max_steps: int, settings: ModelSettings | None = None) -> Run:
        """Return the state of a run that begins."""

    # Runs

    @advising(RUN_ARGUMENTS)
    def stream(
        self,
        question: str,
        *,
        files: Sequence[Path] = (),
        values: Mapping[str, Any] | None = None,
        settings: ModelSettings | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Answer a question. Closing the iterator stops the run.

        If the model or the sandbox fails, nothing is raised: the run ends with RunFinished("error") and a sentence.

        Args:
            question: The person's question.
            files: Files to copy into the workspace and to name to the model. A model with vision also sees the images.
            values: What the code finds as variables of these names: plain data, dates, bytes, dataclasses, pydantic
                models, tables, arrays, pictures, lists and dicts of these, and paths, whose files are copied into the
                workspace. A model that writes no code is told of them in words.
            settings: What the requests of this run say, whatever its models were made with.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
            ModelError: A setting cannot be used.
            GlassboxError: There is no question; the files cannot be read, or do not fit; a value cannot be given; a
                server does not tell its tools; the agent is closed.
        """
        asked, paths = whole_characters(checked_question(question)), checked_paths(files)
        return self._stream(
            lambda emit: runner.answer(self, self._new_run(emit, self.max_steps, settings), asked, paths, values)
        )

    def stream_resume(
        self, more_steps: int = 6, *, settings: ModelSettings | None = None
    ) -> AsyncGenerator[Event, None]:
        """Continue with the last question after its run ended at a limit; see `stream`.

        Args:
            more_steps: How many steps the run may make. The token budget starts anew.
            settings: What the requests of this run say; see `stream`.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
            ModelError: A setting cannot be used.
            GlassboxError: There is nothing to continue; see `can_resume`.
        """
        check_count("more_steps", more_steps, least=1)
        return self._stream(lambda emit: runner.resume(self, self._new_run(emit, more_steps, settings)))

    def stream_again(
        self, turn: Turn, *, files: Sequence[Path] = (), settings: ModelSettings | None = None
    ) -> AsyncGenerator[Event, None]:
        """Answer a question with the files that came with an earlier one; see `stream`.

        Args:
            turn: The question, its files, which are in the workspace, its images and values. Its steps are not used.
            files: More files that come with it.
            settings: What the requests of this run say; see `stream`.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
            ModelError: A setting cannot be used.
        """
        return self._stream(
            lambda emit: runner.answer_again(self, self._new_run(emit, self.max_steps, settings), turn, files)
        )

    def stream_from(
        self, code: str = "", thought: str = "", *, settings: ModelSettings | None = None
    ) -> AsyncGenerator[Event, None]:
        """Go on after the last step of the chat, which may be one in the middle of an earlier run; see `stream`.

        Args:
            code: A step that a person wrote, to be made first; "" for none.
            thought: What is shown and told as the reason for it.
            settings: What the requests of this run say; see `stream`.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
            ModelError: A setting cannot be used.
        """
        return self._stream(
            lambda emit: runner.go_on_from(self, self._new_run(emit, self.max_steps, settings), code, thought)
        )

    def stream_run_again(self) -> AsyncGenerator[Event, None]:
        """Run the code of all steps again, after variables were lost, up to the first that comes out differently.

        Yields:
            StepsRunAgain, what the person is asked, a StepRanAgain for each step, and RunAgainFinished.

        Raises:
            Busy: A run of this agent is in progress.
        """
        return self._stream(lambda emit: run_again(self, self._new_run(emit, self.max_steps)))

    def interrupt_after_step(self, message: str) -> None:
        """Have the run in progress, if any, end before its next step, as interrupted. It can be resumed.

        Args:
            message: Why, in one sentence for a person.
        """
        if self._busy.locked() and self._run:
            self._run.interruption = message

    @property
    def lost_steps(self) -> list[Step]:
        """The steps whose code `stream_run_again` would run to bring lost variables back; none if none are lost."""
        if self.chat.sandbox is not None and self.chat.sandbox.has_variables(self.memory.checkpoint):
            return []
        return steps_to_run_again(self.memory.turns)

    @advising(RUN_ARGUMENTS)
    async def run(
        self,
        question: str,
        *,
        files: Sequence[Path] = (),
        values: Mapping[str, Any] | None = None,
        settings: ModelSettings | None = None,
    ) -> RunResult:
        """Answer a question and return how the run ended; see `stream`."""
        return await result_of(self.stream(question, files=files, values=values, settings=settings), self._steps_made)

    async def resume(self, more_steps: int = 6, *, settings: ModelSettings | None = None) -> RunResult:
        """Continue after a run that ended at a limit, or whose answer was cut off; see `stream_resume`."""
        return await result_of(self.stream_resume(more_steps, settings=settings), self._steps_made)

    @advising(RUN_ARGUMENTS)
    def run_sync(
        self,
        question: str,
        *,
        files: Sequence[Path] = (),
        values: Mapping[str, Any] | None = None,
        settings: ModelSettings | None = None,
    ) -> RunResult:
        """Answer a question and return how the run ended, in a program that does not await; see `run`.

        Where an event loop is running already, as in a notebook, the run has another one, in a thread.
        """
        return run_here(lambda: self.run(question, files=files, values=values, settings=settings))

    @advising(RUN_ARGUMENTS)
    def stream_sync(
        self,
        question: str,
        *,
        files: Sequence[Path] = (),
        values: Mapping[str, Any] | None = None,
        settings: ModelSettings | None = None,
    ) -> Generator[Event, None, None]:
        """Answer a question in a program that does not await; see `stream`. Leaving the loop stops the run.

        The run has an event loop and a thread of its own, and works on while the program looks at an event.
        """
        return iterate(self.stream(question, files=files, values=values, settings=settings))

    async def add_question(
        self, question: str, files: Sequence[Path] = (), values: Mapping[str, Any] | None = None
    ) -> tuple[FileNote, ...]:
        """Take a question and its files into the chat without a run; the model is told of them with the next one.

        Args:
            question: The person's question, such as one that was stopped while it waited for its turn.
            files: Files to copy into the workspace; see `stream`.
            values: What came with it, for when it is asked again; no variables are set. See `stream`.

        Returns:
            The files as they are in the workspace.

        Raises:
            Busy: A run is in progress.
            GlassboxError: The files cannot be read, or do not fit; or a value cannot be given. The question is taken
                all the same.
        """
        with self._alone():
            return (await runner.take_in_alone(self, whole_characters(question), files, values)).files

    async def add_again(self, turn: Turn, files: Sequence[Path] = ()) -> tuple[FileNote, ...]:
        """Take a question with the files of an earlier one into the chat without a run; see `add_question`.

        Args:
            turn: The question, its files, which are in the workspace, and its images.
            files: More files that come with it.

        Returns:
            All its files.

        Raises:
            Busy: A run is in progress.
            GlassboxError: The files cannot be read, or do not fit. The question is taken all the same.
        """
        with self._alone():
            return (await runner.take_in_again(self, turn, files)).files

    async def _stream(self, work: Callable[[Emit], Coroutine[Any, Any, None]]) -> AsyncGenerator[Event, None]:
        if self.chat.is_closed:
            raise GlassboxError(CLOSED)
        with self._alone():
            await self._toolbox.list_tools()
            async with aclosing(stream_events(work)) as events:
                async for event in events:
                    yield event

    def _steps_made(self) -> list[Step]:
        """Return the steps of the last run that are still in memory."""
        made = self._run.made if self._run else []
        return [step for step in self.memory.steps if any(step is one for one in made)]

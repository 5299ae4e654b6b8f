"""Runs one question of a chat, from its files to the end of its steps."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from agent_core.agents.actor import Actor
from agent_core.agents.chat_state import ChatState
from agent_core.agents.given_values import GivenValues, check_values, set_variables, take_again
from agent_core.agents.loop import StepLoop
from agent_core.agents.run import Run
from agent_core.concurrency import run_to_completion
from agent_core.errors import GlassboxError
from agent_core.events import RunResumed, RunStarted
from agent_core.memory.images import as_data_url, is_visible_image
from agent_core.memory.turns import Turn
from agent_core.models.base import Model
from agent_core.net.url_allowlist import NamedBy
from agent_core.prompts import fill, read_prompt
from agent_core.questions import AskUser
from agent_core.sandbox import Policy, Sandbox
from agent_core.tools.context.run_context import ChatFiles, RunContext, run_context


class RunnableAgent(Actor, ChatFiles, Protocol):
    """An agent with its chat; see Agent."""

    model: Model
    chat: ChatState
    policy: Policy
    ask_user: AskUser | None
    definition: object

    @property
    def sandbox(self) -> Sandbox: ...

    @property
    def may_run_code(self) -> bool: ...

    @property
    def writes_code(self) -> bool: ...


async def answer(
    agent: RunnableAgent, run: Run, question: str, files: Sequence[Path], values: Mapping[str, Any] | None = None
) -> None:
    """Take a question, its files and values into the chat, and run until it is answered or a limit is reached.

    Raises:
        GlassboxError: The files cannot be read, or do not fit; or a value cannot be given.
    """
    given = await check_values(agent, values, vision=agent.model.capabilities.vision)
    await _answer_turn(agent, run, await _take_in_with(agent, question, files, given))


async def answer_again(agent: RunnableAgent, run: Run, turn: Turn, files: Sequence[Path]) -> None:
    """Answer a question whose files are in the workspace already, with some more files; see `answer`.

    Raises:
        GlassboxError: The files cannot be read, or do not fit.
    """
    await _answer_turn(agent, run, await take_in_again(agent, turn, files))


async def _answer_turn(agent: RunnableAgent, run: Run, turn: Turn) -> None:
    chat, question = agent.chat, turn.question
    if agent.may_run_code or chat.sandbox is not None:
        agent.sandbox.begin_turn()
    run.emit(RunStarted(question, turn.files))
    turn.files = await agent.sandbox.describe_files(turn.files) if turn.files else ()
    if run.outer is None:  # otherwise a model wrote the question
        chat.addresses.add_from(question, NamedBy.PERSON)
    chat.can_resume = False
    try:
        turn.checkpoint = await set_variables(agent, turn, run.emit)
    except (GlassboxError, asyncio.CancelledError) as error:
        _tell_not_set(agent, turn)
        if not isinstance(error, GlassboxError):
            raise
        run.finish("error", str(error), error.code)
    else:
        await _make_steps(agent, run)


async def take_in(agent: RunnableAgent, question: str, files: Sequence[Path]) -> Turn:
    """Take a question and its files into the chat, where they stay whatever becomes of the run.

    Returns:
        The new turn. Its files have no overviews yet.

    Raises:
        GlassboxError: The files cannot be read, or do not fit. The question stays.
    """
    turn = agent.chat.memory.begin_turn(question)

    async def add_files() -> None:
        turn.images = [as_data_url(path) for path in files if is_visible_image(path)]
        turn.files = await agent.sandbox.add_files(files)

    try:
        if files:
            await run_to_completion(add_files())  # a Stop meanwhile must not separate the question from its files
    except GlassboxError as error:
        agent.chat.memory.add_note(fill(read_prompt("files_not_taken"), reason=str(error)))
        raise
    return turn


async def take_in_alone(
    agent: RunnableAgent, question: str, files: Sequence[Path], values: Mapping[str, Any] | None = None
) -> Turn:
    """Take a question into the chat that is not answered; its values are there for when it is asked again.

    Raises:
        GlassboxError: The files cannot be read, or do not fit; or a value cannot be given. The question stays.
    """
    try:
        given = await check_values(agent, values, vision=agent.model.capabilities.vision)
    except GlassboxError:
        await take_in(agent, question, files)
        raise
    turn = await _take_in_with(agent, question, files, given)
    _tell_not_set(agent, turn)
    return turn


async def _take_in_with(agent: RunnableAgent, question: str, files: Sequence[Path], given: GivenValues) -> Turn:
    turn = await take_in(agent, question, [*files, *given.paths.values()])
    given.note_in(turn, turn.files[len(files) :])
    agent.chat.given |= given.objects
    return turn


def _tell_not_set(agent: RunnableAgent, turn: Turn) -> None:
    """Have the model know that the variables of which the question speaks are not there."""
    if names := ", ".join(note.name for note in turn.values if note.is_variable):
        agent.chat.memory.add_note(fill(read_prompt("values_not_set"), names=names))


async def take_in_again(agent: RunnableAgent, turn: Turn, files: Sequence[Path]) -> Turn:
    """Take a question whose files are in the workspace already into the chat, with some more files; see `take_in`."""
    new = await take_in(agent, turn.question, files)
    take_again(turn, new)
    new.images, new.files = [*turn.images, *new.images], (*turn.files, *new.files)
    return new


async def resume(agent: RunnableAgent, run: Run) -> None:
    """Continue with the last question of the chat.

    Raises:
        GlassboxError: Its run did not end at a limit.
    """
    if not agent.chat.can_resume:
        raise GlassboxError("There is nothing to continue: the last run did not end at a limit.")
    run.emit(RunResumed())
    run.begun = agent.chat.memory.steps[-1] if agent.chat.cut_off else None
    run.note = fill(read_prompt("go_on_cut" if run.begun else "go_on"), steps=str(run.max_steps))
    await _make_steps(agent, run)


async def go_on_from(agent: RunnableAgent, run: Run, code: str, thought: str) -> None:
    """Make a step of a person's code, if there is one, and go on after it until there is an answer or a limit."""
    await _make_steps(agent, run, code, thought)


async def _make_steps(agent: RunnableAgent, run: Run, code: str = "", thought: str = "") -> None:
    chat = agent.chat
    chat.can_resume = False
    run_context.set(context_for_tools(agent, run))
    if run.answer_type:
        told = run.answer_type.prompt(code=agent.may_run_code)
        run.note = f"{run.note}\n\n{told}".strip()
    try:
        loop = StepLoop(run, chat, agent)
        ended = await (loop.run_after(code, thought) if code else loop.run())
        chat.can_resume, chat.cut_off = ended.can_resume, ended.reason == "cut_off"
    finally:
        chat.usage += run.usage


def context_for_tools(agent: RunnableAgent, run: Run) -> RunContext:
    """Return for whom tools work in this run. What an agent sends out as a tool counts for the agent that called it."""
    chat, outer = agent.chat, run.outer
    return RunContext(
        hosts=agent.policy.hosts,
        grants=chat.grants,
        addresses=outer.addresses if outer else chat.addresses,
        egress_budget=outer.egress_budget if outer else chat.egress_budget,
        sources=outer.sources if outer else chat.sources,
        states=outer.states if outer else chat.tool_states,
        ask_user=agent.ask_user,
        files=agent,
        spend=run.spend,
        agents=(*outer.agents, agent.definition) if outer else (agent.definition,),
    )

"""Runs the code of a chat's steps again, after its variables were lost, until something comes out differently."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from agent_core.agents.event_stream import Emit
from agent_core.agents.given_values import not_kept, set_variables
from agent_core.agents.run import Run
from agent_core.agents.runner import RunnableAgent, context_for_tools
from agent_core.concurrency import run_to_completion
from agent_core.errors import GlassboxError
from agent_core.events import (
    PermissionAnswered,
    PermissionAsked,
    QuestionAnswered,
    QuestionAsked,
    RunAgainFinished,
    SandboxEvent,
    StepRanAgain,
    StepsRunAgain,
)
from agent_core.memory.messages import observation_of
from agent_core.memory.turns import CompletedCall, Step, Turn
from agent_core.prompts import fill, read_prompt
from agent_core.temporary import temporary_folder
from agent_core.text import truncate_middle
from agent_core.tools.context.run_context import run_context

_FAILED = "Something went wrong inside Glassbox."
_SHOWN_CHARACTERS = 300  # of what came out differently
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")  # of an object in memory, which differs each time
_ASKED = PermissionAsked | PermissionAnswered | QuestionAsked | QuestionAnswered


def steps_to_run_again(turns: Sequence[Turn]) -> list[Step]:
    """Return the steps whose actions came to an end, and so can be compared."""
    return [step for turn in turns for step in turn.steps if step.code and step.checkpoint]


async def run_again(agent: RunnableAgent, run: Run) -> None:
    """Run the steps of the chat again, from its start, and emit how each came out.

    At the first difference, and if it is stopped, files are put back as they were, and variables stay lost. What the
    model was told does not change.
    """
    chat, box = agent.chat, agent.sandbox
    turns, last = chat.memory.turns, chat.memory.checkpoint
    run.emit(StepsRunAgain(tuple(step.number for step in steps_to_run_again(turns))))
    run_context.set(context_for_tools(agent, run))
    checkpoints = {0: 0}
    message = _FAILED
    try:
        with temporary_folder("again") as folder:
            added = await _copies(agent, turns, Path(folder))
            await box.rewind(0, keep_later=True)
            for turn in turns:
                await box.add_files(_missing(turn, added, box.workspace))
                if names := not_kept(turn):
                    message = fill(read_prompt("values_not_kept"), names=names)
                    return
                checkpoint = await set_variables(agent, turn, run.emit)
                if turn.checkpoint:  # else they were never set, or an older Glassbox wrote the chat
                    checkpoints[turn.checkpoint] = checkpoint
                for step in steps_to_run_again([turn]):
                    difference = await _run_step(agent, run.emit, step, checkpoints)
                    run.emit(StepRanAgain(step.number, difference))
                    if difference:
                        message = difference
                        return
        for part in (*turns, *chat.memory.steps):
            part.checkpoint = checkpoints[part.checkpoint]
        message = ""
    except GlassboxError as error:
        message = str(error)
    except asyncio.CancelledError:
        message = "Stopped."
        raise
    finally:
        if message:
            await run_to_completion(_put_back(agent, last))
        run.emit(RunAgainFinished(message))


async def _run_step(agent: RunnableAgent, emit: Emit, step: Step, checkpoints: dict[int, int]) -> str:
    """Run a step's action again, and note the checkpoint that takes the place of its own.

    Returns what came out differently; "" for nothing.
    """
    again = replace(step, calls=[CompletedCall(called.call) for called in step.calls], observation="")

    def emit_asked(event: SandboxEvent) -> None:
        if isinstance(event, _ASKED):
            emit(event)

    agent.chat.egress_budget.begin_step()
    execution = await agent.act(again, emit_asked)
    checkpoints[step.checkpoint] = execution.checkpoint
    before, now = (_ADDRESS.sub("0x", observation_of(which)) for which in (step, again))
    if before.startswith(now):  # a hint to the model may follow
        return ""
    return fill(
        read_prompt("came_out_differently"),
        before=truncate_middle(before, _SHOWN_CHARACTERS),
        now=truncate_middle(now, _SHOWN_CHARACTERS),
    )


async def _copies(agent: RunnableAgent, turns: Sequence[Turn], folder: Path) -> dict[str, Path]:
    """Copy the files that came with questions, as they are now, by their names."""
    copies = {}
    for number, name in enumerate({note.name for turn in turns for note in turn.files}):
        copy = folder / str(number) / Path(name).name
        copy.parent.mkdir()
        with suppress(GlassboxError):  # the code has removed it; it may do so again
            await agent.sandbox.copy_file(name, copy)
            copies[name] = copy
    return copies


def _missing(turn: Turn, copies: dict[str, Path], workspace: Path) -> list[Path]:
    """Return the copies of files of a question that are not in the workspace."""
    names = [note.name for note in turn.files if note.name in copies]
    return [copies[name] for name in names if not (workspace / name).exists()]


async def _put_back(agent: RunnableAgent, checkpoint: int) -> None:
    with suppress(GlassboxError):
        await agent.sandbox.rewind(checkpoint, keep_later=True)

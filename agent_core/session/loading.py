"""A chat as it was read from a store: its memory, its events, and the end of a run that its program did not survive."""

from collections.abc import Sequence

from agent_core.agents.chat_state import ChatState
from agent_core.events import (
    CodeDelta,
    CodeReady,
    Event,
    ModelWaiting,
    RunAgainFinished,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    StepFinished,
    StepsRunAgain,
    StepStarted,
    ThoughtDelta,
)
from agent_core.memory.turns import Step, Turn
from agent_core.prompts import read_prompt
from agent_core.record import event_from_json, step_from_json, turn_from_json
from agent_core.store.rows import ChatRows, TurnRow
from agent_core.usage import Usage

INTERRUPTED = "The program was restarted while it worked on this."


def read_events(rows: ChatRows) -> list[Event]:
    """Return the events of a chat, in their order. Raises GlassboxError."""
    return [event_from_json(data) for turn in rows.way for data in rows.events.get(turn.id, [])]


def read_turns(rows: ChatRows) -> list[Turn]:
    """Return what the model is told of a chat. Raises GlassboxError."""
    return [_read_turn(turn, rows) for turn in rows.way]


def _read_turn(turn: TurnRow, rows: ChatRows) -> Turn:
    if turn.data is None:  # the question waited in a queue when the program ended
        return Turn(_question([event_from_json(data) for data in rows.events.get(turn.id, [])]))
    return turn_from_json(turn.data, [step_from_json(data) for data in rows.steps.get(turn.id, [])])


def end_interrupted(chat: ChatState, events: Sequence[Event]) -> list[Event]:
    """End the last run of a chat if the program ended before it. What was being written is kept.

    Args:
        chat: The chat.
        events: Its events so far.

    Returns:
        The events that end the run; none if it had ended.
    """
    ended = max((at for at, event in enumerate(events) if isinstance(event, RunFinished)), default=-1)
    run = events[ended + 1 :]
    if any(isinstance(event, StepsRunAgain) for event in run):
        return [] if isinstance(run[-1], RunAgainFinished) else [RunAgainFinished(INTERRUPTED)]
    if not any(isinstance(event, RunStarted | RunResumed | RunQueued) for event in run):
        return []
    last = chat.memory.turns[-1]
    if last.steps and not any(isinstance(event, StepFinished) and event.step == last.steps[-1].number for event in run):
        _interrupt(chat, last.steps[-1], run)
    chat.can_resume = True
    usage = sum((event.usage for event in run if isinstance(event, StepFinished)), Usage())
    chat.usage += usage
    steps = sum(isinstance(event, StepStarted) for event in run)
    begun = any(isinstance(event, RunStarted | RunResumed) for event in run)
    question = _question(run)
    start = [] if begun else [RunStarted(question) if question else RunResumed()]
    return [*start, RunFinished("interrupted", INTERRUPTED, steps, usage=usage)]


def _interrupt(chat: ChatState, step: Step, run: Sequence[Event]) -> None:
    """End a step that was in progress. The messages go on from those that were sent for it."""
    if not step.said and not step.code:
        step.said, step.code = _written(run)
    if step.said or step.code or step.note or step.plan_request or step.reminder:
        step.observation = f"{step.observation}\n{read_prompt('interrupted')}".strip()
    else:
        chat.memory.drop_step(step)


def _written(run: Sequence[Event]) -> tuple[str, str]:
    """Return the prose and the code of the last reply, as far as they were written."""
    prose = code = ""
    for event in run:
        match event:
            case StepStarted() | ModelWaiting():
                prose = code = ""
            case ThoughtDelta(text):
                prose += text
            case CodeDelta(text):
                code += text
            case CodeReady(text):
                code = text
    return prose.strip(), code.strip()


def _question(events: Sequence[Event]) -> str:
    return next((event.question for event in events if isinstance(event, RunQueued | RunStarted)), "")

"""Whether an answer is what was asked for: of its type, and accepted by all checks."""

from agent_core.agents.answer_checks import refusal
from agent_core.agents.answer_type import WrongType
from agent_core.agents.run import Run
from agent_core.execution import Display
from agent_core.memory.memory import Memory


class AnswerRefusedError(Exception):
    """An answer is sent back to the model. The text says why."""


async def accepted(answer: Display, run: Run, memory: Memory, agent: object) -> Display:
    """Return an answer, whose value is of the type that was asked for.

    Raises:
        AnswerRefusedError: It is not of this type, or a check refuses it.
        GlassboxError: A check, or the type, ends the run.
    """
    answer = typed(answer, run)
    for check in run.answer_checks:
        if reason := await refusal(check, answer, memory, agent):
            raise AnswerRefusedError(reason)
    return answer


def typed(answer: Display, run: Run) -> Display:
    """Return an answer, whose value is of the type that was asked for. Raises AnswerRefusedError if it is not."""
    if run.answer_type is None:
        return answer
    try:
        return answer.with_value(run.answer_type.read(answer))
    except WrongType as error:
        raise AnswerRefusedError(str(error)) from None

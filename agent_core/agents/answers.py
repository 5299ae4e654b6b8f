"""Whether an answer is what was asked for: of its type, and accepted by all checks."""

from agent_core.agents.answer_checks import refusal
from agent_core.agents.answer_type import WrongType
from agent_core.agents.run import Run
from agent_core.execution import Display
from agent_core.memory.memory import Memory


async def why_refused(answer: Display, run: Run, memory: Memory, agent: object) -> str:
    """Return why an answer is sent back to the model; "" if it is the run's answer.

    Raises:
        GlassboxError: A check, or the type, ends the run.
    """
    if reason := wrong_type(answer, run):
        return reason
    for check in run.answer_checks:
        if reason := await refusal(check, answer, memory, agent):
            run.output = None
            return reason
    return ""


def wrong_type(answer: Display, run: Run) -> str:
    """Keep the object that an answer is. Returns why it is none of the type that was asked for; "" if it is."""
    if run.answer_type:
        try:
            run.output = run.answer_type.read(answer)
        except WrongType as error:
            return str(error)
    return ""

"""Asks the person a question in the middle of a tool's call."""

import logging
from collections.abc import Sequence
from uuid import uuid4

from agent_core.errors import ToolError
from agent_core.events import QuestionAnswered, QuestionAsked
from agent_core.questions import AskUser, Question
from agent_core.reply_time import ReplyTime
from agent_core.tools.context.run_context import run_context
from agent_core.tools.context.tool_context import current_call

ANSWER_SECONDS = 900.0  # how long a question waits for its answer
_LONGEST_QUESTION = 2_000  # characters
_LONGEST_OPTION = 200  # characters
_MOST_OPTIONS = 10

_NOBODY = "Nobody can be asked here. Decide by yourself, and say in the answer what you assumed."
_NO_ANSWER = "The user gave no answer. Go on without it, and say in the answer what you assumed."

logger = logging.getLogger(__name__)


async def ask(question: str, options: Sequence[str] = ()) -> str:
    """Ask the person a question and wait for the answer, for at most 15 minutes.

    The wait does not count towards the tool's time limit.

    Args:
        question: The question. Only its first 2,000 characters are shown.
        options: Answers to choose from; only the first ten are shown, with 200 characters each. The person may also
            write another answer.

    Returns:
        The answer, without spaces around it.

    Raises:
        ToolError: Nobody can be asked, the question is empty, or nobody answered in time.
    """
    call, run = current_call(), run_context.get()
    if not call or not run or not run.ask_user:
        raise ToolError(_NOBODY)
    if not question.strip():
        raise ToolError("There is no question. Say what you need to know.")
    shown = tuple(option[:_LONGEST_OPTION] for option in options if option.strip())[:_MOST_OPTIONS]
    asked = Question(uuid4().hex, question.strip()[:_LONGEST_QUESTION], shown, ReplyTime(ANSWER_SECONDS))
    answer = None
    call.emit(QuestionAsked(asked.id, asked.text, asked.options))
    try:
        with call.clock_stopped():
            answer = await _answer_to(run.ask_user, asked)
    finally:
        call.emit(QuestionAnswered(asked.id, answer))
    if not answer:
        raise ToolError(_NO_ANSWER)
    return answer


async def _answer_to(ask_user: AskUser, question: Question) -> str | None:
    try:
        return (await question.time.wait_for(ask_user(question))).strip()
    except TimeoutError:
        return None
    except Exception:
        logger.exception("A question could not be asked")
        return None

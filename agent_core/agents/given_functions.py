"""Functions that a program gives an agent: what they are called, and what becomes of what they raise."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager

from agent_core.errors import GlassboxError
from agent_core.net.redaction import in_a_line

logger = logging.getLogger(__name__)


def name_of(function: Callable[..., object]) -> str:
    """Return what a function is called, as in "lambda"."""
    return getattr(function, "__name__", type(function).__name__).strip("<>")


@contextmanager
def naming(role: str, function: Callable[..., object]) -> Generator[None]:
    """Turn what a function raises into an error that names it, and log it. A GlassboxError is passed on as it is.

    Args:
        role: What the function is for the agent, as in "The step callback".
        function: The function.

    Raises:
        GlassboxError: The function failed.
    """
    try:
        yield
    except GlassboxError:
        raise
    except Exception as error:
        logger.exception("%s %r raised an exception, which ends the run", role, name_of(function))
        raise GlassboxError(f"{role} {name_of(function)!r} failed: {in_a_line(error)}") from error

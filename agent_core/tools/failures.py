"""Turns what a tool raises into sentences for the model."""

from collections.abc import Generator
from contextlib import contextmanager

from agent_core.errors import ToolError
from agent_core.net.redaction import redact
from agent_core.text import truncate, whole_characters

LONGEST_ERROR = 500  # characters
_LONGEST_TEXT = 100_000  # characters of an error that are read


@contextmanager
def failures_of(tool: str, *passed_on: type[BaseException]) -> Generator[None]:
    """Turn whatever is raised into a ToolError, even an exit or an interrupt, which would end the app.

    Args:
        tool: The tool's name.
        passed_on: What is raised as it is.
    """
    try:
        yield
    except passed_on:
        raise
    except ToolError as error:
        raise ToolError(_sentence(error)) from error
    except BaseException as error:
        raise ToolError(f"{tool} failed: {type(error).__name__}: {_sentence(error)}".rstrip(": ")) from error


def _sentence(error: BaseException) -> str:
    """Return the text of an error without secrets: a client library's may contain a URL with a key."""
    try:
        text = str(error)[:_LONGEST_TEXT]
    except BaseException:
        return ""
    return truncate(whole_characters(redact(text)), LONGEST_ERROR)

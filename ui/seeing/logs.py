"""The app's log: one line for each thing that happened, as text or as JSON, on standard error.

Lines say what happened and to how much, never what was asked, answered, run or named. Of an exception they have the
class and the places in the code, not its text, which may quote anything.
"""

import asyncio
import logging
import traceback
from types import TracebackType
from typing import Any, Literal

import uvicorn.config
from pythonjsonlogger.json import JsonFormatter

LogForm = Literal["text", "json"]

_logger = logging.getLogger("glassbox")
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up_logs(form: LogForm) -> None:
    """Write the log in this form: the app's own lines, and warnings of everything else. Call it before one serves."""
    # Else the server writes its own lines, with the texts of exceptions.
    for name in uvicorn.config.LOGGING_CONFIG["loggers"]:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    uvicorn.config.LOGGING_CONFIG["loggers"] = {}
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if form == "json" else _TextLines(_FORM))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(logging.INFO)


def log(event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Write a line.

    Args:
        event: What happened, in a few words that are always the same.
        level: How much it matters.
        **fields: Numbers and names that say more; none of anybody's choice.
    """
    _logger.log(level, event, extra={"fields": fields})


def log_unhandled(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what failed in a task that nobody awaits; an event loop's exception handler. By itself it would quote it."""
    _logger.error("%s", context["message"], exc_info=context.get("exception"))


class _WithoutContents(logging.Formatter):
    """Writes exceptions without their texts."""

    def formatException(self, ei: _ExceptionInfo) -> str:
        chain, error = list[BaseException](), ei[1]
        while error is not None and error not in chain:
            chain.append(error)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nthen\n".join(map(_without_text, reversed(chain)))


def _without_text(error: BaseException) -> str:
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{places}{type(error).__qualname__}"


class _TextLines(_WithoutContents):
    def formatMessage(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = getattr(record, "fields", {})
        return " ".join([super().formatMessage(record), *(f"{name}={value}" for name, value in fields.items())])


class _JsonLines(_WithoutContents, JsonFormatter):
    def __init__(self) -> None:
        names = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "exception"}
        JsonFormatter.__init__(self, "%(asctime)s%(levelname)s%(name)s%(message)s", rename_fields=names)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        log_data |= log_data.pop("fields", {})

"""The program, from its arguments to its exit code."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agent_core._version import __version__
from agent_core.agents.arguments import checked_question
from agent_core.cli.arguments import Arguments, parse
from agent_core.cli.asking import EventSink
from agent_core.cli.chat import ANSWERED, FAILED, UNUSABLE, TerminalChat
from agent_core.cli.interrupting import STOPPED
from agent_core.cli.json_lines import JsonEvents, from_lines
from agent_core.cli.making import make_agent
from agent_core.errors import GlassboxError
from agent_core.record.events_json import merge_deltas
from agent_core.text import visible

if TYPE_CHECKING:
    from agent_core.console.printer import Detail
    from agent_core.console.terminal import TerminalPrinter

_PROMPT = "❯ "
_LEAVE = ("/exit", "/quit")
_NO_RICH = "The terminal needs another package: pip install 'glassbox[console]'. Without it, --json works."
_NO_QUESTION = "There is no question: nothing came from the pipe."


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return the exit code."""
    arguments = parse(argv)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # of a stream that somebody put in its place
            stream.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    try:
        return _replay(arguments) if arguments.replay else _answer(arguments)
    except (GlassboxError, ImportError) as error:
        _say(str(error))
        return UNUSABLE
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _say(text: str) -> None:
    print(visible(text), file=sys.stderr, flush=True)


def _replay(arguments: Arguments) -> int:
    sink = _sink(arguments)
    try:
        if arguments.replay == "-":
            lines = sys.stdin.read().splitlines()
        else:
            lines = Path(arguments.replay).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise GlassboxError(f"{arguments.replay} cannot be read: {reason}.") from None
    for event in merge_deltas(from_lines(lines)):
        sink.take(event)
    sink.pause()
    return ANSWERED


def _answer(arguments: Arguments) -> int:
    question = _question(arguments)
    sink = _sink(arguments)
    agent = make_agent(arguments)
    with asyncio.Runner() as runner:
        chat = TerminalChat(agent, sink, _prompter(arguments, sink), arguments.save, _say)
        try:
            if question is not None:
                return runner.run(chat.ask(question, arguments.file))
            return _converse(arguments, runner, chat, agent.model.name)
        finally:
            sink.pause()
            runner.run(chat.close())


def _question(arguments: Arguments) -> str | None:
    """Return the question; None for a chat. Raises GlassboxError if it is empty, or a pipe gives none."""
    if arguments.question not in (None, "-"):
        return checked_question(arguments.question)
    if arguments.question is None and sys.stdin.isatty():
        return None
    question = sys.stdin.read().strip()
    if not question:
        raise GlassboxError(_NO_QUESTION)
    return question


def _sink(arguments: Arguments) -> EventSink:
    return JsonEvents() if arguments.json else _printer(arguments, stderr=False)


def _printer(arguments: Arguments, *, stderr: bool) -> "TerminalPrinter":
    try:
        from agent_core.console.pictures import PictureFolder
        from agent_core.console.terminal import TerminalPrinter, terminal_console
    except ModuleNotFoundError:
        raise ImportError(_NO_RICH) from None
    detail: Detail = "quiet" if arguments.quiet or arguments.json else "verbose" if arguments.verbose else "normal"
    return TerminalPrinter(terminal_console(stderr=stderr), detail, PictureFolder(arguments.save))


def _prompter(arguments: Arguments, sink: EventSink) -> EventSink | None:
    """Return what shows what a person is asked; None if there is no terminal to ask in."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return sink if sys.stdout.isatty() and not arguments.json else _printer(arguments, stderr=True)


def _converse(arguments: Arguments, runner: asyncio.Runner, chat: TerminalChat, model: str) -> int:
    """Take one question after the other, until the person leaves."""
    with suppress(ImportError):
        import readline  # noqa: F401 - gives input() a history and a line that can be edited
    _say(f"glassbox {__version__} · {model} · Ctrl-C stops an answer, /exit or Ctrl-D ends the chat")
    files = arguments.file
    while True:
        try:
            question = _read_question(arguments).strip()
        except EOFError:
            _say("")
            return ANSWERED
        except KeyboardInterrupt:
            _say("")
            continue
        if question in _LEAVE:
            return ANSWERED
        if question:
            runner.run(chat.ask(question, files, echo=arguments.json))
            files = []


def _read_question(arguments: Arguments) -> str:
    if sys.stdout.isatty() and not arguments.json:
        return input(f"\n{_PROMPT}")
    print(_PROMPT, end="", file=sys.stderr, flush=True)
    if line := sys.stdin.readline():
        return line
    raise EOFError

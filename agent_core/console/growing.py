"""Texts that are shown while they grow: what no longer changes is printed, and the rest stands below it for now."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from markdown_it import MarkdownIt
from rich.console import RenderableType

from agent_core.console.parts import code_lines, code_part, markdown, output_part, plain

_PARSER = MarkdownIt().enable("table")
_OUTPUT_TAIL = 12  # lines
_REASONING_TAIL = 4
_MOST_OUTPUT_LINES = 40


class GrowingText(ABC):
    """One text. It is given anew, as a whole, each time it has grown."""

    @abstractmethod
    def settled(self, text: str, *, ended: bool) -> Iterator[RenderableType]:
        """Yield what no longer changes, and was not yielded before.

        Args:
            text: The whole text so far.
            ended: Whether it no longer grows.
        """

    @abstractmethod
    def rest(self, text: str) -> RenderableType | None:
        """Return the part that may still change; None for nothing."""


class GrowingMarkdown(GrowingText):
    """Markdown, whose blocks are settled once another one begins.

    Args:
        as_source: Whether to show its source.
    """

    def __init__(self, *, as_source: bool) -> None:
        self._show = plain if as_source else markdown
        self._printed = 0  # characters

    def settled(self, text: str, *, ended: bool) -> Iterator[RenderableType]:
        rest = text[self._printed :]
        end = len(rest) if ended else _start_of_last_block(rest)
        self._printed += end
        if rest[:end].strip():
            yield self._show(rest[:end].strip("\n"))

    def rest(self, text: str) -> RenderableType | None:
        rest = text[self._printed :].strip("\n")
        return self._show(rest) if rest.strip() else None


def _start_of_last_block(text: str) -> int:
    """Return where the last block begins, in characters."""
    lines = text.split("\n")
    starts = [token.map[0] for token in _PARSER.parse(text) if token.level == 0 and token.map and token.nesting >= 0]
    return sum(len(line) + 1 for line in lines[: starts[-1]]) if starts else 0


class GrowingCode(GrowingText):
    """Code, whose lines are settled once they have ended."""

    def __init__(self) -> None:
        self._printed: list[str] = []  # lines

    def settled(self, text: str, *, ended: bool) -> Iterator[RenderableType]:
        code = text.strip("\n") if ended else text.lstrip("\n")
        lines = code.split("\n")
        complete = lines if ended else lines[:-1]
        if not complete or len(complete) <= len(self._printed):
            return
        shown = code_lines(code)[len(self._printed) : len(complete)]
        self._printed = complete
        yield code_part(shown)

    def rest(self, text: str) -> RenderableType | None:
        shown = code_lines(text.lstrip("\n"))[len(self._printed) :]
        return code_part(shown) if any(line.plain.strip() for line in shown) else None

    def differs(self, code: str) -> bool:
        """Return whether the code is another one than that whose lines were printed."""
        return code.strip("\n").split("\n")[: len(self._printed)] != self._printed


class GrowingOutput(GrowingText):
    """What code prints. Until its end its last lines are shown, as all may still change.

    Args:
        whole: Whether to show all lines in the end.
    """

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def settled(self, text: str, *, ended: bool) -> Iterator[RenderableType]:
        if ended and text.strip():
            yield output_part(text, None if self._whole else _MOST_OUTPUT_LINES)

    def rest(self, text: str) -> RenderableType | None:
        lines = text.rstrip("\n").split("\n")[-_OUTPUT_TAIL:]
        return output_part("\n".join(lines), None) if text.strip() else None


class GrowingReasoning(GrowingText):
    """What a model thinks before its reply.

    Args:
        whole: Whether to show all of it in the end; else its last lines while it thinks, and then nothing.
    """

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole

    def settled(self, text: str, *, ended: bool) -> Iterator[RenderableType]:
        if ended and self._whole and text.strip():
            yield plain(text.strip(), "dim italic")

    def rest(self, text: str) -> RenderableType | None:
        lines = text.strip().split("\n")[-_REASONING_TAIL:]
        return plain("\n".join(lines), "dim italic") if text.strip() else None

"""Keeps characters that would control the terminal from it, whatever was drawn."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from agent_core.text import visible


@dataclass(frozen=True)
class Harmless:
    """Draws something without any control character that comes of its texts.

    Texts are made visible before they are laid out; this holds also for what a library makes of them, such as the
    entities of Markdown.
    """

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self.content, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)

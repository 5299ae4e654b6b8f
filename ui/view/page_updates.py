"""Updates of one browser: the values of the page's components that changed."""

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from agent_core.events import QuestionAsked
from agent_core.prompts import fill
from agent_core.usage import Usage
from ui.texts import read_text, words
from ui.texts.numbers import number
from ui.view.assets import Assets
from ui.view.chat_messages import said, turn_messages
from ui.view.doing import doing
from ui.view.escaping import escape
from ui.view.transcript import Transcript
from ui.view.turn_bar import Actions, lost_code, lost_variables
from ui.view.turn_view import TurnView
from ui.view.usage_text import usage_text

_COMPONENTS = 9  # of a view
_TEXTS = slice(5, 9)  # its last ones, which are plain texts

NOTHING = Actions()
Drawn = tuple[object, ...]
"""What the view of the finished turns of an open chat follows from."""


@dataclass(frozen=True)
class _Outline:
    """The state that a view was made from.

    Attributes:
        finished: The number of finished turns.
        resumable: Whether the last one ended at a limit.
        live: Whether a turn is in progress.
        asks: Whether it waits for the person's answer.
        rewinds: How often turns were taken away before.
        ends: How often something ended: also the last turn can go on, and be over again before it is seen.
        actions: What can be done with it.
    """

    finished: int = 0
    resumable: bool = False
    live: bool = False
    asks: bool = False
    rewinds: int = 0
    ends: int = 0
    actions: Actions = NOTHING

    @property
    def history(self) -> Drawn:
        """What the view of the finished turns follows from."""
        return self.finished, self.has_welcome, self.resumable, self.rewinds, self.ends, self.actions

    @property
    def has_welcome(self) -> bool:
        """Whether there is no question: the welcome gives way to the first one."""
        return not (self.finished or self.live)


class PageUpdates:
    """Updates for one browser: [finished turns, running turn, question box, send, stop, meter, notice, version, doing].

    The version says what is shown, so that the page can tell when there is more. While a turn is running it stays.
    Doing is what happens now, in words. What stays the same is skipped, which costs nothing (see CheckedBlocks).
    Finished turns are sent only when there is a new one, because chats are long and updates frequent. The question box,
    which somebody may be typing into, is updated only when its state changes.

    Args:
        assets: What the browser fetches for the chat's messages.
        drawn: What the browser shows of the finished turns already.

    Attributes:
        drawn: What the browser shows of the finished turns after the last update; None if that is not known.
    """

    def __init__(self, assets: Assets, drawn: Drawn | None = None) -> None:
        self._assets = assets
        self.drawn = drawn
        self._shown: _Outline | None = None
        self._texts: list[Any] = [None] * len(range(_COMPONENTS)[_TEXTS])

    def update(self, transcript: Transcript, version: str, actions: Actions = NOTHING) -> list[Any]:
        """Return the updates that bring the page to a transcript.

        Args:
            transcript: What the chat shows.
            version: The version of the chat.
            actions: What can be done with it.
        """
        updates = self._updates(transcript, version, actions)
        return [*updates[: _TEXTS.start], *self._only_new(updates[_TEXTS])]

    def _only_new(self, texts: list[Any]) -> list[Any]:
        """Return the texts, with a skip for each that the page shows already."""
        new = [gr.skip() if text == before else text for text, before in zip(texts, self._texts, strict=True)]
        self._texts = [before if text == gr.skip() else text for text, before in zip(new, self._texts, strict=True)]
        return new

    def _updates(self, transcript: Transcript, version: str, actions: Actions) -> list[Any]:
        turns = transcript.turns
        shape = _outline(turns)
        actions = replace(actions, versions=actions.versions[: shape.finished])
        shape, before = replace(shape, rewinds=transcript.rewinds, ends=transcript.ends, actions=actions), self._shown
        self._shown = shape
        finished, running = turns[: shape.finished], turns[shape.finished :]
        history: Any = gr.skip()
        if shape.history != self.drawn:
            self.drawn = shape.history
            messages = self._messages(finished, resumable=shape.resumable, actions=actions)
            history = gr.update(value=messages, visible=bool(finished) or shape.has_welcome)
        notice = _notice(transcript)
        if not running:
            return [history, *_idle(), meter_text(finished), notice, version, ""]
        live = self._turn(running[0], finished, actions=actions)
        if before is None or not before.live:
            live = gr.update(value=live, visible=True)
        is_same = before is not None and before.live and shape.asks == before.asks
        composer = [gr.skip()] * 3 if is_same else _composer(running=True, asks=shape.asks)
        meter = (
            words("composer.tokens_so_far", tokens=running[0].tokens_so_far) if running[0].tokens_so_far else gr.skip()
        )
        return [history, live, *composer, meter, notice, gr.skip(), doing(running[0])]

    def _messages(self, turns: list[TurnView], *, resumable: bool, actions: Actions) -> list[Any]:
        messages = [
            message
            for at, turn in enumerate(turns)
            for message in self._turn(turn, turns[:at], resumable=resumable and turn is turns[-1], actions=actions)
        ]
        if actions.lost and messages:  # before the last message, under which Gradio shows its buttons
            at = -1 if resumable else len(messages)
            messages[at:at] = [_code_to_run(actions), said(lost_variables(actions))]
        return messages

    def _turn(self, turn: TurnView, earlier: list[TurnView], *, actions: Actions, resumable: bool = False) -> list[Any]:
        return turn_messages(
            turn,
            self._assets,
            number=len(earlier),
            resumable=resumable,
            earlier_files=frozenset[str]().union(*(before.file_names for before in earlier)),
            actions=actions,
        )


def _code_to_run(actions: Actions) -> dict[str, Any]:
    """Return the folded message with what would run again."""
    count = len(actions.lost)
    title = fill(read_text("code_to_run"), steps=words("turn.steps", count=count))
    return {"role": "assistant", "content": lost_code(actions), "metadata": {"title": title, "status": "done"}}


def _notice(transcript: Transcript) -> str:
    """Return what there is to say of the chat as a whole."""
    problem = f"⚠️ {escape(transcript.problem)}" if transcript.problem else ""
    losses = fill(read_text("not_brought_back"), losses=escape(transcript.losses)) if transcript.losses else ""
    return "\n\n".join(filter(None, (problem, losses)))


def empty_page(notice: str = "") -> list[Any]:
    """Return the updates for a page without a chat, with a line that says why, if need be."""
    return [gr.update(value=[], visible=True), *_idle(), "", escape(notice), "", ""]


def unchanged_page() -> list[Any]:
    """Return updates that change nothing."""
    return [gr.skip()] * _COMPONENTS


def meter_text(turns: list[TurnView]) -> str:
    """Return what the last question and the whole chat cost."""
    ended = [turn for turn in turns if turn.finished]
    if not ended:
        return ""
    usage, total = ended[-1].usage, sum((turn.usage for turn in ended), Usage())
    parts = [words("composer.requests", count=usage.requests), usage_text(usage)] if usage.requests else []
    parts.append(words("usage.seconds", seconds=number(ended[-1].seconds, 1)))
    if len(ended) > 1:
        parts.append(words("composer.whole_chat", usage=usage_text(total)))
    return " · ".join(parts)


def _outline(turns: list[TurnView]) -> _Outline:
    if not turns:
        return _Outline()
    last = turns[-1]
    if last.is_over:
        assert last.finished, "it is over"
        return _Outline(len(turns), resumable=last.finished.can_resume)
    return _Outline(len(turns) - 1, live=True, asks=isinstance(last.open_question, QuestionAsked))


def _idle() -> list[Any]:
    return [gr.update(value=[], visible=False), *_composer(running=False)]


def _composer(*, running: bool, asks: bool = False) -> list[Any]:
    """Return updates of the question box and the two buttons. While the agent asks, both buttons are visible."""
    placeholder = words("composer.answer" if asks else "composer.question")
    return [gr.update(placeholder=placeholder), gr.update(visible=asks or not running), gr.update(visible=running)]

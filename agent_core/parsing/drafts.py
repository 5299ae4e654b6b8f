"""What surrounds a reply proper: drafts in thinking blocks, channels, tokens that end it."""

import re
from dataclasses import dataclass

_DRAFTS = r"(?:think|thinking|reasoning|reflection|scratchpad|analysis|inner_monologue)"
_OPENED = re.compile(rf"(?:\A|\n)[ \t]*<{_DRAFTS}>.*?</{_DRAFTS}>", re.DOTALL | re.IGNORECASE)
_CLOSED = re.compile(rf"(?<![\"'`])</{_DRAFTS}>(?![\"'`])", re.IGNORECASE)
_NEVER_CLOSED = re.compile(rf"(?:\A|\n)[ \t]*<{_DRAFTS}>", re.IGNORECASE)
_END = re.compile(
    r"<\|(?:im_end|im_start|eot_id|eom_id|end_of_text|endoftext|end|return|user|assistant|observation|end_of_turn)\|>"
    r"|</s>|<end_of_turn>|<start_of_turn>|<｜end▁of▁sentence｜>|\[/INST\]|<eos>"
)
_CHANNEL = re.compile(
    r"<\|channel\|>(?P<channel>\w+)(?P<rest>[^<]*)(?:<\|constrain\|>\s*(?P<type>\w+)\s*)?<\|message\|>"
    r"(?P<text>.*?)(?P<end><\|(?:end|call|return|start)\|>|\Z)",
    re.DOTALL,
)
_RECIPIENT = re.compile(r"to=(?P<name>[\w.]+)")


@dataclass(frozen=True)
class Channels:
    """A reply in channels: what it thinks aside, its answer, its call (name and arguments; ended: it is complete)."""

    answer: str = ""
    aside: str = ""
    call: tuple[str, str] | None = None
    ended: bool = False


def without_drafts(text: str) -> tuple[str, str]:
    """The text without its drafts, and the draft that was never closed, "" where none is open.

    A closing tag without an opening one ends a draft that began with the reply.
    """
    text = _OPENED.sub("\n", text)
    if closing := list(_CLOSED.finditer(text)):
        text = text[closing[-1].end() :]
    if opening := _NEVER_CLOSED.search(text):
        return text[: opening.start()], text[opening.end() :]
    return text, ""


def until_end_token(text: str) -> str:
    """The text up to the first token that ends a reply."""
    for token in _END.finditer(text):
        if text[: token.start()].strip():
            return text[: token.start()]
    return _END.sub("", text)


def read_channels(text: str) -> Channels | None:
    """The parts of a reply that is written in channels, as gpt-oss does it; None where it is not."""
    if "<|channel|>" not in text:
        return None
    answer, aside = "", ""
    recipient_before = re.search(r"<\|start\|>assistant[^<]*to=(?P<name>[\w.]+)[^<]*<\|channel\|>", text)
    for message in _CHANNEL.finditer(text):
        recipient = (
            _RECIPIENT.search(message["rest"]) or (message["channel"] == "commentary" and recipient_before) or None
        )
        if recipient:
            return Channels(answer, aside, (recipient["name"], message["text"]), ended=message["end"] != "")
        if message["channel"] == "final":
            answer += message["text"]
        else:
            aside += message["text"] if message["channel"] == "commentary" else ""
    return Channels(answer, aside)

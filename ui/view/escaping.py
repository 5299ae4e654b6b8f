"""Escapes texts, so that Markdown shows them as they are."""

import re
from collections.abc import Sequence

FORMULAS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"))
"""The delimiters of formulas, in the order in which the page looks for them: everywhere, even in code."""

_BEGINNINGS = (*(left for left, _ in FORMULAS), "%%%LATEX_BLOCK_")  # the last is the page's own mark for a formula
FORMULA = re.compile("|".join(map(re.escape, _BEGINNINGS)))
"""What begins a formula, or brings one to where it stands, in code as well."""

# What can be markup, anywhere or at the start of a line, where spaces count, too.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&]|(?<=\d)[.)](?=\s)|^[-+=]|^ +", re.MULTILINE)
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Control characters, halves of surrogate pairs, and what turns the direction of the text that follows: with it code
# would look as if it did something else.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# A formula between single dollars: they touch it at their inner sides, and no word or number at their outer ones.
_IN_DOLLARS = re.compile(r"(?<![\\$\w=/])\$(?=[^\s$])([^$\n`\ue000\ue001]{1,400})(?<![\s\\])\$(?![\w$])")
# What is no formula between two dollars: several words in a row, a single one, or a price.
_WORDS = re.compile(r"\\(?:text|mathrm|operatorname)[a-z]*\*?\{[^{}]*\}")
_PROSE = re.compile(
    r"(?<![\\A-Za-z{])[A-Za-z]{2,}[,;:.]?\s+[A-Za-z]{2,}|\A[A-Za-z]{4,}\Z|\A\d[\d.,]*\s+[A-Za-z]{2,}\Z"
    r"|\\[()\[\]]|%%%"
)
MARK = re.compile("\ue000([0-9]+)\ue001")
"""Stands for a formula while it is taken out."""


def printable(text: str) -> str:
    """Return the text with one kind of line break, and � for each character that cannot be printed."""
    return _UNPRINTABLE.sub("\ufffd", _LINE_BREAK.sub("\n", text))


def escape(text: str) -> str:
    """Escape text by entities, because a backslash before a bracket would begin a formula."""
    return _MARKUP.sub(lambda match: entities(match[0].replace(" ", "\xa0")), printable(text))


def entities(text: str) -> str:
    """Return the text with each character as an HTML entity."""
    return "".join(f"&#{ord(sign)};" for sign in text)


def attribute(text: str) -> str:
    """Return the text as the value of an HTML attribute, in which no parser sees anything else."""
    return re.sub(r"[^\w :/.?=%,-]|_", lambda match: entities(match[0]), printable(text).replace("\n", " "))


def first_sentence(text: str) -> str:
    """Return the first sentence of an error: what happened, without the advice."""
    return re.split(r"(?<=[.!?…])\s", text, maxsplit=1)[0]


def fence(text: str, label: str, *, grows: bool = False) -> str:
    """Return a code block that neither backticks nor formulas in the text can break.

    Args:
        text: The text.
        label: Its language.
        grows: Whether it is still being written, at the end of a message. Then the block is left open, so that a longer
            text only adds to a shorter one: nothing but what is new travels to the browser.
    """
    text = printable(text)
    if Formulas(text).has_open:
        return preformatted(text)
    block = code_block(text, label)
    return block.rpartition("\n")[0] if grows else block


def code_block(text: str, label: str) -> str:
    """Return a code block that backticks in the text cannot break, for readers other than the page."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{label}\n{text}\n{marks}"


def preformatted(text: str) -> str:
    """Return a code block as one line of HTML that every parser reads the same way."""
    return f"<pre><code>{_MARKUP.sub(lambda match: entities(match[0]), text)}</code></pre>".replace("\n", "&#10;")


def quote(text: str) -> str:
    """Return the text as a block quotation."""
    return "\n".join(f"> {line}" for line in text.split("\n"))


class Formulas:
    """The formulas of a text, as the page finds them.

    Args:
        text: The text.
        dollars: Whether those between single dollars count, outside of code.

    Attributes:
        text: The text with a mark instead of each formula.
    """

    def __init__(self, text: str, *, dollars: bool = False) -> None:
        self._taken: list[str] = []
        self._dollars = dollars
        self.text = re.sub("[\ue000\ue001]", "\ufffd", text)
        for order, (left, right) in enumerate(FORMULAS):
            self.text = self._take(self.text, left, right, sought_before=[begins for begins, _ in FORMULAS[:order]])

    @property
    def has_open(self) -> bool:
        """Whether the text begins a formula that does not end in it, or holds the page's own mark for one."""
        return FORMULA.search(self.text) is not None

    def take_dollars(self, text: str) -> str:
        """Take formulas between single dollars out of a part of the text; prices stay. They come back as \\(…\\)."""

        def taken(match: re.Match[str]) -> str:
            if _PROSE.search(_WORDS.sub("", match[1])):
                return match[0]
            self._taken.append(f"\\({match[1]}\\)")
            return f"\ue000{len(self._taken) - 1}\ue001"

        return _IN_DOLLARS.sub(taken, text) if self._dollars else text

    def put_back(self, text: str, *, as_code: bool = False) -> str:
        """Put the formulas back into a part of the text. Unless it is code, a space after `<` prevents tags."""
        return MARK.sub(lambda match: self._formula(int(match[1]), as_code=as_code), text)

    def _formula(self, number: int, *, as_code: bool) -> str:
        formula = self._taken[number]
        return formula if as_code else re.sub(r"<(?=[a-zA-Z/!?])", "< ", formula)

    def _take(self, text: str, left: str, right: str, sought_before: Sequence[str]) -> str:
        parts, done, end = [], 0, -1
        while (begin := text.find(left, done)) >= 0:
            inner = begin + len(left)
            end = end if end > inner else text.find(right, inner + 1)
            if end < 0:
                break
            if any(text.find(begins, inner, end) >= 0 for begins in sought_before):  # its end may come in a later part
                parts.append(text[done:inner])
                done = inner
                continue
            self._taken.append(self.put_back(text[begin : end + len(right)], as_code=True))
            parts += [text[done:begin], f"\ue000{len(self._taken) - 1}\ue001"]
            done = end + len(right)
        return "".join([*parts, text[done:]])

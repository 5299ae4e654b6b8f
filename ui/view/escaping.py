"""Escapes texts, so that Markdown shows them as they are."""

import re

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


def first_sentence(text: str) -> str:
    """Return the first sentence of an error: what happened, without the advice."""
    return re.split(r"(?<=[.!?…])\s", text, maxsplit=1)[0]


def fence(text: str, label: str) -> str:
    """Return a code block that neither backticks nor formulas in the text can break."""
    text = printable(text)
    return preformatted(text) if Formulas(text).has_open else code_block(text, label)


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

    Attributes:
        text: The text with a mark instead of each formula.
    """

    def __init__(self, text: str) -> None:
        self._taken: list[str] = []
        self.text = re.sub("[\ue000\ue001]", "\ufffd", text)
        for left, right in FORMULAS:
            self.text = self._take(self.text, left, right)

    @property
    def has_open(self) -> bool:
        """Whether the text begins a formula that does not end in it, or holds the page's own mark for one."""
        return FORMULA.search(self.text) is not None

    def put_back(self, text: str, *, as_code: bool = False) -> str:
        """Put the formulas back into a part of the text. Unless it is code, a space after `<` prevents tags."""
        return MARK.sub(lambda match: self._formula(int(match[1]), as_code=as_code), text)

    def _formula(self, number: int, *, as_code: bool) -> str:
        formula = self._taken[number]
        return formula if as_code else re.sub(r"<(?=[a-zA-Z/!?])", "< ", formula)

    def _take(self, text: str, left: str, right: str) -> str:
        parts, done = [], 0
        while (begin := text.find(left, done)) >= 0:
            end = text.find(right, begin + len(left) + 1)
            if end < 0:
                break
            self._taken.append(self.put_back(text[begin : end + len(right)], as_code=True))
            parts += [text[done:begin], f"\ue000{len(self._taken) - 1}\ue001"]
            done = end + len(right)
        return "".join([*parts, text[done:]])

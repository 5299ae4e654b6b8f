"""Texts as Markdown that shows them as they are."""

import re

FORMULAS = (("$$", "$$"), (r"\[", r"\]"), (r"\(", r"\)"))
"""What stands around a formula, in the order in which the page looks for them: everywhere, in code as well."""

_BEGINNINGS = (*(left for left, _ in FORMULAS), "%%%LATEX_BLOCK_")  # the last is the page's own mark for a formula
FORMULA = re.compile("|".join(map(re.escape, _BEGINNINGS)))
"""What begins a formula, or brings one to where it stands, in code as well."""

# What can be markup, anywhere or at the start of a line, where spaces count, too.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&]|(?<=\d)[.)](?=\s)|^[-+=]|^ +", re.MULTILINE)
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Control characters, halves of surrogate pairs, and what turns the direction of the text that follows: with it code
# would look as if it did something else.
_UNPRINTABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PLACE = re.compile("\ue000([0-9]+)\ue001")  # of a formula, while it is taken out


def printable(text: str) -> str:
    """The text with one kind of line break, and a sign in the place of each character that has no look."""
    return _UNPRINTABLE.sub("\ufffd", _LINE_BREAK.sub("\n", text))


def escape(text: str) -> str:
    """Text that Markdown shows as it is. By entities: a backslash before a bracket would begin a formula."""
    return _MARKUP.sub(lambda match: entities(match[0].replace(" ", "\xa0")), printable(text))


def entities(text: str) -> str:
    """The text with each character as an HTML entity."""
    return "".join(f"&#{ord(sign)};" for sign in text)


def first_sentence(text: str) -> str:
    """What happened, without the advice that follows it."""
    return re.split(r"(?<=[.!?…])\s", text, maxsplit=1)[0]


def fence(text: str, label: str) -> str:
    """A code block that no backticks inside the text can end, and no formula that begins in it."""
    text = printable(text)
    if Formulas(text).has_open:
        return preformatted(text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{label}\n{text}\n{marks}"


def preformatted(text: str) -> str:
    """A code block as a line of HTML, without anything that could be read in another way."""
    return f"<pre><code>{_MARKUP.sub(lambda match: entities(match[0]), text)}</code></pre>".replace("\n", "&#10;")


def quote(text: str) -> str:
    """A block quotation."""
    return "\n".join(f"> {line}" for line in text.split("\n"))


class Formulas:
    """The formulas of a text, as the page finds them. text: with a mark in the place of each one."""

    def __init__(self, text: str) -> None:
        self._taken: list[str] = []
        self.text = re.sub("[\ue000\ue001]", "\ufffd", text)
        for left, right in FORMULAS:
            self.text = self._take(self.text, left, right)

    @property
    def has_open(self) -> bool:
        """Whether a formula begins that does not end in this text, or one from elsewhere would be put into it."""
        return FORMULA.search(self.text) is not None

    def put_back(self, text: str, *, as_code: bool = False) -> str:
        """A part of the text with its formulas. Their `<` begin no tag, as a space follows, but for code."""
        return _PLACE.sub(lambda match: self._formula(int(match[1]), as_code=as_code), text)

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

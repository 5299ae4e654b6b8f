"""Texts as Markdown that shows them as they are."""

import re

# What can be markup, anywhere or at the start of a line, where spaces count, too.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&]|(?<=\d)[.)](?=\s)|^[-+=]|^ +", re.MULTILINE)


def escape(text: str) -> str:
    """Text that Markdown shows as it is. By entities: a backslash before a bracket would begin a formula."""
    return _MARKUP.sub(lambda match: "".join(f"&#{ord(sign)};" for sign in match[0].replace(" ", "\xa0")), text)


def first_sentence(text: str) -> str:
    """What happened, without the advice that follows it."""
    return re.split(r"(?<=[.!?…])\s", text, maxsplit=1)[0]


def fence(text: str, label: str) -> str:
    """A code block that no backticks inside the text can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{label}\n{text}\n{marks}"


def quote(text: str) -> str:
    """A block quotation."""
    return "\n".join(f"> {line}" for line in text.splitlines())

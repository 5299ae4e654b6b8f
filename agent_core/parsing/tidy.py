"""Repairs the Python that models write: removes margins, prompts, escapes and odd characters."""

import html
import re
import textwrap
from collections.abc import Callable

from agent_core.parsing.python_text import parses


def tidy(code: str) -> str:
    """Return the code to run: without its margin, and repaired if it is not valid Python otherwise."""
    code = code.strip("\n").replace("\r\n", "\n").rstrip()
    if code.startswith((" ", "\t")):
        code = textwrap.dedent(code)
    code = re.sub(r"\A(?:python3?|py|ipython)[ \t]*\n", "", code, flags=re.IGNORECASE)
    if _FIRST_PROMPT.match(code) and parses(without_prompts(code)):
        return without_prompts(code).strip("\n")  # `In [1]: x` is valid Python as well
    if parses(code):
        return code
    mended = code
    for mend in _MENDS:
        mended = mend(mended)
        if parses(mended):
            return mended.strip("\n")
    single = next((mend(code) for mend in _MENDS if parses(mend(code))), None)
    return code if single is None else single.strip("\n")


def without_prompts(text: str) -> str:
    """Return the inputs of a Python session, without prompts and outputs; a text without prompts stays as it is."""
    lines = text.splitlines()
    inputs = [match[1] or "" for line in lines if (match := _PROMPT.match(line))]
    if not any(_FIRST_PROMPT.match(line) for line in lines):
        return text
    return "\n".join(inputs)


_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In ?\[\d*\]:|\.\.\.:)(?: (.*)|$)")
_FIRST_PROMPT = re.compile(r"^\s*(?:>>>|In ?\[\d*\]:)(?: |$)")
_INVISIBLE = str.maketrans(
    {0xA0: " ", 0x202F: " ", 0x3000: " "} | dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "″": '"', "′": "'"})


def _escaped_lines(code: str) -> str:
    """Return code that came on one line with its newlines, quotes and tabs unescaped from JSON."""
    return code if "\n" in code else code.replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t")


def _quoted_lines(code: str) -> str:
    lines = code.splitlines()
    return "\n".join(line[1:].removeprefix(" ") for line in lines) if all(li.startswith(">") for li in lines) else code


def _margin(code: str) -> str:
    """Return the code with one margin, if its first line has another margin than the rest."""
    first, _, rest = code.partition("\n")
    return f"{first.strip()}\n{textwrap.dedent(rest)}"


def _stray_marks(code: str) -> str:
    return re.sub(r"\A\s*`+[ \t]*(?:python|py)?|\s*(?:`+|</?\w*>?)\s*\Z", "", code, flags=re.IGNORECASE)


_MENDS: tuple[Callable[[str], str], ...] = (
    without_prompts,
    lambda code: code.translate(_INVISIBLE),
    _quoted_lines,
    _stray_marks,
    _escaped_lines,
    html.unescape,
    lambda code: code.translate(_QUOTES),
    _margin,
)

"""Follows Python line by line to find where it ends."""

import re

_LEXEMES = re.compile(
    r"""(?P<triple>\"{3}|'{3})
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<comment>\#[^\n]*)
    |(?P<end></?(?i:code|python|py|execute|execute_ipython|execute_python|tool_code|tool_call|python_code|ipython
        |code_interpreter|python_interpreter|code_block|think|thinking|reasoning|thought|action|s|function|parameter
        |end_code|end_action|end_of_turn)>
      |<(?:end_code|end_action|end_of_turn)\b>?|<\|[\w▁]+\|>|<｜[\w▁]+｜>|\[/(?:PYTHON|CODE|INST)\]
      |</(?:code|tool_code|python|execute)?[ \t]*$|`{3,}[ \t]*(?:</?\w+>|<\|\w+\|>|[ \t])*$)""",
    re.VERBOSE,
)
_END_OF_COMMENT = re.compile(r"(?:</?(?:code|python|execute\w*|tool_code|end_code|end_action)>|`{3,}|<\|\w+\|>)\s*$")


class CodeScanner:
    """Follows Python line by line. It knows what is inside a string, where an end mark is only text."""

    def __init__(self) -> None:
        self.open_string = ""  # the three quotes of the string that is open

    def end_in(self, line: str) -> int | None:
        """Take the next line. Return the position of a closing tag, token or fence outside strings; None if none."""
        at = 0
        while True:
            if self.open_string:
                closing = re.compile(rf"(?:\\.|(?!{self.open_string})[^\\])*{self.open_string}", re.DOTALL).match(
                    line, at
                )
                if closing is None:
                    return None
                at, self.open_string = closing.end(), ""
            found = _LEXEMES.search(line, at)
            if found is None:
                return None
            if found["end"]:
                return found.start()
            if found["comment"]:
                end = _END_OF_COMMENT.search(found["comment"])
                fence = end is not None and end[0].startswith("`")
                if end is None or (fence and (not line[: found.start()].strip() or found["comment"].count("```") != 1)):
                    return None
                return found.start() + end.start()
            at, self.open_string = found.end(), found["triple"] or ""

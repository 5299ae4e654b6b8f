"""Code between tags: <code>…</code>, [PYTHON]…[/PYTHON] and the like."""

import re

from agent_core.parsing.dialects.base import Dialect
from agent_core.parsing.dialects.python_block import PythonBlock
from agent_core.parsing.parser_state import ParserState
from agent_core.parsing.python_text import is_python
from agent_core.parsing.tidy import tidy

NAMES = (
    "code|python|py|python3|execute|execute_ipython|execute_python|tool_code|python_code|ipython|code_interpreter"
    "|python_interpreter|code_block|run_python|run_code|python_call"
)


class CodeTags(Dialect):
    """A tag, which opens an action or formats a word of the prose."""

    mark = rf"<(?i:{NAMES})(?:\s+\w+=[^>\n]*)?>|\[(?:PYTHON|CODE)\]"

    def read_mark(self, parser: ParserState, mark: re.Match[str], line: str, fresh: bool, whole: bool) -> int:
        if not fresh:
            if not whole:
                return 0
            inline = re.match(r"(.*?)(?P<closing></\w+>)(?P<rest>.*)", line[mark.end() :], re.DOTALL)
            if inline and not (is_python(tidy(inline[1])) and _says_nothing(inline["rest"])):
                end = mark.end() + inline.end("closing")
                parser.say(line[:end])
                return end
        parser.open_block = PythonBlock(parser, "")
        return mark.end()


def _says_nothing(text: str) -> bool:
    return not re.sub(r"<[^>]*>", "", text).strip(" .\n")

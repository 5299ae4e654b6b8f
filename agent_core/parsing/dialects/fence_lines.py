"""The marks by which models set off code, calls, drafts and ends in their text."""

import re
from dataclasses import dataclass
from typing import Literal

_CODE_LABELS = {
    *(
        "python",
        "py",
        "python3",
        "py3",
        "python2",
        "ipython",
        "ipython3",
        "tool_code",
        "code",
        "python_code",
        "jupyter",
    ),
    *("pycon", "python-repl", "python_repl", "pyrepl", "repl", "code_interpreter", "python_interpreter", "execute"),
    *("interpreter", "python-console", "run_python", "pyodide", "execute_python", "execute_ipython"),
}
_JUDGED_LABELS = {
    *("", "json", "json5", "jsonc", "tool_call", "tool_calls", "tool", "function_call", "function", "action", "xml"),
    *("markdown", "md", "tool_use", "script", "plain_code", "snippet", "cell", "program", "input", "call"),
}
_FENCE = re.compile(
    r"^(?P<margin>\s*(?:(?:[-*+>]|\d+[.)])\s+)?)(?P<marks>`{3,}|~{3,}|'{3}(?=py))[ \t]*(?P<info>[^\n]*)$"
)
_MID_FENCE = re.compile(r"(?<!`)(?P<marks>`{3,})(?P<info>(?:[ \t]*[{.]*\w+[}]*)?)[ \t]*$")
_LABEL = re.compile(r"\{?[.#]?(?:lang(?:uage)?=)?[\"']?(?P<label>[\w+-]*)[\"']?(?P<braced>[^{}]*\})?(?P<rest>.*)$")
_ATTRIBUTES = re.compile(
    r"^[ \t]*(?:[:,;{(|][^=(]*|(?:\w[\w-]*=(?:\"[^\"]*\"|'[^']*')[ \t]*)+|[\w./-]+\.\w+|\w+)?[ \t]*$|^[ \t]*\{"
)

OBSERVATION = re.compile(r"^\s*\**(?:Observations?|Output|Execution (?:result|logs|output)s?|Tool output)\**\s*:")
REACT = re.compile(r"^\s*\**Action\**\s*:\**\s*[`\"']?(?P<name>[A-Za-z_][\w.]*)[`\"']?\s*$", re.IGNORECASE)
REACT_INPUT = re.compile(r"^\s*\**Action[ _]Input\**\s*:\**[ \t]*(?P<rest>.*)$", re.DOTALL | re.IGNORECASE)
LEAVES_DRAFT = re.compile(r"^\s*</(?i:think|thinking|reasoning|thought)>")
STRAY_DRAFT_END = re.compile(r"(?<![\"'`(])</(?i:think|thinking|reasoning)>(?![\"'`)])")
DRAFT_END = re.compile(
    r"</(?i:think|thinking|reasoning|thoughts?|reflection|scratchpad|seed:think)>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>"
    r"|<\|END_THINKING\|>"
)
CHANNEL_END = re.compile(r"<\|(?:end|call|return)\|>|(?=<\|start\|>|<\|channel\|>|assistantfinal|assistantcommentary)")
CALL_END = re.compile(r"<\|(?:call|end|return)\|>|(?=<\|start\|>|<\|channel\|>)")
PYTHON_TAG_END = re.compile(r"<\|(?:eom_id|eot_id|eom|eot|im_end|end_of_text|action_end|python_tag|python_end)\|>")

_CALL_OPENINGS = {
    r"<(?:antml:|minimax:)?(?:tool_calls?|function_calls?|tool_use|functioncall|tools)>": (
        r"</(?:antml:|minimax:)?(?:tool_calls?|function_calls?|tool_use|functioncall|tools)>|<\|im_end\|>|<\|eot_id\|>"
        r"|(?=<tool_response>)"
    ),
    r"<(?:function=|function\s+name=|invoke\s+name=)[^>\n]*>": r"</(?:function|invoke)>|<\|im_end\|>|<\|eo[mt]_id\|>",
    r"<｜DSML｜(?:function_calls|tool_calls)>": r"</｜DSML｜(?:function_calls|tool_calls)>",
    r"<\|tool_call\|>|<\|tool_call>": r"<\|/tool_call\|>|<\|?/?tool_call\|>|<\|end\|>|<\|im_end\|>|<\|end_of_text\|>",
    r"\[TOOL_CALLS\]": r"</s>|\[/TOOL_CALLS\]|(?=\[TOOL_CALLS\])",
    r"\[TOOL_REQUEST\]|\[TOOL_CALL\]": r"\[END_TOOL_REQUEST\]|\[/TOOL_(?:CALL|REQUEST)\]",
    r"<[|｜]tool[▁_]calls?[▁_]begin[|｜]>(?:<[|｜]tool[▁_]call[▁_]begin[|｜]>)?": r"<[|｜]tool[▁_]calls?[▁_]end[|｜]>",
    r"<\|tool_calls_section_begin\|>(?:\s*<\|tool_call_begin\|>)?": r"<\|tool_call_end\|>|<\|tool_calls_section_end\|>",
    r"<\|START_ACTION\|>": r"<\|END_ACTION\|>",
    r"<\|tool_call_start\|>": r"<\|tool_call_end\|>",
    r"<\|action_start\|>\s*(?:<\|(?:interpreter|plugin)\|>)?": r"<\|action_end\|>|<\|im_end\|>",
}
_CALL_ENDS = [(re.compile(opening), re.compile(end)) for opening, end in _CALL_OPENINGS.items()]
_TAGS = (
    "code|python|py|python3|execute|execute_ipython|execute_python|tool_code|python_code|ipython|code_interpreter"
    "|python_interpreter|code_block|run_python|run_code|python_call"
)

MARKER = re.compile(
    rf"""(?<!`)(?:
    (?P<draft><(?i:think|thinking|reasoning|thoughts?|reflection|scratchpad|seed:think)>|\[THINK\]|◁think▷|<\|begin_of_thought\|>
        |<\|START_THINKING\|>)
    |(?P<draft_end></(?i:think|thinking|reasoning|thoughts?|reflection|scratchpad|seed:think)>|\[/THINK\]|◁/think▷
        |<\|end_of_thought\|>|<\|END_THINKING\|>)
    |(?P<tag><(?P<tag_name>(?i:{_TAGS}))(?:\s+\w+=[^>\n]*)?>|\[(?:PYTHON|CODE)\])
    |(?P<python_tag><\|python_(?:tag|start)\|>)
    |(?P<call>{"|".join(_CALL_OPENINGS)})
    |(?P<channel><\|channel\|>(?P<header>(?:(?!<\|message\|>)[^\n])*)<\|message\|>)
    |(?P<plain_channel>assistantcommentary\ to=(?P<plain_to>[\w.]+)\s*(?:json|code)?|assistantfinal|\Aanalysis(?=[A-Z]))
    |(?P<start><\|(?:start|from|recipient)\|>[^<\n]*)
    |(?P<role><\|start_header_id\|>\s*(?P<role_name>\w*)\s*<\|end_header_id\|>)
    |(?P<content><\|content\|>)
    |(?P<over><\|(?:im_end|eot_id|eom_id|endoftext|end_of_text|return|EOT|end_of_turn|user|im_sep)\|>|<end_of_turn>
        |<｜end▁of▁sentence｜>|</s>(?=\s*$))
    |(?P<json>\{{\s*"(?:name|code|tool|action|thoughts?|function|tool_name|tool_calls)"\s*:)
    |(?P<token><\|[\w▁]+\|>|<｜[\w▁]+｜>|<(?:end_code|end_action|bos|eos)>|</(?i:{_TAGS}|tool_call|function)>|<s>(?=\S)|\[/?INST\])
    )(?!`(?!``))""",
    re.VERBOSE,
)
# What may become a mark when more of its line has come.
PARTIAL = re.compile(
    r"""<\|start_header_id\|>\s*\w*\s*(?:<[^>]*)?$|<\|(?:start|from|recipient)\|>[^<\n]*<?$
    |<\|channel\|>(?:(?!<\|message\|>)[^\n])*(?:<\|message\|>`{0,2})?$
    |`?<[|｜/\w▁][^<>\n]{0,80}$|`?</?$|</s>[ \t]*$|<s>$
    |\[/?[A-Z_]{0,20}$|`?\{\s*(?:\"\w*\"?\s*)?$|`{2,}[^`\n]*$|`$|◁[^▷\n]{0,8}$|\r$
    |(?:a|as|ass|assi|assis|assist\w*(?:\ t?o?=?[\w.]*\s*\w*)?)$|\Aanalysis$
    |<\|(?:tool_calls_section_begin|action_start)\|>\s*$|<[|｜]tool[▁_]calls?[▁_]begin[|｜]>$
    |`?<[^<>\n]{1,80}>`{0,2}$|\[/?\w+\]`{0,2}$""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Fence:
    """An opening fence. first: code that stands on the fence's own line, with closed: and the fence ends there, too."""

    marks: str
    label: str
    kind: Literal["code", "quote", "judged"]
    first: str = ""
    closed: bool = False


def fence_in(line: str) -> Fence | None:
    """The fence that a line is, if it is one."""
    found = _FENCE.match(line.rstrip())
    return _fence(found["marks"], found["info"]) if found else None


def fence_at_end(line: str) -> tuple[int, Fence] | None:
    """Where a fence opens at the end of a line of prose, and the fence."""
    found = _MID_FENCE.search(line.rstrip())
    if found is None:
        return None
    fence = _fence(found["marks"], found["info"])
    return (found.start(), fence) if fence and fence.kind == "code" else None


def closes(line: str, marks: str) -> bool:
    """Whether a line outside strings closes (or opens another one and so ends) the fence with these marks."""
    found = re.match(rf"^\s*(?:>\s*)?{re.escape(marks[0])}{{{len(marks)},}}(?P<rest>.*)$", line.rstrip())
    return found is not None and (marks[0] == "`" or not found["rest"].strip())


def call_end(opening: str) -> re.Pattern[str]:
    """What ends the call that begins with this mark."""
    return next(end for start, end in _CALL_ENDS if start.fullmatch(opening))


def _fence(marks: str, info: str) -> Fence | None:
    closing = re.search(rf"{re.escape(marks[0])}{{{len(marks)},}}[ \t]*$", info)
    label = _LABEL.match(info)
    assert label is not None, "every text has a label, if an empty one"
    name, rest = label["label"].lower(), label["rest"]
    if closing is not None:
        body = info[: closing.start()]
        known = name in _CODE_LABELS and not label["braced"]
        return Fence(marks, "python" if known else "", "judged", body[label.end("label") :] if known else body, True)
    if "`" in info and marks[0] == "`":
        return None
    if name in _CODE_LABELS:
        return Fence(marks, name, "code", "" if _ATTRIBUTES.match(rest) else rest.strip())
    if re.match(r"\s*[(=.\[]", rest) and not label["braced"]:  # no label, but code
        return Fence(marks, "", "judged", info)
    return Fence(marks, name, "judged" if name in _JUDGED_LABELS else "quote")


def without_partial(line: str) -> str:
    """The line without what may be the beginning of a mark at its end."""
    return re.sub(r"(?:<[^>\n]{0,40}|\[[^\]\n]{0,20}|◁[^▷\n]{0,10}|a[a-z]{0,19})\Z", "", line)

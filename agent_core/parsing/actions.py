"""Finding the first action in a reply: a block between fences or tags, a call, or code that stands in the open."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_core.parsing.calls import as_python, read_call, read_json, read_object
from agent_core.parsing.python_text import (
    CodeScanner,
    ends_in_string,
    first_call,
    is_program,
    is_python,
    leading_program,
    parses,
    starts_like_code,
    tidy,
    without_prompts,
)

CODE_LABELS = {
    *("python", "py", "python3", "python2", "py3", "tool_code", "code", "ipython", "ipython3", "pycon", "jupyter"),
    *("python_code", "execute", "exec", "repl", "tool", "pyton", "python-repl", "interpreter", "sage", "notebook"),
}
_FENCE = re.compile(
    r"^(?P<margin>[ \t]*(?:>[ \t]*|[-*+][ \t]+|\d+[.)][ \t]+)*)(?P<marks>`{3,}|~{3,})[ \t]*"
    r"\{?\.?(?P<label>[\w+#-]*)\}?(?P<rest>.*)$"
)
_INLINE_FENCE = re.compile(
    r"^(?P<before>.*\S)[ \t]*(?P<marks>`{3,})(?P<label>python3?|py|tool_code|json)[ \t]*$", re.IGNORECASE
)
_TAG = re.compile(
    r"(?P<call><tool_call>|<function_calls?>|<function=|<function name=|<invoke |<｜DSML｜|\[TOOL_CALLS\]"
    r"|<\|tool_call\|>"
    r"|<\|tool_calls?_begin\|>|<\|tool_calls_section_begin\|>|<｜tool▁calls?▁begin｜>|<\|plugin\|>|functools\["
    r"|<tool_use>|<\|action_start\|>|<tool_calls?>|<\|python_tag\|>)"
    r"|(?P<tag><(?:code|python|py|execute|execute_ipython|execute_python|tool_code|python_code|ipython|code_block|py_code"
    r"|code_interpreter|python_interpreter|run_python|action)(?:\s+[^<>\n]*)?>|\[PYTHON\]|\[CODE\]|<\|code\|>"
    r"|<\|execute_start\|>)",
    re.IGNORECASE,
)
_CALL_ENDS = re.compile(
    r"</tool_call>|</function_calls?>|</function>|</invoke>|<\|eom_id\|>|<\|eot_id\|>|<｜tool▁calls?▁end｜>|</tool_use>"
    r"|<\|tool_calls?_end\|>|<\|tool_calls_section_end\|>|<\|/tool_call\|>|<\|action_end\|>|</tool_calls?>|<\|call\|>",
)
_LAST_CALL_END = re.compile(
    r"</tool_call>|</function_calls?>|<\|eom_id\|>|<\|eot_id\|>|<｜tool▁calls▁end｜>|<\|tool_calls_section_end\|>"
    r"|<\|/tool_call\|>|<\|action_end\|>"
)
_REACT = re.compile(
    r"^[ \t]*\**Action\**[ \t]*:\**[ \t]*(?P<name>[^\n]*)\n+[ \t]*\**Action[ _]Input\**[ \t]*:\**[ \t]*(?P<input>.*?)"
    r"(?=\n[ \t]*\**Observation\**[ \t]*:|\Z)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_IMAGINED = re.compile(
    r"^[ \t]*\**(?:Observation|Output|Execution result|Result|Execution logs|Tool output)\**[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)


_MOST_TAGS = 30  # looked at in one reply: each look reads all that follows


@dataclass(frozen=True)
class Found:
    """An action. thought: what stands before it. complete: its end was written, too."""

    code: str
    thought: str = ""
    complete: bool = False


def first_action(text: str) -> Found | None:
    """The first action of a reply, drafts left out; None where there is none."""
    found = _in_marks(text)
    if found is None:
        found = _react(text) or _whole_is_call(text) or _in_the_open(text)
    return found


def _in_marks(text: str) -> Found | None:
    """Follow the lines; what is quoted between fences is passed over."""
    at = tags = 0
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        line = text[at:line_end]
        fence = _FENCE.match(line) or None
        tag = _TAG.search(line) if tags < _MOST_TAGS else None
        tags += tag is not None
        if fence and not _is_inline_span(fence):
            found, at = _read_fence(text, at, line_end, fence)
        elif inline := _INLINE_FENCE.match(line):
            found, at = _read_fence(text, at + len(inline["before"]), line_end, inline)
        elif tag and (found := _read_tag(text, at + tag.start(), tag)):
            return found
        else:
            found, at = None, line_end + 1
        if found:
            return found
    return None


def _is_inline_span(fence: re.Match[str]) -> bool:
    """```such``` on one line, without a label that says it is code."""
    rest = fence["rest"]
    return fence["marks"] in rest and fence["label"].lower() not in CODE_LABELS and not rest.strip().endswith("```")


def _read_fence(text: str, start: int, line_end: int, fence: re.Match[str]) -> tuple[Found | None, int]:
    """The action in the fence that opens here, if it is one, and where to go on if it is not."""
    groups = fence.groupdict()
    label, rest = fence["label"].lower(), (groups.get("rest") or "").strip()
    first = ""
    if rest and not re.fullmatch(r"[\w-]+=.*|\{.*\}|:.*|\(.*\)|[\w.-]+\.py", rest):
        first = rest  # code on the fence's own line
        if label and label not in CODE_LABELS:
            first, label = f"{fence['label']}{groups['rest']}", ""
        closed = re.match(rf"(.*?){fence['marks']}", first)
        if closed:
            return _judge(label, closed[1], text[:start], complete=True), line_end + 1
    body_start = min(line_end + 1, len(text))
    body, end, complete = _fence_body(text, body_start, fence["marks"], code=label in CODE_LABELS or not label)
    content = f"{first}\n{body}" if first else body
    margin = groups.get("margin") or ""
    if ">" in margin:
        content = re.sub(r"^[ \t]*> ?", "", content, flags=re.MULTILINE)
    found = _judge(label, content, text[:start] + (margin.strip() and ""), complete=complete)
    return found, end


def _fence_body(text: str, start: int, marks: str, *, code: bool) -> tuple[str, int, bool]:
    """What stands between the fences, where to go on after it, and whether the closing one is there."""
    closing = re.compile(rf"^[ \t>]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*(?:<[^\n]*)?$")
    scanner, at = CodeScanner(), start
    while at < len(text):
        line_end = text.find("\n", at)
        line_end = len(text) if line_end < 0 else line_end
        line = text[at:line_end]
        in_string = code and bool(scanner.open_string)
        if not in_string and closing.match(line):
            return text[start:at], min(line_end + 1, len(text)), True
        if code:
            mark = scanner.end_in(line + "\n")
            if mark is not None and not line[mark:].lstrip().startswith("<s>"):
                return text[start : at + mark], line_end + 1, True
        at = line_end + 1
    if code and scanner.open_string:  # a string that is never closed hides the fence
        plain = re.search(rf"^[ \t]*{re.escape(marks[0])}{{{len(marks)},}}[ \t]*$", text[start:], re.MULTILINE)
        if plain:
            return text[start : start + plain.start()], start + plain.end() + 1, False
    return text[start:], len(text), False


def _judge(label: str, content: str, before: str, *, complete: bool) -> Found | None:
    """Whether what stands between fences is an action."""
    if not content.strip():
        return None
    if label in CODE_LABELS:
        called = _call_in(content)
        code = called or tidy(without_prompts(_until_imagined(content) if not complete else content))
        return Found(code, before, complete) if code.strip() else None
    if label in ("json", "tool_call", "tool_calls", "xml", "tool_use", "function_call", "action"):
        action = read_object(content) if label == "json" else read_call(content)
        return Found(action.code, _joined(before, action.thought), complete) if action else None
    if not label:
        if called := _call_in(content):
            return Found(called, before, complete)
        plain = tidy(without_prompts(content))
        return Found(plain, before, complete) if is_python(plain) else None
    return None


def _call_in(content: str) -> str:
    """The code of a call that stands where code should, as JSON or between tags; "" for plain code."""
    stripped = content.strip()
    if stripped.startswith(("{", "[{")) and not is_python(stripped):
        action = read_object(stripped)
        return action.code if action else ""
    if (tag := _TAG.match(stripped)) and not parses(tidy(content)):
        inner = _read_tag(stripped, 0, tag)
        return inner.code if inner else ""
    return ""


def _until_imagined(content: str) -> str:
    """Code that was never closed ends where the observation is imagined."""
    imagined = _IMAGINED.search(content)
    cut = content[: imagined.start()] if imagined and content[: imagined.start()].strip() else content
    if parses(tidy(cut)):
        return cut
    return leading_program(cut) or cut


def _read_tag(text: str, start: int, tag: re.Match[str]) -> Found | None:
    mark = tag.group()
    if tag["call"]:
        return _read_call_mark(text, start, mark)
    at_line_start = not text[text.rfind("\n", 0, start) + 1 : start].strip()
    body_start = start + len(mark)
    name = re.sub(r"[^\w].*", "", mark.strip("<>[]|").lower())
    closing = re.compile(
        rf"</{name}\s*>|</{name}\s*$|\[/{name}\]|<\|/?{name}\|>|<\|execute_end\|>|</?{name}>",
        re.IGNORECASE | re.MULTILINE,
    )
    body, complete = _tag_body(text[body_start:], closing)
    if not at_line_start and "\n" not in body.strip() and not is_program(tidy(body)):
        return None  # a tag that is only mentioned
    if action := _call_or_none(body):
        return Found(action, text[:start], complete)
    content = _until_imagined(body) if not complete else body
    code = tidy(without_prompts(_unfenced(content)))
    if not code.strip() or (name == "action" and not is_python(code)):
        return None
    return Found(code, text[:start], complete) if at_line_start or is_python(code) else None


def _tag_body(rest: str, closing: re.Pattern[str]) -> tuple[str, bool]:
    """Up to the closing tag that stands outside strings; a fence closes a tag, too, where no tag does."""
    ends = list(closing.finditer(rest))
    for end in ends:
        body = rest[: end.start()]
        if parses(tidy(_unfenced(body))):
            return body, True
    if ends:
        body = rest[: ends[0].start()]
        return body, not ends_in_string(body)
    fence = re.search(r"^[ \t]*`{3,}[ \t]*$", rest, re.MULTILINE)
    opened = re.match(r"\s*`{3,}[\w]*[ \t]*\n", rest)
    if fence and (not opened or fence.start() > opened.end()):
        return rest[: fence.end()] if opened else rest[: fence.start()], True
    ended = re.search(r"<end_code>|<end_action>|<\|im_end\|>|</s>", rest)
    return (rest[: ended.start()], True) if ended else (rest, False)


def _unfenced(body: str) -> str:
    fenced = re.search(
        r"(?:\A|\n)[ \t]*(`{3,}|~{3,})[ \t]*[\w-]*[ \t]*\n(.*?)(?:\n[ \t]*\1[`~]*[ \t]*(?:\n|\Z)|\Z)", body, re.DOTALL
    )
    return fenced[2] if fenced else body


def _call_or_none(body: str) -> str:
    stripped = body.strip()
    if not stripped.startswith(("{", "[{", "<")):
        return ""
    if stripped.startswith("<"):
        action = read_call(stripped)
    else:
        action = read_object(stripped) if not is_python(stripped) else None
    return action.code if action else ""


def _read_call_mark(text: str, start: int, mark: str) -> Found | None:
    """A call between a model's own marks; its end is the last mark of the kind that encloses it all."""
    rest = (
        text[start + len(mark) :]
        if not re.match(r"<(?:function=|function name=|invoke |｜DSML｜)", mark)
        else text[start:]
    )
    end = _LAST_CALL_END.search(rest) or _CALL_ENDS.search(rest)
    body, complete = (rest[: end.start()], True) if end else (rest, False)
    if not complete and mark in ("[TOOL_CALLS]", "functools["):
        complete = read_json(body) is not None
    if mark == "functools[":
        body = f"[{body}"
    if mark.startswith("<|python_tag|>") and not body.lstrip().startswith(("{", "[{")):
        code = tidy(_unfenced(body))
        return Found(code, text[:start], complete) if code.strip() else None
    second = re.search(r"(?:<tool_call>|<｜tool▁call▁begin｜>|<\|tool_call_begin\|>)", body)
    if second and second.start() > 0 and body[: second.start()].strip():
        body = body[: second.start()]
    fenced = re.search(r"\A\s*`{3,}\w*\n", body)
    action = read_call(_unfenced(body) if fenced else body)
    return Found(action.code, _joined(text[:start], action.thought), complete) if action else None


def _react(text: str) -> Found | None:
    """Action: name, Action Input: what it is given."""
    react = _REACT.search(text)
    if react:
        name, given = react["name"].strip().strip("`*[]'\""), react["input"].strip()
        given = _unfenced(given)
        value = read_json(given) if given.startswith(("{", '"')) else None
        code = as_python(name, given if value is None else value)
        if code:
            return Found(code, text[: react.start()], _IMAGINED.search(text, react.end()) is not None)
    plain = re.search(r"^[ \t]*\**Action\**[ \t]*:\**[ \t]*(?=[{\n])\s*(?P<json>\{.*)", text, re.DOTALL | re.MULTILINE)
    if plain and (action := read_object(plain["json"])):
        return Found(action.code, _joined(text[: plain.start()], action.thought), False)
    return None


def _whole_is_call(text: str) -> Found | None:
    """A reply that is one JSON object, or ends with one that stands on lines of its own."""
    stripped = text.strip()
    if stripped.startswith(("{", "[{")):
        action = read_object(stripped)
        return Found(action.code, action.thought) if action else None
    if call := first_call(stripped):
        return Found(call)
    tail = re.search(
        r"^\{\s*\"(?:name|tool|tool_name|action|function|code|thought)\"\s*:.*", text, re.DOTALL | re.MULTILINE
    )
    if tail and (action := read_object(tail.group())):
        return Found(action.code, _joined(text[: tail.start()], action.thought))
    for name in ("print", "final_answer"):
        if stripped.startswith(f"{name}(") and not parses(stripped):
            program = leading_program(stripped)
            return Found(program) if program else None
    return None


def _in_the_open(text: str) -> Found | None:
    """Code without any mark: the whole reply, a session with prompts, or the lines after some prose."""
    if re.search(r"^\s*(?:>>>|In ?\[\d*\]:) ", text, re.MULTILINE):
        code = tidy(without_prompts(text))
        if is_python(code):
            before = re.split(r"^\s*(?:>>>|In ?\[\d*\]:) ", text, maxsplit=1, flags=re.MULTILINE)[0]
            return Found(code, before)
    bare = tidy(_until_imagined(text))
    if is_program(bare) and not _prose_after(text, bare):
        return Found(bare)
    for start, tail in _tails(text):
        cut = _IMAGINED.split(tail, maxsplit=1)[0]
        program = tidy(leading_program(cut))
        if program and _is_action(program) and (start == 0 or not _prose_after(cut, program)):
            return Found(program, text[:start])
    return None


def _tails(text: str) -> Iterator[tuple[int, str]]:
    """The places where code may begin in the open, each with all that follows."""
    label = re.search(r"^[ \t]*\**(?:Code|Python|Python code)\**[ \t]*:\**[ \t]*$", text, re.MULTILINE | re.IGNORECASE)
    if label:
        yield label.start(), text[label.end() :].lstrip("\n")
    at = 0
    tried = 0
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.startswith((" ", "\t")) and starts_like_code(line.rstrip()) and tried < 20:
            tried += 1
            yield at, text[at:]
        at += len(line)


def _is_action(program: str) -> bool:
    """Whether a program after some prose is meant to run: it imports, prints, answers, or has several lines."""
    return is_program(program) and bool(
        re.search(
            r"^(?:import |from \w+ import |print\(|final_answer\(|\w+ = )|\b(?:print|final_answer)\(",
            program,
            re.MULTILINE,
        )
    )


def _prose_after(text: str, program: str) -> bool:
    rest = text.strip()[len(program.strip()) :].strip()
    return bool(rest) and not _IMAGINED.match(rest)


def _joined(before: str, thought: str) -> str:
    return f"{before.rstrip()}\n{thought}".strip() if thought else before

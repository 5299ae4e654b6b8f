"""Tells an answer from a reply that only announces what the model will do next."""

import re

_LONGEST = 600  # characters; a longer text says more than what comes next
_DOING = (
    r"(?:search|look|check|find|fetch|read|open|visit|compute|calculate|run|execute|use|call|write|get|load|start|begin"
    r"|try|analy[sz]e|examine|inspect|retrieve|query|create|generate|plot|download|gather|verify|explore|convert|parse"
    r"|count|sum|determine|solve|break|proceed|go|see|figure|investigate|implement|define|import|extract|process|review"
    r"|test|do|take|make|build|print|perform|work|scrape|browse|evaluate|measure|compare|research|double-check"
    r"|summari[sz]e|think|add|multiply|draw|continue|first|now)"
)
_BETWEEN = (
    r"(?:(?:first|now|then|next|quickly|just|also|start by|begin by|try to|go ahead and|need to|have to|have a|take a)"
    r"\s+)*"
)
_ANNOUNCES = re.compile(
    rf"""(?:^|[\s"(*])(?:
    let(?:\ me|[’']s|\ us)\ {_BETWEEN}{_DOING}\b
    |i(?:[’']ll|\ will|\ shall|[’']m\ going\ to|\ am\ going\ to|\ need\ to|[’']m\ about\ to|\ should|\ must|\ want\ to
        |\ have\ to|\ plan\ to)\ {_BETWEEN}{_DOING}\b
    |i(?:[’']m|\ am)\ (?:now\ )?(?:search|look|check|comput|calculat|fetch|runn|load|read)ing\b
    |(?:first|next|now|then),?\ (?:we|i)\ (?:need|have|will|must|should)\b
    |we(?:[’']ll|\ will|\ need\ to|\ should|\ can\ start|\ must)\ {_BETWEEN}{_DOING}\b
    |(?:search|calculat|comput|fetch|load|look|check|execut|runn)ing\b[^.!?]*(?:\.\.\.|…|:)\s*$
    |(?:here(?:[’']s|\ is)\ the\ (?:python\ )?code|one\ moment|please\ wait)\b
    |i(?:[’']m|\ am)\ now\ going\ to\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# "I count them with the calendar." An answer may begin like this too, and then has a result: "I count 12 letters."
_DOES_NOW = re.compile(
    r"""^\W*(?:(?:first|now|next|then|so|here),?\ )?i\ (?:(?:first|now|then|just|simply)\ )?(?:
    do\ (?:it|this|that|so)\b
    |count\b(?!.*(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|zero|no)\b))
    |use\ .*\bto\b
    |(?:search|look\ (?:up|at|for|into)|check|compute|calculate|sum|add|multiply|divide|subtract|determine|solve|reverse
        |sort|convert|load|open|fetch|run|plot|draw|print|list|test|try|generate|filter|group
        |work\ (?:it|this|that)\ out
        |read\ (?:the|it|this|them)|write\ (?:a|the|some)\ (?:python|code|program|script|function)
        |make\ (?:a|the)\ (?:plot|chart|figure|table|list))\b
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_STATES = re.compile(
    r"=|\b(?:is|are|was|were|equals?|gives?|get|got|makes|yields?|that|every|always|usually)\b", re.IGNORECASE
)
_ANNOUNCES_ELSEWHERE = re.compile(
    r"(?:^|\s)(?:ich werde|ich suche|ich berechne|lass mich|lassen sie mich|je vais|laissez-moi|laisse-moi|voy a|déjame"
    r"|permíteme|vamos a|vou|deixe-me|deixa eu|cercherò|calcolerò|fammi|sto per|ik ga|ik zal|laat me)\b"
    r"|(?:我将|我会|让我|我来|我需要|首先，我|接下来，?我|我先)"
    r"|(?:検索します|計算します|調べます|確認します|してみます)|(?:하겠습니다|해 보겠습니다)"
    r"|(?:^|\s)(?:давайте|я буду|я найду|я посчитаю|сейчас я|я вычислю|мне нужно)\b",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"let me know|happy to|glad to|feel free|i can help|how (?:can|may) i|anytime|for you to|would you"
    r"|once you|when you|if you(?: ask|[’']d| would| want| like| need| have| can| could| tell| give| share| provide)"
    r"|please (?:provide|tell|share|give|specify|clarify)|falls du|falls sie|wenn du|wenn sie|si vous|si tu"
    r"|si quieres|si necesitas"
    r"|lassen sie mich wissen|lass mich wissen|merci|gerne? weitere"
    r"|如果你|如果您|请(?:告诉|提供)|in the future|remember|sorry|not be able|will not|won[’']t|cannot|can[’']t|unable",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"(?:^|\s)(?:final answer|the answer is|the result is|in conclusion|therefore|thus|so the)\b", re.IGNORECASE
)
_LABEL = re.compile(r"^\W*(?:(?:thought|plan|code|step \d+)s?\s*:\W*)?", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?…:])\s+|(?<=[。！？：])|\n+")


def only_announces(text: str) -> bool:
    """Return whether a text only says what its writer will do next.

    That is so if the last sentence says it, and no sentence states a result, asks a question or offers help.
    """
    text = text.strip()
    if (
        len(text) > _LONGEST
        or "```" in text
        or "?" in text
        or "？" in text
        or _OFFERS.search(text)
        or _RESULT.search(text)
    ):
        return False
    sentences = [part for part in _SENTENCES.split(text) if part and re.search(r"\w", part)]
    if len(sentences) > 1 and re.fullmatch(r"\W*(?:code|action|python)\W*", sentences[-1], re.IGNORECASE):
        sentences.pop()
    last = _LABEL.sub("", sentences[-1]) if sentences else ""
    if _DOES_NOW.match(last) and not _STATES.search(last):
        return True
    return bool(_ANNOUNCES.search(last) or _ANNOUNCES_ELSEWHERE.search(last))

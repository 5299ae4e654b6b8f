"""Telling a reply that only announces an action from an answer."""

import re

_LONGEST = 800  # characters; who says more has said something
_OPENERS = (
    r"(?:(?:okay|ok|sure|alright|all right|great|good|perfect|thanks|thank you|certainly|of course|absolutely|first|now"
    r"|next|then|so|to (?:do|answer|solve|find)[^,.!?]{0,80})[,.!]?\s+)*"
)
_VERBS = (
    r"(?:search|look|check|compute|calculate|find|read|visit|fetch|open|run|use|write|get|retrieve|load|download|try|start"
    r"|begin|analy[sz]e|examine|inspect|count|sum|add|plot|create|draw|make|verify|query|call|execute|import|convert|extract"
    r"|determine|figure|solve|do|proceed|gather|explore|work|break|see|test|compare|scrape|parse|list|define|build|generate"
    r"|perform|continue|go|take|browse|access|review|investigate|collect|filter|sort|print|evaluate)"
)
_ADVERBS = r"(?:(?:now|first|next|then|also|just|quickly|start by|begin by|try to|go ahead and|proceed to|need to)\s+)*"
_FUTURE = (
    r"(?:let me|let['’]s|let us|i['’]ll|i will|i shall|i am going to|i['’]m going to|i need to|i should|i must"
    r"|i have to|we need to|we['’]ll|we will)\s+"
)
_ANNOUNCES = re.compile(rf"^{_OPENERS}{_FUTURE}{_ADVERBS}{_VERBS}(?:ing)?\b", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"^(?:zuerst |jetzt |nun )?(?:ich werde|ich suche|ich berechne|ich rufe|lass(?:en sie)? mich)\b"
    r"|^(?:d['’]abord,? |maintenant,? )?(?:je vais|laissez-moi|laisse-moi)\b|^(?:ahora |primero )?(?:voy a|déjame)\b"
    r"|^(?:让我|我来|我将|我会|接下来|首先)",
    re.IGNORECASE,
)
_NO_ACTION = re.compile(
    r"\blet me know\b|\b(?:if|when|once|after|as soon as|whenever) you\b|\byour\b.{0,40}\?|\bhappy to\b|\bglad to\b"
    r"|\b(?:answer|result|total|sum|value) (?:is|was|are)\b|=\s*-?\d|\bnot able to\b|\bcannot\b|\bcan['’]t\b",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?:…。！？])\s+|\n+")


def announces(text: str) -> bool:
    """Whether the text ends with what the speaker does next, and has no more to it."""
    text = text.strip().strip("*_")
    if not text or len(text) > _LONGEST or text.endswith(("?", "？")):
        return False
    sentences = [sentence.strip(" *_-") for sentence in _SENTENCES.split(text) if sentence.strip(" *_-")]
    last = re.sub(r"^(?:thought|plan|reasoning)\s*:\s*", "", sentences[-1], flags=re.IGNORECASE) if sentences else ""
    if _NO_ACTION.search(last):
        return False
    return bool(_ANNOUNCES.match(last) or _ELSEWHERE.match(last))

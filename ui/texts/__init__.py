"""All words that people read on the page, in each language: a folder each, such as en/.

Longer texts are files (`read_text`), short words stand in its words.toml (`words`). What a language lacks is said in
English. languages: which one a request is answered in. numbers: numbers as the language writes them.
"""

import html
import json
import re
import tomllib
from functools import lru_cache
from typing import Any

from ui.texts.languages import ENGLISH, FOLDER, current_language
from ui.texts.numbers import number, plural_form

Form = str | dict[str, str]
"""A word with its {placeholders}, or its forms by the plural categories of Unicode: "one", "other" and the like."""


def read_text(name: str) -> str:
    """Return the Markdown of a text file, with its {{placeholders}}."""
    return _read(current_language(), name)


def words(name: str, /, **values: str | int) -> str:
    """Return words of words.toml.

    Args:
        name: Their section and their name in it, such as "composer.send".
        **values: What stands for their {placeholders}. `count` chooses the form where there are several.
    """
    form: Form = _all_words(current_language())[name]
    if isinstance(form, dict):
        count = values["count"]
        assert isinstance(count, int), "it is counted"
        form = form.get(plural_form(count)) or form["other"]
    said = {key: number(value) if isinstance(value, int) else value for key, value in values.items()}
    return re.sub(r"\{(\w+)\}", lambda match: said.get(match[1], match[0]), form)


def with_words(part: str, **values: str) -> str:
    """Return HTML with words for its {{section.name}}s, and values for its other {{placeholders}}."""
    said = re.sub(r"\{\{(\w+\.\w+)\}\}", lambda match: html.escape(words(match[1])), part)
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values.get(match[1], match[0]), said)


@lru_cache
def script_words(language: str) -> str:
    """Return what the page's scripts say in a language, as JSON: the sections that begin with "scripts."."""
    sections: dict[str, Any] = {"language": language}
    for name, form in _all_words(language).items():
        section, _, word = name.removeprefix("scripts.").rpartition(".")
        if name.startswith("scripts."):
            sections.setdefault(section, {})[word] = form
    return json.dumps(sections, ensure_ascii=False)


@lru_cache(maxsize=1_000)
def _read(language: str, name: str) -> str:
    path = FOLDER / language / f"{name}.md"
    return (path if path.exists() else FOLDER / ENGLISH / path.name).read_text(encoding="utf-8").strip()


@lru_cache
def _all_words(language: str) -> dict[str, Any]:
    """Return all words by their full names."""
    written = tomllib.loads((FOLDER / language / "words.toml").read_text(encoding="utf-8"))
    return (_all_words(ENGLISH) if language != ENGLISH else {}) | dict(_named("", written))


def _named(section: str, entries: dict[str, Any]) -> list[tuple[str, Form]]:
    """Return a section's words by their full names. Forms of a word are told from a section by "other"."""
    found: list[tuple[str, Form]] = []
    for name, entry in entries.items():
        full = f"{section}.{name}" if section else name
        found += _named(full, entry) if isinstance(entry, dict) and "other" not in entry else [(full, entry)]
    return found

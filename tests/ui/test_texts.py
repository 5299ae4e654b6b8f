"""The page's words: the same in all languages, all of them used, and none left in code."""

import ast
import re
import tomllib
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path

import pytest

from tests.support import ROOT
from ui.texts import read_text, script_words, with_words, words
from ui.texts.languages import ENGLISH, FOLDER, LANGUAGES, language_of, speaking
from ui.texts.numbers import dollars, number
from ui.view.sanitizing import clean_markdown
from ui.view.usage_text import seconds_text, size_text

UI = ROOT / "ui"
OTHERS = [language for language in LANGUAGES if language != ENGLISH]
FOR_MODELS = {"ask_from_program", "tools_left_out"}  # what the model is told is English
FOR_PROGRAMS = {
    "api",
    "config.py",
    "data_folder.py",
    "mathml.py",
    "memory_record.py",
}  # what programs and the log are told
PARTS = sorted(path for path in UI.rglob("*.html"))
SCRIPTS = sorted(path for path in UI.rglob("*.js"))
MODULES = sorted(path for path in UI.rglob("*.py") if not FOR_PROGRAMS & {path.name, path.parent.name})
WORDS = re.compile(r"[A-Za-z]{2,}")


def forms_of(language: str) -> dict[str, dict[str, str]]:
    """The words of a language by their full names, each as its forms."""
    found = {}

    def add(prefix: str, entries: dict) -> None:
        for name, entry in entries.items():
            if isinstance(entry, dict) and "other" not in entry:
                add(f"{prefix}{name}.", entry)
            else:
                found[prefix + name] = entry if isinstance(entry, dict) else {"other": entry}

    add("", tomllib.loads((FOLDER / language / "words.toml").read_text(encoding="utf-8")))
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{+\w+\}+", text))


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_words_of_english_with_their_placeholders(language):
    english, other = forms_of(ENGLISH), forms_of(language)
    assert other.keys() == english.keys()
    for name, forms in other.items():
        assert placeholders(forms["other"]) == placeholders(english[name]["other"]), name
        assert all(placeholders(form) <= placeholders(forms["other"]) for form in forms.values()), name


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_texts_of_english_with_their_placeholders(language):
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / ENGLISH).glob("*.md")}
    others = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / language).glob("*.md")}
    assert others.keys() == texts.keys() - FOR_MODELS
    assert [name for name in others if placeholders(others[name]) != placeholders(texts[name])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_can_stand_in_html(language):
    wrong = [
        name for name, forms in forms_of(language).items() if any(set('<>"&') & set(form) for form in forms.values())
    ]
    assert wrong == []


def test_all_words_and_texts_are_used():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (*UI.rglob("*.py"), *PARTS))
    made = re.findall(r"words\(\s*f[\"']([\w.]*\{.*?\}[\w.]*)[\"']", code)  # words(f"settings.{name}_about")
    patterns = [re.compile(re.sub(r"\\\{.*?\\\}", r"\\w*", re.escape(name))) for name in [*made, "sources.{name}"]]
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    unused = [
        name
        for name in forms_of(ENGLISH)
        if name not in code and not any(pattern.fullmatch(name) for pattern in patterns)
        if not (name.startswith("scripts.") and re.search(rf"\b{name.rpartition('.')[2]}\b", scripts))
    ]
    assert unused == []
    names = [path.stem for path in (FOLDER / ENGLISH).glob("*.md")]
    in_code = re.compile(
        "|".join(re.findall(r"\bf\"(\w+_\{\w+(?:\.\w+)?\})", code)).replace("{", r"(?:").replace("}", r")")
    )
    assert (
        in_code
        and [
            name
            for name in names
            if name not in code
            and not name.startswith(("found_", "silent"))
            and not re.fullmatch(r"(more_time|decided)_\w+", name)
        ]
        == []
    )


def test_components_have_no_words_of_their_own():
    named = {"label", "info", "placeholder", "title", "value", "own_taken", "all_taken"}
    first = {"Button", "Tab", "Accordion", "Markdown", "LoginButton"}
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "gr"):
                continue
            given = [keyword.value for keyword in node.keywords if keyword.arg in named]
            given += node.args[:1] if node.func.attr in first else []
            written = [part.value for part in chain(*map(ast.walk, given)) if isinstance(part, ast.Constant)]
            wrong += [f"{path.name}:{node.lineno} {text}" for text in written if _is_said(text)]
    assert wrong == []


def _is_said(text: object) -> bool:
    """Whether a constant is words for people: not the name of words, of a setting or the like."""
    return isinstance(text, str) and bool(re.search(r"[A-Z][a-z]+|[a-z]+ [a-z]+", text)) and "://" not in text


def test_errors_have_no_words_of_their_own():
    raised = {"GlassboxError", "SettingsError", "PlainTextResponse", "error", "warn", "inform", "Error"}
    wrong = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
            ):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            is_log = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") in ("logger", "_log")
            if name in raised and not is_log and _is_said(ast.unparse(node.args[0])):
                wrong.append(f"{path.name}:{node.lineno} {ast.unparse(node.args[0])}")
    assert wrong == []


class _Said(HTMLParser):
    """What people read of an HTML part."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value or "" for name, value in attrs if name in ("title", "placeholder", "aria-label", "alt")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.name)
def test_html_has_no_words_of_its_own(part: Path):
    html = re.sub(r"<(style|script)>.*?</\1>", "", part.read_text(encoding="utf-8"), flags=re.DOTALL)
    said = _Said()
    said.feed(re.sub(r"\{\{[\w.]+\}\}", "", html))
    assert [text for text in said.texts if WORDS.search(text) and text != "Hugging Face"] == []
    assert "{{" not in re.sub(r"\{\{\w+\}\}", "", with_words(html))  # all of its words are there


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_have_no_words_of_their_own(script: Path):
    code = re.sub(r"//.*|textContent: `[^`]*`", "", script.read_text(encoding="utf-8"))  # a style sheet is no text
    shown = r"(?:textContent|ariaLabel|title|alt|placeholder)\s*[=:]\s*|setAttribute\(\"aria-label\",\s*"
    assert re.findall(rf"(?:{shown})[\"`]([^\"`$]*[A-Za-z]{{2,}}[^\"`]*)[\"`]", code) == []


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.3,de;q=0.5", "de"),
        ("de;q=0, en", "en"),
        ("DE", "de"),
        ("fr-FR", "en"),
        ("*", "en"),
        ("", "en"),
        ("x;q=zz,;;,=", "en"),
    ],
)
def test_the_language_is_the_first_wanted_one_that_there_is(accepted, language):
    assert language_of(accepted) == language


def test_plurals_and_numbers_are_those_of_the_language():
    with speaking("de"):
        assert [words("turn.steps", count=count) for count in (0, 1, 3, 1_200)] == [
            "0 Schritte",
            "1 Schritt",
            "3 Schritte",
            "1.200 Schritte",
        ]
        assert (number(3.25, 1), number(1_234), dollars(0.123), dollars(0.0012)) == (
            "3,2",
            "1.234",
            "0,12\xa0$",
            "0,0012\xa0$",
        )
        assert (seconds_text(65), size_text(1_500_000)) == ("1 min 5 s", "1,5 MB")
    assert [words("turn.steps", count=count) for count in (0, 1, 3, 1_200)] == [
        "0 steps",
        "1 step",
        "3 steps",
        "1,200 steps",
    ]
    assert (number(3.25, 1), number(1_234), dollars(0.123), dollars(12)) == ("3.2", "1,234", "$0.12", "$12.00")
    assert (size_text(1), size_text(999), size_text(1_500)) == ("1 byte", "999 bytes", "2 kB")
    assert (size_text(999_900_000), size_text(16_400_000_000)) == ("999.9 MB", "16.4 GB")


def test_what_a_language_lacks_is_english():
    with speaking("de"):
        assert read_text("tools_left_out").startswith("Not there now")
    assert '"language": "de"' in script_words("de")


def test_a_text_that_was_cleaned_for_one_language_is_not_shown_in_another():
    said = []
    for language in ("de", "en", "de"):
        with speaking(language):
            said.append(clean_markdown("![chart](https://example.org/chart.png)"))
    assert said[0] == said[2] != said[1]


def test_a_header_without_end_costs_nothing():
    assert language_of("x;q=0.5," * 1_000_000 + "de") == "en"


def test_values_are_not_taken_for_placeholders():
    assert words("title.used", tool="{tool} {{x}}") == "Used {tool} {{x}}"

"""What people and programs send, checked before anything is done with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from gradio.utils import get_upload_folder

from agent_core import GlassboxError
from ui.texts import words

LONGEST_TEXT = 50_000  # characters of a question or an answer
LONGEST_KEY = 2_000  # characters
MOST_FILES = 10  # with one question


def check_question(text: str, files: Sequence[str]) -> tuple[str, list[Path]]:
    """Return a question and its files. Files alone are a question, too.

    Raises GlassboxError if there is neither, or one of them cannot be taken.
    """
    if files and not text.strip():
        text = words("input.look_at_files", count=len(files))
    return check_text(text, "question"), check_files(files)


def limits_text(upload_mb: int) -> str:
    """Return what can come with a question, in a few words."""
    return words("composer.limits", files=MOST_FILES, mb=upload_mb)


def check_answer(text: str, files: list[str]) -> str:
    """Return the answer to the agent's question. Raises GlassboxError if it cannot be given."""
    if files:
        raise GlassboxError(words("input.answer_with_files"))
    return check_text(text, "answer")


def check_text(text: str, what: Literal["question", "answer"]) -> str:
    """Return a question or an answer without the space around it. Raises GlassboxError if it is empty or too long."""
    text = text.strip()
    if not text:
        raise GlassboxError(words(f"input.no_{what}"))
    if len(text) > LONGEST_TEXT:
        raise GlassboxError(words(f"input.long_{what}", size=len(text), most=LONGEST_TEXT))
    return text


def check_files(paths: Sequence[str]) -> list[Path]:
    """Return the files that come with a question.

    Raises GlassboxError if there are too many, or one is gone or was never uploaded.
    """
    if len(paths) > MOST_FILES:
        raise GlassboxError(words("input.many_files", count=len(paths), most=MOST_FILES))
    files, uploads = [Path(path) for path in paths], Path(get_upload_folder()).resolve()
    if foreign := next((file for file in files if not file.resolve().is_relative_to(uploads)), None):
        raise GlassboxError(words("input.foreign_file", name=foreign.name[:100]))
    if gone := next((file for file in files if not file.is_file()), None):
        raise GlassboxError(words("input.gone_file", name=gone.name))
    return files


def check_key(key: str | None) -> None:
    """Raises GlassboxError if this is too long to be a key."""
    if len(key or "") > LONGEST_KEY:
        raise GlassboxError(words("sources.long_key", most=LONGEST_KEY))

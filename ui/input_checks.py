"""What people and programs send, checked before anything is done with it."""

from collections.abc import Sequence
from pathlib import Path

from gradio.utils import get_upload_folder

from agent_core import GlassboxError

LONGEST_TEXT = 50_000  # characters of a question or an answer
LONGEST_KEY = 2_000  # characters
MOST_FILES = 10  # with one question


def check_question(text: str, files: Sequence[str]) -> tuple[str, list[Path]]:
    """Return a question and its files. Files alone are a question, too.

    Raises GlassboxError if there is neither, or one of them cannot be taken.
    """
    if files and not text.strip():
        text = "Look at the attached file." if len(files) == 1 else "Look at the attached files."
    return check_text(text, "question"), check_files(files)


def limits_text(upload_mb: int) -> str:
    """Return what can come with a question, in a few words."""
    return f"Up to {MOST_FILES} files of {upload_mb:,} MB each"


def check_answer(text: str, files: list[str]) -> str:
    """Return the answer to the agent's question. Raises GlassboxError if it cannot be given."""
    if files:
        raise GlassboxError("An answer cannot have files. Remove them, and add them to your next question.")
    return check_text(text, "answer")


def check_text(text: str, what: str) -> str:
    """Return a question or an answer without the space around it. Raises GlassboxError if it is empty or too long."""
    text = text.strip()
    if not text:
        raise GlassboxError(f"Type {'an' if what == 'answer' else 'a'} {what} first.")
    if len(text) > LONGEST_TEXT:
        size = f"{len(text):,} characters; at most {LONGEST_TEXT:,} fit"
        raise GlassboxError(f"The {what} is too long: it has {size}. Shorten it.")
    return text


def check_files(paths: Sequence[str]) -> list[Path]:
    """Return the files that come with a question.

    Raises GlassboxError if there are too many, or one is gone or was never uploaded.
    """
    if len(paths) > MOST_FILES:
        raise GlassboxError(f"You added {len(paths)} files; one question can have {MOST_FILES}. Remove some.")
    files, uploads = [Path(path) for path in paths], Path(get_upload_folder()).resolve()
    if foreign := next((file for file in files if not file.resolve().is_relative_to(uploads)), None):
        raise GlassboxError(f"The file “{foreign.name[:100]}” was not uploaded here. Remove it, and add it again.")
    if gone := next((file for file in files if not file.is_file()), None):
        raise GlassboxError(f"The file “{gone.name}” was added too long ago. Remove it, and add it again.")
    return files


def check_key(key: str | None) -> None:
    """Raises GlassboxError if this is too long to be a key."""
    if len(key or "") > LONGEST_KEY:
        raise GlassboxError(f"The key is too long: at most {LONGEST_KEY:,} characters fit.")

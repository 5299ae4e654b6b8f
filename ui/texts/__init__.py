"""The page's longer texts, as files that a person can read and edit."""

from pathlib import Path


def read_text(name: str) -> str:
    """The Markdown of a text file."""
    return (Path(__file__).parent / "en" / f"{name}.md").read_text(encoding="utf-8").strip()

"""The words of this package, which stand in words.toml."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def _all() -> dict[str, dict[str, str | list[str]]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(name: str, /, **values: str | int) -> str:
    """Return words of words.toml.

    Args:
        name: Their section and their name in it, such as "end.steps".
        **values: What stands for their {placeholders}. `count` chooses between the forms for one and for more.
    """
    section, _, key = name.partition(".")
    form = _all()[section][key]
    if isinstance(form, list):
        form = form[values["count"] != 1]
    said = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    return form.format_map(said).strip()

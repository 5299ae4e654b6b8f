"""The layers that hold code, in the words of the page."""

import re
from collections.abc import Iterable

from ui.texts import words


def named(layers: Iterable[str]) -> str:
    """Return the names of layers, with commas between."""
    return ", ".join(words(f"layers.{_key(layer)}") for layer in layers)


def kinds_of(layers: Iterable[str]) -> str:
    """Return what layers are for, with commas between, each once: their names without what they are made of."""
    return ", ".join(dict.fromkeys(named([layer]).partition(" (")[0] for layer in layers))


def gap_of(layer: str) -> str:
    """Return what a layer leaves open or cannot do, which has to be one of `Confinement.gaps`."""
    return words(f"gaps.{_key(layer)}")


def _key(layer: str) -> str:
    return re.sub(r"\W+", "_", layer.lower()).strip("_")

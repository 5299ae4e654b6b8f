"""Adjusts libraries once they have been imported: how they print, and what would fail in a worker."""

import sys
from contextlib import suppress

from .library_repairs import REPAIRS
from .library_settings import SETTINGS

_waiting = [*SETTINGS.items(), *REPAIRS.items()]


def apply() -> None:
    """Adjust the libraries that have been imported since the last call. Imports none."""
    imported = [entry for entry in _waiting if entry[0] in sys.modules]
    for entry in imported:
        _waiting.remove(entry)
        name, adjust = entry
        with suppress(Exception):  # another version of the library; it does what it does by itself
            adjust(sys.modules[name])

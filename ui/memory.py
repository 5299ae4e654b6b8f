"""Gives memory back to the machine that was used for a while: by itself the C library keeps it for the next use."""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give back what nothing uses any more. Takes some milliseconds. Not for event loops."""
    with suppress(AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)

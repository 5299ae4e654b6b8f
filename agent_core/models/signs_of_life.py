"""Signs of life of a service that sends no words; whoever waits for its reply hears of each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[], None]] = ContextVar("listener", default=lambda: None)


def note_sign() -> None:
    """Tell whoever waits for the reply that its service is there."""
    _listener.get()()


@contextmanager
def listening(hear: Callable[[], None]) -> Iterator[None]:
    """Within this block, hear of each sign of life of the service that is asked in it."""
    before = _listener.set(hear)
    try:
        yield
    finally:
        _listener.reset(before)

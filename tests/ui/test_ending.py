"""The signal that asks the app to end."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from ui import ending
from ui.config import Config
from ui.ending import AppEnding

OWN_CODE = (ending.__file__, threading.__file__)


@pytest.fixture(autouse=True)
def same_handlers() -> Iterator[None]:
    """Signals and tracing are as they were after the test, which an alarm ends if it hangs."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)}
    tracing = sys.gettrace()
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    sys.settrace(tracing)
    for number, handler in before.items():
        signal.signal(number, handler)


def _give_up(*_: object) -> None:
    raise AssertionError("it hangs")


def after_lines(count: int, happen: Callable[[], None]) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that has something happen before the line of this number."""
    left = count

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in OWN_CODE:
            return None
        if event == "line":
            left -= 1
            if not left:
                happen()
        return trace

    return trace


@pytest.mark.parametrize("lines", [1, 6, 14, 20])
def test_it_is_heard_at_whatever_moment_of_the_waiting_it_comes(lines):
    (app := AppEnding(Config())).listen()
    serving = threading.Event()
    (server := threading.Thread(target=serving.wait, daemon=True)).start()
    sys.settrace(after_lines(lines, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    app.wait_for_signal(server)
    sys.settrace(None)
    assert server.is_alive()
    serving.set()
    app.wait_for_signal(server)  # which has ended

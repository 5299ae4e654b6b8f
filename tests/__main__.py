"""Runs all tests in four processes at once: the browser's in two, the sandbox's, and all others.

    python -m tests [options of pytest]

They take about as long as each other, and often wait. The output of the first three comes when the others are done.
"""

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

BROWSER, SANDBOX = "tests/browser", "tests/agent_core/sandbox"
_BROWSERS = 2  # more would only wait for each other on a machine with two processors
_APP = 3_000  # characters of a test that take as long as the start of an app
_NO_TESTS = 5  # pytest's exit code where the options leave none


def main(options: Sequence[str]) -> int:
    """Returns the exit code: 0 where all passed."""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    with ExitStack() as stack:
        parts = _apart()
        outputs = {name: stack.enter_context(tempfile.TemporaryFile()) for name in parts}
        processes = [_start([f"--ignore={BROWSER}", f"--ignore={SANDBOX}", *options])]
        for name, paths in parts.items():
            cache = f"cache_dir=.pytest_cache/{name}"
            processes.append(_start([*paths, "-o", cache, *colour, *options], outputs[name]))
        try:
            codes = [process.wait() for process in processes]
        except KeyboardInterrupt:
            codes = [_end(process) for process in processes]
        for name, output in outputs.items():
            output.seek(0)
            print(f"\n{name}:\n{output.read().decode(errors='replace')}", flush=True)
    ran = [code for code in codes if code != _NO_TESTS]
    return next((code for code in ran if code), 0) if ran else _NO_TESTS


def _apart() -> dict[str, list[str]]:
    """Return the paths of the tests that run apart from the others, by what to call them."""
    parts: list[list[Path]] = [[] for _ in range(_BROWSERS)]
    for module in sorted(Path(BROWSER).rglob("test_*.py"), key=_length, reverse=True):
        min(parts, key=lambda part: sum(map(_length, part))).append(module)
    browser = {f"browser-{number}": sorted(map(str, part)) for number, part in enumerate(parts, start=1)}
    return {**browser, "sandbox": [SANDBOX]}


def _length(module: Path) -> int:
    """Return about how long the tests of a module take, in characters of a test."""
    text = module.read_text()
    return len(text) + _APP * len(re.findall(r"\b(?:running_app|restart)\(", text))


def _start(arguments: Sequence[str], output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Start pytest. output: takes all that it prints; None for the terminal."""
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT if output else None)


def _end(process: subprocess.Popen[bytes]) -> int:
    """Have pytest stop and clean up, as by Ctrl-C in a terminal, which it may have got already."""
    try:
        return process.wait(5)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        return process.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))

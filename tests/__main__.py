"""Runs all tests in three processes at once: the browser's and the sandbox's, which often wait, and all others.

    python -m tests [options of pytest]

The output of the first two comes when the others are done.
"""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO

APART = ("tests/browser", "tests/agent_core/sandbox")
_NO_TESTS = 5  # pytest's exit code where the options leave none


def main(options: Sequence[str]) -> int:
    """Returns the exit code: 0 where all passed."""
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    with ExitStack() as stack:
        outputs = {folder: stack.enter_context(tempfile.TemporaryFile()) for folder in APART}
        processes = [_start([*(f"--ignore={folder}" for folder in APART), *options])]
        for folder, output in outputs.items():
            cache = f"cache_dir=.pytest_cache/{folder.rpartition('/')[2]}"
            processes.append(_start([folder, "-o", cache, *colour, *options], output))
        try:
            codes = [process.wait() for process in processes]
        except KeyboardInterrupt:
            codes = [_end(process) for process in processes]
        for folder, output in outputs.items():
            output.seek(0)
            print(f"\n{folder}:\n{output.read().decode(errors='replace')}", flush=True)
    ran = [code for code in codes if code != _NO_TESTS]
    return next((code for code in ran if code), 0) if ran else _NO_TESTS


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

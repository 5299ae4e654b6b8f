"""Tells what holds code on this machine, what is missing, and what to do: `python -m agent_core.sandbox.doctor`.

It ends with 0 if code can be run here, and with 1 if not.
"""

import logging
import platform
import sys
import textwrap
from collections.abc import Mapping

from agent_core.sandbox import confinement
from agent_core.sandbox.confinement import Confinement
from agent_core.sandbox.host_kind import HostKind, host_kind

_WIDTH = 100


def main() -> int:
    """Print the report. Returns the exit code."""
    logging.disable(logging.CRITICAL)  # the report says the same in order
    found, tried = confinement.probe(), confinement.try_all()
    print(report(host_kind(), found, tried))
    return 1 if found.lacking else 0


def report(kind: HostKind, found: Confinement, tried: Mapping[str, str | None]) -> str:
    """Return what an owner is told.

    Args:
        kind: The kind of host.
        found: What workers take here.
        tried: Each layer to why it does not work here; None if it does.
    """
    lines = [
        f"{kind.name}: {platform.system()} {platform.release()}, {platform.machine()}, "
        f"Python {platform.python_version()}",
        "",
        _verdict(found),
        "",
        *(line for layer, reason in tried.items() for line in _line(layer, reason, found)),
    ]
    if found.gaps and not found.lacking:
        lines += ["", "What cannot be done here:", *_listed(found.gaps)]
    if any(reason is not None for reason in tried.values()):
        lines += ["", "What you can do:", *_listed(kind.advice)]
    return "\n".join(lines)


def _verdict(found: Confinement) -> str:
    if found.lacking:
        return "No code can be run here: nothing on this machine holds it. The app works without it."
    if found.missing:
        return "Code can be run here, and what has to hold does; something beside it is missing."
    return "Code can be run here, and is held."


def _line(layer: str, reason: str | None, found: Confinement) -> list[str]:
    if reason is None:
        return [f"  {'holds' if layer in found.holding else 'in reserve':<12}{layer}"]
    word = "missing" if layer in found.missing or found.lacking else "not here"
    told = reason.removeprefix(f"{layer.capitalize()}: ")
    return [f"  {word:<12}{layer}", *textwrap.wrap(told, _WIDTH, initial_indent=" " * 14, subsequent_indent=" " * 14)]


def _listed(sentences: tuple[str, ...]) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
        )
    ]


if __name__ == "__main__":
    sys.exit(main())

"""Tells what holds code on this machine, what is missing, and what to do: `python -m agent_core.sandbox.doctor`.

It ends with 0 if code can be run here and is held, and with 1 if not.
"""

import logging
import platform
import sys
import textwrap
from collections.abc import Iterable, Mapping

from agent_core.sandbox import confinement
from agent_core.sandbox.confinement import Confinement
from agent_core.sandbox.host_kind import HostKind, host_kind

_WIDTH = 80


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
        lines += ["", "What differs here:", *_listed(found.gaps.values())]
    if found.lacking or found.gaps:
        lines += ["", "What you can do:", *_listed(kind.advice)]
    return "\n".join(lines)


def _verdict(found: Confinement) -> str:
    if found.lacking:
        kinds = dict.fromkeys(layer.partition(" (")[0] for layer in found.lacking)
        told = f"No code can be run here, for lack of {', '.join(kinds)}."
        return textwrap.fill(f"{told} The app works without it, or has it run elsewhere.", _WIDTH)
    if found.missing:
        return "Code can be run here, and is held; what is missing does not have to hold."
    return f"Code can be run here, and is held.{'' if found.gaps else ' Nothing has to be done.'}"


def _line(layer: str, reason: str | None, found: Confinement) -> list[str]:
    if reason is None:
        return [f"  {'holds' if layer in found.holding else 'in reserve':<12}{layer}"]
    word = "missing" if layer in found.missing else "not here"
    told, indent = reason.removeprefix(f"{layer.capitalize()}: "), " " * 14
    return [f"  {word:<12}{layer}", *textwrap.wrap(told, _WIDTH, initial_indent=indent, subsequent_indent=indent)]


def _listed(sentences: Iterable[str]) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False
        )
    ]


if __name__ == "__main__":
    sys.exit(main())

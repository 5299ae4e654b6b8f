"""Finds out which of the kernel's layers confine code on this machine, by trying them."""

import errno
import functools
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent_core.errors import SandboxError
from agent_core.sandbox.guest.confinement import layer_names
from agent_core.temporary import temporary_folder

_TRY = """\
import json, sys
sys.path.insert(0, sys.argv[1])
from guest.confinement import landlock_rules, worker_confinement
del sys.path[0]
for layer, error in worker_confinement.probe(sys.argv[2], landlock_rules.readable_paths(sys.argv[1])):
    print(json.dumps([layer, getattr(error, "errno", None), worker_confinement.sentence_of(error)]), flush=True)
"""
_SECONDS = 30.0
# What the layers' errors mean, and what to do about them on the machine.
_REMEDIES = {
    (layer_names.FILES, errno.ENOSYS): (
        "The kernel is older than 5.13, was built without Landlock, or is hidden by a container or gVisor: use a newer "
        "kernel, or Docker with its default profile."
    ),
    (layer_names.FILES, errno.EOPNOTSUPP): (
        "Landlock is built into the kernel but off: boot with “lsm=landlock,…” (the list of /sys/kernel/security/lsm)."
    ),
    (layer_names.SUPERVISION, errno.EBUSY): (
        "Another program supervises this one already, as WSL does with mirrored networking: use networkingMode=nat in "
        ".wslconfig."
    ),
    (
        layer_names.SUPERVISION,
        errno.EINVAL,
    ): "The kernel is older than 5.0, or is gVisor's: use a newer kernel, or Docker.",
    (layer_names.SUPERVISION, errno.ENOSYS): "The kernel has no seccomp, or a container hides it: use another kernel.",
    (layer_names.CALLS, errno.ENOSYS): "The kernel has no seccomp, or a container hides it: use another kernel.",
}

ALLOW_UNCONFINED = "GLASSBOX_ALLOW_UNCONFINED"  # variable of the environment
_YES = ("1", "true", "yes", "on")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Confinement:
    """The layers that confine code on this machine.

    Attributes:
        holding: The names of the layers that work.
        missing: The names of the layers that do not.
        reasons: Missing layers to why they are missing and what to do about it.
    """

    holding: tuple[str, ...]
    missing: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def lacking(self) -> tuple[str, ...]:
        """The required layers that are missing."""
        return tuple(layer for layer in layer_names.REQUIRED if layer in self.missing)

    @property
    def refuses(self) -> bool:
        """Whether code must not run on this machine."""
        return bool(self.lacking) and not allowed_unconfined()

    @property
    def remedies(self) -> str:
        """Why layers are missing and what to do about it, in a sentence or two each."""
        return " ".join(self.reasons[layer] for layer in self.missing if layer in self.reasons)

    def require(self) -> None:
        """Check that code may run on this machine.

        Raises:
            SandboxError: A required layer is missing, and the app's owner has not allowed that.
        """
        if self.refuses:
            raise SandboxError(
                f"This machine cannot confine the code that a model writes. Missing: {', '.join(self.lacking)}. "
                f"{self.remedies} Or set {ALLOW_UNCONFINED}=1 to let the code do whatever this app may do."
            )


@functools.cache
def probe() -> Confinement:
    """Find out which layers work by confining a throwaway process. Takes about 0.1 s, and is cached.

    Returns:
        The layers that work, and those that do not with the reasons.
    """
    found = _try()
    held = [layer for layer, _, sentence in found if sentence is None]
    missing = tuple(layer for layer in layer_names.TRIED if layer not in held)
    reasons = {layer: _reason(layer, number, sentence) for layer, number, sentence in found if sentence is not None}
    for layer in missing:
        logger.warning("Missing on this machine: %s. %s", layer, reasons.get(layer, "It was not tried."))
    return Confinement(
        (*(layer for layer in layer_names.TRIED if layer in held), layer_names.WATCHDOG), missing, reasons
    )


def _try() -> list[tuple[str, int | None, str | None]]:
    """Return the layers, as far as the process got, each with its errno and error text; None if it worked."""
    with temporary_folder("try") as folder:
        command = [sys.executable, "-I", "-c", _TRY, str(Path(__file__).parent), folder]
        with subprocess.Popen(command, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                output, errors = process.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
    if process.returncode != 0:
        said = errors.decode(errors="replace").strip() or f"It ended with {process.returncode}."
        logger.error("Not all layers of the sandbox could be tried: %s", said[-2_000:])
    return [tuple(json.loads(line)) for line in output.splitlines() if line.endswith(b"]")]


def _reason(layer: str, number: int | None, sentence: str) -> str:
    """Return what an error means, and what to do about it if that is known."""
    words = sentence.strip().rstrip(".")
    return _REMEDIES.get((layer, number or 0)) or f"{layer.capitalize()}: {words}."


def allowed_unconfined() -> bool:
    """Whether the app's owner accepts that layers are missing."""
    return os.environ.get(ALLOW_UNCONFINED, "").strip().lower() in _YES

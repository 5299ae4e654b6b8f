"""Finds out which of the kernel's layers confine code on this machine, by trying them."""

import errno
import functools
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from agent_core.errors import SandboxError
from agent_core.sandbox.guest.confinement import layer_names
from agent_core.sandbox.guest.confinement.layer_names import LayerChoice
from agent_core.temporary import temporary_folder

_TRY = """\
import json, sys
sys.path.insert(0, sys.argv[1])
from guest.confinement import layer_names, readable_paths, worker_confinement
del sys.path[0]
choice, readable = layer_names.LayerChoice(*sys.argv[3:]), readable_paths.readable_paths(sys.argv[1])
for layer, error in worker_confinement.probe(sys.argv[2], readable, choice):
    print(json.dumps([layer, getattr(error, "errno", None), worker_confinement.sentence_of(error)]), flush=True)
"""
_SECONDS = 30.0
# What the layers' errors mean, and what to do about them on the machine.
_NO_LINUX = "The layers that hold code are Linux's: use Docker, or WSL 2 on Windows."
_NO_SECCOMP = "The kernel has no seccomp, or a container hides it: use another kernel."
_REMEDIES = {
    (layer_names.LANDLOCK, errno.ENOSYS): (
        "The kernel is older than 5.13, was built without Landlock, or is hidden by a container or gVisor: use a newer "
        "kernel, or Docker with its default profile."
    ),
    (layer_names.LANDLOCK, errno.EOPNOTSUPP): (
        "Landlock is built into the kernel but off: boot with “lsm=landlock,…” (the list of /sys/kernel/security/lsm)."
    ),
    (layer_names.MOUNTS, errno.EPERM): (
        "Nobody may make a namespace here, or mount in it: a container's profile, AppArmor or a sysctl forbids it."
    ),
    (layer_names.MOUNTS, errno.EACCES): (
        "Who makes a namespace may not mount in it here: AppArmor or SELinux forbids it."
    ),
    (layer_names.MOUNTS, errno.ENOSPC): (
        "No more namespaces are allowed here: raise the sysctl user.max_user_namespaces."
    ),
    (layer_names.BROKER, errno.EPERM): "It needs process supervision, which does not work here.",
    (layer_names.BROKER, errno.EINVAL): "It needs filters of system calls, which do not work here.",
    (layer_names.BROKER, errno.ENOSYS): (
        "The kernel is older than 5.9, or a container hides calls of it (openat2): use a newer kernel."
    ),
    (layer_names.SUPERVISION, errno.EBUSY): (
        "Another program supervises this one already, as WSL does with mirrored networking: use networkingMode=nat in "
        ".wslconfig."
    ),
    (layer_names.SUPERVISION, errno.EINVAL): (
        "The kernel is older than 5.0, is gVisor's, or has no seccomp: use a newer kernel, or Docker's usual runtime."
    ),
    (layer_names.SUPERVISION, errno.ENOSYS): _NO_SECCOMP,
    (layer_names.NO_FORKS, errno.EINVAL): _NO_SECCOMP,
    (layer_names.CALLS, errno.EINVAL): _NO_SECCOMP,
    (layer_names.CALLS, errno.ENOSYS): _NO_SECCOMP,
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
        reasons: Layers that do not work to why, and what to do about it; also of those that another one stands in for.
        choice: The layers that workers take where several do the same.
    """

    holding: tuple[str, ...]
    missing: tuple[str, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    choice: LayerChoice = layer_names.DEFAULT_CHOICE

    @property
    def lacking(self) -> tuple[str, ...]:
        """The required layers that are missing."""
        return tuple(
            layer for same in layer_names.REQUIRED if all(layer in self.missing for layer in same) for layer in same
        )

    @property
    def gaps(self) -> Mapping[str, str]:
        """Layers that hold to what they leave open or cannot do that another one of their kind does, in sentences."""
        return {layer: layer_names.GAPS[layer] for layer in self.holding if layer in layer_names.GAPS}

    @property
    def refuses(self) -> bool:
        """Whether code must not run on this machine."""
        return bool(self.lacking) and not allowed_unconfined()

    @property
    def remedies(self) -> str:
        """Why layers are missing and what to do about it, in a sentence or two each."""
        return " ".join(dict.fromkeys(self.reasons[layer] for layer in self.missing if layer in self.reasons))

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
    """Find out which layers work by confining throwaway processes. Takes about 0.1 s, or 0.4, and is cached.

    Returns:
        The layers that work, and those that do not with the reasons.
    """
    found: dict[str, _Finding] = {}
    choice = _first_that_works(found, LayerChoice(), "files", layer_names.FILES)
    choice = _first_that_works(found, choice, "processes", layer_names.PROCESSES)
    held = [layer for layer in layer_names.ALL if _works(found, layer)]
    missing = tuple(layer for layer in layer_names.ALL if layer not in held and _is_missed(layer, held))
    reasons = {layer: _reason(layer, failed) for layer, failed in found.items() if failed.sentence is not None}
    if sys.platform != "linux":
        reasons = {layer_names.LANDLOCK: _NO_LINUX}
    logger.info("Code is held by: %s.", ", ".join(held))
    for layer in missing:
        logger.warning("Missing on this machine: %s. %s", layer, reasons.get(layer, "It was not tried."))
    return Confinement((*held, layer_names.WATCHDOG), missing, reasons, choice)


def try_all() -> dict[str, str | None]:
    """Try each layer, also those that another one stands in for.

    Returns:
        The layers in the order in which they are chosen: None if one works, or why it does not and what to do about it.
    """
    found: dict[str, _Finding] = {}
    for layer in layer_names.FILES:
        found = _try(LayerChoice(files=layer)) | found
    for layer in layer_names.PROCESSES[1:]:
        found = _try(LayerChoice(processes=layer)) | found
    untried = _Finding(None, "It could not be tried, as something that it needs is missing")
    told = {layer: found.get(layer, untried) for layer in layer_names.ALL if layer in found or _stands_alone(layer)}
    return {layer: None if done.sentence is None else _reason(layer, done) for layer, done in told.items()}


def _stands_alone(layer: str) -> bool:
    return layer not in (layer_names.TCP, layer_names.SIGNALS)  # these two are Landlock's


class _Finding(NamedTuple):
    """A layer's errno and error text, both None if it works."""

    number: int | None
    sentence: str | None


def _first_that_works(found: dict[str, _Finding], choice: LayerChoice, what: str, layers: Sequence[str]) -> LayerChoice:
    """Choose the first of these layers that works, or none if none does. Adds what is found."""
    for layer in layers:
        chosen = choice._replace(**{what: layer})
        if layer not in found:
            found |= _try(chosen)
        if _works(found, layer):
            return chosen
    return choice


def _works(found: Mapping[str, _Finding], layer: str) -> bool:
    return layer in found and found[layer].sentence is None


def _is_missed(layer: str, held: Sequence[str]) -> bool:
    """Whether nothing stands in for a layer that does not hold; the filters do for what Landlock has beside files."""
    if layer in (layer_names.TCP, layer_names.SIGNALS):
        return layer_names.LANDLOCK in held
    return not any(layer in same and set(same) & set(held) for same in layer_names.REQUIRED)


def _try(choice: LayerChoice) -> dict[str, _Finding]:
    """Confine a throwaway process by these layers and those without a choice. Returns how far it got."""
    if sys.platform != "linux":
        return {}
    with temporary_folder("try") as folder:
        command = [sys.executable, "-I", "-c", _TRY, str(Path(__file__).parent), folder, *choice]
        with subprocess.Popen(command, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                output, errors = process.communicate(timeout=_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
    if process.returncode != 0:
        said = errors.decode(errors="replace").strip() or f"It ended with {process.returncode}."
        logger.error("Not all layers of the sandbox could be tried: %s", said[-2_000:])
    told = [json.loads(line) for line in output.splitlines() if line.endswith(b"]")]
    return {layer: _Finding(number, sentence) for layer, number, sentence in told}


def _reason(layer: str, failed: _Finding) -> str:
    """Return what an error means, and what to do about it if that is known."""
    if sys.platform != "linux":
        return _NO_LINUX
    words = (failed.sentence or "").strip().rstrip(".")
    return _REMEDIES.get((layer, failed.number or 0)) or f"{layer.capitalize()}: {words}."


def allowed_unconfined() -> bool:
    """Whether the app's owner accepts that layers are missing."""
    return os.environ.get(ALLOW_UNCONFINED, "").strip().lower() in _YES

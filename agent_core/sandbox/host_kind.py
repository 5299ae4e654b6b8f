"""What kind of host this is, as far as it shows, and what its owner can do so that code is held on it."""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_GVISOR_VERSION = "Sun Jan 10 15:06:54 PST 2016"  # gVisor says so of its kernel, whatever its release
_RED_HAT = (".el9", ".el8")


@dataclass(frozen=True)
class HostKind:
    """A kind of host.

    Attributes:
        name: As people call it.
        advice: What the owner can do there, a sentence each.
    """

    name: str
    advice: tuple[str, ...]


_IMAGE = "Docker image: run Glassbox in its own image (docs/deploy.md), on a machine whose kernel has Landlock."
_REMOTE = (
    "Elsewhere: with GLASSBOX_SANDBOX=docker, hf or ray code runs in another place (“Code elsewhere” in "
    "docs/deploy.md)."
)
_HUGGING_FACE = (
    "Elsewhere: GLASSBOX_SANDBOX=hf has code run in Sandboxes of Hugging Face, which visitors who sign in pay for, or "
    "the account of GLASSBOX_SANDBOX_TOKEN (“Code elsewhere” in docs/deploy.md)."
)
_KERNEL = (
    "Kernel: 5.13 or newer, with Landlock among the names in /sys/kernel/security/lsm; if not, boot it with "
    "lsm=landlock,…"
)
_NAMESPACES = (
    "Without Landlock: let ordinary users make namespaces (sysctl user.max_user_namespaces above 0; on Ubuntu also "
    "kernel.apparmor_restrict_unprivileged_userns=0)."
)
_CONTAINER = (
    "Container: Docker's default profile and no privileges are enough; where its kernel has no Landlock, it must be "
    "5.9 or newer, and opening files is slower."
)
_KUBERNETES = (
    "Kubernetes: seccompProfile RuntimeDefault and no privileges are enough; nodes whose kernel has Landlock (5.13 or "
    "newer) are quicker with files."
)
_NO_LINUX = "Docker: `docker run` as docs/deploy.md says; code is held by the Linux inside."

GVISOR = HostKind(
    "gVisor",
    (
        "gVisor has neither Landlock nor notifications: a mount namespace and a plain filter hold code, without going "
        "back to earlier variables.",
        "For all of it, run this container under runc, Docker's usual runtime.",
        _REMOTE,
    ),
)
WSL = HostKind(
    "WSL 2",
    (
        "WSL: set networkingMode=nat in %UserProfile%\\.wslconfig, then `wsl --shutdown`: mirrored networking takes "
        "the notifications that Glassbox needs.",
        "Kernel: `wsl --update` brings one with Landlock.",
        _REMOTE,
    ),
)
KUBERNETES = HostKind("Kubernetes", (_KUBERNETES, _KERNEL, _REMOTE))
DOCKER = HostKind("Docker", (_CONTAINER, _KERNEL, _REMOTE))
PODMAN = HostKind("Podman", (_CONTAINER, _KERNEL, _REMOTE))
SPACE = HostKind(
    "a Space of Hugging Face", (_HUGGING_FACE, "Tell Glassbox's authors what this says: a Space should do.")
)
RED_HAT = HostKind(
    "Red Hat Enterprise Linux or one like it",
    (
        "Kernel: that of release 9.6 or newer has Landlock (`dnf upgrade kernel`, then boot it).",
        _NAMESPACES,
        _IMAGE,
        _REMOTE,
    ),
)
LINUX = HostKind("Linux without a container", (_KERNEL, _NAMESPACES, _IMAGE, _REMOTE))
MACOS = HostKind("macOS", (_NO_LINUX, _REMOTE))
WINDOWS = HostKind("Windows", (_NO_LINUX, "Or in WSL 2: `wsl --install`, and there as on any Linux.", _REMOTE))


def host_kind(
    system: str = sys.platform,
    release: str = platform.release(),
    version: str = platform.version(),
    environment: Mapping[str, str] = os.environ,
    root: Path = Path("/"),
) -> HostKind:
    """Return the kind of a host; of this one by default.

    Args:
        system: As in `sys.platform`.
        release: The kernel's release.
        version: The kernel's version, as `uname -v` says it.
        environment: Its variables.
        root: Where its files are.
    """
    if system != "linux":
        return WINDOWS if system in ("win32", "cygwin") else MACOS
    signs = {
        GVISOR: _GVISOR_VERSION in version,
        SPACE: "SPACE_ID" in environment,
        KUBERNETES: "KUBERNETES_SERVICE_HOST" in environment,
        DOCKER: (root / ".dockerenv").exists(),
        PODMAN: (root / "run/.containerenv").exists(),
        WSL: "microsoft" in release.lower(),
        RED_HAT: any(name in release for name in _RED_HAT),
    }
    return next((kind for kind, is_it in signs.items() if is_it), LINUX)

"""Sandboxes in Docker containers: one for each chat, which ends with its connection."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from uuid import uuid4

from agent_core.errors import SandboxError
from agent_core.sandbox.remote.child_process import ProcessStream
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.shipping import FAR_COMMAND

IMAGE = "glassbox"
_DAEMON_SECONDS = 10.0
_OWN_MEMORY_MB = 512  # of the far end, the zygote and file caches, beside the code's
_FURTHER_PROCESSES = 64
_NO_PROGRAM = "Docker is not installed where the app runs. Install it, or choose another engine for the sandbox."


class DockerEngine:
    """Sandboxes in containers of the local Docker daemon, by the `docker` command.

    A container has Docker's default seccomp profile, no capabilities, an ordinary user, a root file system that it
    cannot write to, a folder in memory for the workspace, and no network unless code may be let connect somewhere. It
    ends when its input does: with its chat, and with the app, however that ends.

    Args:
        image: The name of an image that has Python 3.11 or newer, Glassbox's requirements, and the packages that code
            may use. One that is not there is pulled.
    """

    name = "docker"
    place = "Code runs in a Docker container of this machine, one for each chat."

    def __init__(self, image: str = IMAGE) -> None:
        self._image = image

    async def connect(self, needs: Needs) -> "ContainerStream":
        await _require_daemon()
        name = f"glassbox-{uuid4().hex[:12]}"
        return await ContainerStream.of(["docker", "run", *self._options(name, needs), self._image, *FAR_COMMAND], name)

    def _options(self, name: str, needs: Needs) -> list[str]:
        limits = needs.limits.highest
        memory = 2 * limits.memory_mb + limits.disk_mb + _OWN_MEMORY_MB
        return [
            *("--rm", "--interactive", "--init", "--name", name, "--label", "glassbox"),
            *("--user", "65532:65532", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"),
            *("--network", "bridge" if needs.network else "none"),
            *("--tmpfs", f"/tmp:rw,nosuid,nodev,noexec,mode=1777,size={2 * limits.disk_mb + _OWN_MEMORY_MB}m"),
            *("--memory", f"{memory}m", "--memory-swap", f"{memory}m", "--workdir", "/tmp", "--env", "HOME=/tmp"),
            *("--pids-limit", str(4 * limits.threads + _FURTHER_PROCESSES), "--cpus", str(os.cpu_count() or 1)),
        ]

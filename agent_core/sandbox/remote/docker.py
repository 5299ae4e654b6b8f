"""Sandboxes in Docker containers: one for each chat, which ends with its connection."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

from agent_core.errors import SandboxError
from agent_core.sandbox.remote.child_process import ProcessStream
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.shipping import FAR_COMMAND

IMAGE = "glassbox"
_OWN_MEMORY_MB = 512  # of the far end, the zygote and what lies in memory, beside the code's
_FURTHER_PROCESSES = 64
_ANSWER_SECONDS = 30.0
_PULL_SECONDS = 600.0
_SILENT = "Docker does not answer. See whether its daemon runs, and whether the app may use it."
_NO_PROGRAM = "The docker command is not there. Install Docker, or choose another engine for the sandbox."


class DockerEngine:
    """Sandboxes in containers of a Docker daemon, by the `docker` command and whatever that is set to talk to.

    A container has Docker's default seccomp profile, no capabilities, an ordinary user, a root file system that it
    cannot write to, its files in memory, and no network unless code may be let connect somewhere. It ends when its
    input does: with its chat, and with the app, however that ends.

    Args:
        image: The name of an image that has Python 3.11 or newer, Glassbox's requirements, and the packages that code
            may use. One that is not there is pulled.
    """

    name = "docker"
    place = "Code runs in a Docker container, one for each chat."

    def __init__(self, image: str = IMAGE) -> None:
        self._image = image

    async def connect(self, needs: Needs) -> "ContainerStream":
        """Start a container; see `Engine.connect`."""
        await self._require_image()
        name = f"glassbox-{uuid4().hex[:12]}"
        command = ["docker", "run", *self._options(name, needs), self._image, *FAR_COMMAND[1:]]
        return await ContainerStream.of_container(command, name)

    async def _require_image(self) -> None:
        """Pull the image if it is not there. Raises SandboxError."""
        code, said = await _docker("image", "inspect", "--format", "{{.Id}}", self._image)
        if code and "no such image" in said.lower():
            code, said = await _docker("pull", "--quiet", self._image, seconds=_PULL_SECONDS)
            if code:
                raise SandboxError(f"Docker has no image {self._image!r}, and none can be pulled. Build it first.")
        elif code:
            raise SandboxError(_SILENT)

    def _options(self, name: str, needs: Needs) -> list[str]:
        limits = needs.limits.highest
        in_memory = 2 * limits.disk_mb + _OWN_MEMORY_MB  # the files, and the versions of them
        memory = 2 * limits.memory_mb + in_memory
        return [
            *("--rm", "--interactive", "--init", "--name", name, "--label", "glassbox", "--entrypoint", FAR_COMMAND[0]),
            *("--user", "65532:65532", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"),
            *("--network", "bridge" if needs.network else "none", "--log-driver", "none"),
            *("--tmpfs", f"/tmp:rw,nosuid,nodev,noexec,mode=1777,size={in_memory}m", "--workdir", "/tmp"),
            *("--memory", f"{memory}m", "--memory-swap", f"{memory}m"),
            *("--pids-limit", str(20 * limits.threads + _FURTHER_PROCESSES)),
        ]


class ContainerStream(ProcessStream):
    """The standard input and output of a container."""

    _name = ""

    @classmethod
    async def of_container(cls, command: Sequence[str], name: str) -> "ContainerStream":
        """Start it. Raises SandboxError."""
        stream = await cls.of(command)
        stream._name = name
        return stream

    async def close(self) -> None:
        """End the container: by itself, or by force."""
        if not await self.ended():
            with suppress(SandboxError):
                await _docker("kill", self._name)
        await super().close()


async def _docker(*arguments: str, seconds: float | None = None) -> tuple[int, str]:
    """Run the docker command. Returns its exit status and what it wrote to standard error. Raises SandboxError."""
    try:
        process = await asyncio.create_subprocess_exec(
            "docker", *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True
        )
    except OSError:
        raise SandboxError(_NO_PROGRAM) from None
    try:
        _, said = await asyncio.wait_for(process.communicate(), seconds or _ANSWER_SECONDS)
    except TimeoutError:
        raise SandboxError(_SILENT) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(errors="replace")

"""Sandboxes on the nodes of a Ray cluster of one's own: an actor for each chat, which ends with its connection."""

import asyncio
import logging
import threading
from contextlib import suppress
from typing import Any

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import SandboxError
from agent_core.sandbox.remote import far_process
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.shipping import FAR_COMMAND

_JOIN_SECONDS = 30.0
_START_SECONDS = 60.0
_AGAIN_SECONDS = 1.0  # until another attempt: for some seconds Ray chooses a node that has just failed
_END_SECONDS = 15.0
_CHUNK = 64 * 1024  # bytes; Ray passes what is below 100 kB with the call itself, not by way of its object store
_OWN_MEMORY_MB = 256  # of the far end and the zygote, beside the code's
_NOT_INSTALLED = "Ray is not installed where the app runs. Install glassbox[ray], or choose another engine."
_NO_CLUSTER = (
    "The Ray cluster {address!r} cannot be reached from the app's machine. Make it a node of the cluster with "
    "`ray start --address=… --num-cpus=0`, or correct the address."
)
_NO_ROOM = (
    "No node of the Ray cluster has {memory} MB of memory and {processors:g} processors free for the sandbox. Close "
    "other chats, lower the limit on memory, or add a node."
)
_DIED = "The nodes of the Ray cluster on which the sandbox was to start have failed. Try again in a minute."
_joining = threading.Lock()  # a process is in one cluster at a time


class RayEngine:
    """Sandboxes on the nodes of a Ray cluster, where Glassbox's own layers confine the code: Ray does not.

    The app's machine has to be a node of the cluster. Each node needs the app's version of Python and of Ray,
    Glassbox's requirements, and the packages that code may use. A chat takes up room on its node until it sleeps or is
    closed; when a node fails, the next step starts on another one.

    Args:
        address: Of the cluster, as Ray has it: "auto" for the one that the app's machine is a node of, or "host:port".
        processors: How many of a node's processors one chat takes up, for Ray's counting; its code may use more. The
            limit on memory is counted likewise.
    """

    name = "ray"
    place = "Code runs on a node of the owner's Ray cluster, in a process that is not the app's."

    def __init__(self, address: str = "auto", *, processors: float = 0.5) -> None:
        self._address = address
        self._processors = processors

    async def connect(self, needs: Needs) -> "ActorStream":
        try:
            ray = await asyncio.wait_for(self._joined(), _JOIN_SECONDS)
        except (OSError, RuntimeError, ValueError):  # a TimeoutError is one, too
            raise SandboxError(_NO_CLUSTER.format(address=self._address)) from None
        memory = needs.limits.memory_mb + _OWN_MEMORY_MB
        kind = ray.remote(far_process.FarProcess).options(num_cpus=self._processors, memory=memory * 2**20)
        failed = False
        try:
            async with asyncio.timeout(_START_SECONDS):
                while True:
                    try:
                        return ActorStream(ray, await _started(ray, kind))
                    except ray.exceptions.RayError:
                        failed = True
                        await asyncio.sleep(_AGAIN_SECONDS)
        except TimeoutError:
            no_room = _NO_ROOM.format(memory=memory, processors=self._processors)
            raise SandboxError(_DIED if failed else no_room) from None

    async def _joined(self) -> Any:
        """Connect this process to the cluster, unless it is in one, and return Ray."""
        host, _, port = self._address.rpartition(":")
        if port.isdecimal():  # Ray tries for minutes, in silence
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
        return await run_in_own_thread(self._join)

    def _join(self) -> Any:
        try:
            import ray
            from ray import cloudpickle
        except ImportError:
            raise SandboxError(_NOT_INSTALLED) from None
        with _joining:
            if not ray.is_initialized():
                ray.init(self._address, configure_logging=False, log_to_driver=False, logging_level=logging.ERROR)
            cloudpickle.register_pickle_by_value(far_process)
        return ray


async def _started(ray: Any, kind: Any) -> Any:
    """Return an actor whose process runs. Raises RayError if its node failed meanwhile."""
    actor = kind.remote()
    try:
        await actor.start.remote(list(FAR_COMMAND[1:]))
    except BaseException:
        ray.kill(actor)
        raise
    return actor


class ActorStream:
    """The standard input and output of a far end in an actor.

    Args:
        ray: The module.
        actor: A FarProcess that was started.
    """

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray = ray
        self._actor = actor
        self._next = actor.read.remote(_CHUNK)  # always one under way, so that nobody waits for its way there
        self._read = b""

    async def read(self, size: int) -> bytes:
        if not self._read:
            try:
                self._read = await self._next
            except (self._ray.exceptions.RayError, OSError):
                return b""
            if self._read:
                self._next = self._actor.read.remote(_CHUNK)
        data, self._read = self._read[:size], self._read[size:]
        return data

    async def write(self, data: bytes) -> None:
        for start in range(0, len(data), _CHUNK):
            try:
                await self._actor.write.remote(data[start : start + _CHUNK])
            except self._ray.exceptions.RayError:
                raise ConnectionResetError("the actor or its node has ended") from None

    async def close(self) -> None:
        with suppress(self._ray.exceptions.RayError, TimeoutError):
            await asyncio.wait_for(self._actor.end.remote(), _END_SECONDS)
        self._ray.kill(self._actor)

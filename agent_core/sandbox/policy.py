"""What the agent's code may do, and how much of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from agent_core.errors import GlassboxError
from agent_core.permissions import Ask
from agent_core.sandbox.guest.libraries import processors

DEFAULT_IMPORTS = ("stdlib", "data")
_LEAST_PROCESSOR_SECONDS = 120.0
_PROCESSORS = processors.available()


@dataclass(frozen=True)
class Policy:
    """What the agent's code may import, and which hosts it may connect to.

    Attributes:
        imports: Names of modules, each with its submodules ("numpy" allows numpy.random, and "numpy.*" is the same;
            "os.path" does not allow os).
            "stdlib" stands for the standard library without the modules that make no sense in the sandbox (subprocess,
            socket, ctypes, …), "data" for the packages of the extra "data" (numpy, pandas, openpyxl, scikit-learn, …;
            `guest/libraries/data_packages.py` lists them), "*" for everything.
        hosts: "example.org" for its web ports, "example.org:8080" for another port, "*.example.org" for all its
            subdomains, "*" for every public host. Addresses that are not public are always refused.
        ask: Decides about what is not listed: "once" holds for the step, "always" for the chat. If it is None, whatever
            is not listed is denied.

    Raises:
        GlassboxError: A text stands where a list of names belongs.

    >>> async def decide(request: PermissionRequest) -> Decision:
    ...     return "once" if request.name == "wave" else "deny"
    >>> async def main() -> None:
    ...     async with Sandbox(policy=Policy(imports=["math"], ask=decide)) as box:
    ...         print((await box.run("import math, wave")).error)
    ...         print((await box.run("import json")).error.message)
    >>> asyncio.run(main())
    None
    ImportDenied: Importing 'json' is not allowed. Allowed: math.
    """

    imports: Sequence[str] = DEFAULT_IMPORTS
    hosts: Sequence[str] = ()
    ask: Ask | None = None

    def __post_init__(self) -> None:
        for name, given in (("imports", self.imports), ("hosts", self.hosts)):
            if isinstance(given, str):
                raise GlassboxError(f"`{name}` of a Policy is a list of names: {name}=[{given!r}].")
        object.__setattr__(self, "imports", tuple(name.removesuffix(".*") for name in self.imports))


@dataclass(frozen=True)
class Limits:
    """What the code of one chat may use.

    Attributes:
        step_seconds: Wall-clock time of one step. The clock stands still while a host tool works or a person is asked
            for a permission of another kind.
        most_step_seconds: Wall-clock time of one step with all that it is given when `step_seconds` are over: as long
            as two more minutes fit, `Policy.ask` decides about them. 0 for no question.
        processor_seconds: Processor time of one step, all threads together. None for twice what all processors can
            give in `step_seconds`, and 120 at least, so that it does not end a step before its time is over.
        memory_mb: Memory of the worker, in MB (2**20 bytes).
        most_memory_mb: What `memory_mb` may be raised to later, with all variables kept. The kernel holds the worker
            to this, and a watchdog to `memory_mb`. If it is less than `memory_mb`, that counts.
        disk_mb: Disk space of the workspace, in MB (2**20 bytes).
        most_disk_mb: What `disk_mb` may be raised to later, as with `most_memory_mb`.
        files: Files and folders in the workspace.
        threads: Threads of the worker at a time.
    """

    step_seconds: float = 30.0
    most_step_seconds: float = 600.0
    processor_seconds: float | None = None
    memory_mb: int = 2048
    most_memory_mb: int = 0
    disk_mb: int = 512
    most_disk_mb: int = 0
    files: int = 5_000
    threads: int = 128

    @property
    def processor_allowance(self) -> float:
        """The processor time of one step, in seconds."""
        if self.processor_seconds is not None:
            return self.processor_seconds
        return max(_LEAST_PROCESSOR_SECONDS, 2 * _PROCESSORS * self.step_seconds)

    @property
    def highest(self) -> Self:
        """The same with as much memory and disk space as they may be raised to."""
        memory, disk = max(self.memory_mb, self.most_memory_mb), max(self.disk_mb, self.most_disk_mb)
        return replace(self, memory_mb=memory, disk_mb=disk)

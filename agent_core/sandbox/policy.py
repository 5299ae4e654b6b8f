"""What the agent's code may do, and how much of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_core.permissions import Ask

DEFAULT_IMPORTS = ("stdlib", "data")


@dataclass(frozen=True)
class Policy:
    """What the agent's code may import, and which hosts it may connect to.

    Attributes:
        imports: Names of modules, each with its submodules ("numpy" allows numpy.random; "os.path" does not allow os).
            "stdlib" stands for the standard library without the modules that make no sense in the sandbox (subprocess,
            socket, ctypes, …), "data" for the packages of the extra "data" (numpy, pandas, openpyxl, scikit-learn, …;
            `guest/libraries/data_packages.py` lists them), "*" for everything.
        hosts: "example.org" for its web ports, "example.org:8080" for another port, "*.example.org" for all its
            subdomains, "*" for every public host. Addresses that are not public are always refused.
        ask: Decides about what is not listed: "once" holds for the step, "always" for the chat. If it is None, whatever
            is not listed is denied.
    """

    imports: Sequence[str] = DEFAULT_IMPORTS
    hosts: Sequence[str] = ()
    ask: Ask | None = None


@dataclass(frozen=True)
class Limits:
    """What the code of one chat may use.

    Attributes:
        step_seconds: Wall-clock time of one step. The clock stands still while a host tool works or a person is asked.
        processor_seconds: Processor time of one step, all threads together.
        memory_mb: Memory of the worker, in MB (2**20 bytes).
        disk_mb: Disk space of the workspace, in MB (2**20 bytes).
        files: Files and folders in the workspace.
        threads: Threads of the worker at a time.
    """

    step_seconds: float = 30.0
    processor_seconds: float = 120.0
    memory_mb: int = 2048
    disk_mb: int = 512
    files: int = 5_000
    threads: int = 128

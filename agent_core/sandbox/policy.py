"""What the agent's code may do, and how much of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_core.permissions import Ask

DEFAULT_IMPORTS = ("stdlib", "numpy", "pandas", "matplotlib", "PIL", "bs4")


@dataclass(frozen=True)
class Policy:
    """What the agent's code may import, and which hosts it may connect to.

    imports: names of modules, each with all below it ("numpy" allows numpy.random, "os.path" not os); "stdlib" for the
    standard library but for what makes no sense inside (subprocess, socket, ctypes, …); "*" for everything.
    hosts: names such as "example.org" for its web ports, "example.org:8080" for another port, "*.example.org" for all
    below it, "*" for every public host. Addresses that are not public are always refused.
    ask: decides about what is not listed: "once" is for the step, "always" for the chat. Without it the answer is no.
    """

    imports: Sequence[str] = DEFAULT_IMPORTS
    hosts: Sequence[str] = ()
    ask: Ask | None = None


@dataclass(frozen=True)
class Limits:
    """What the code of one chat may use up.

    step_seconds: wall time of one step, which stands still while a host tool works or a person is asked.
    processor_seconds: processor time of one step, all threads together; it never stands still.
    memory_mb: of the chat's processes. disk_mb, files: what may lie in the workspace. threads: at the same time.
    """

    step_seconds: float = 30.0
    processor_seconds: float = 120.0
    memory_mb: int = 2048
    disk_mb: int = 512
    files: int = 5_000
    threads: int = 128

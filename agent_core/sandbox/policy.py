"""What the agent's code may do, and how much of it."""

from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_IMPORTS = ("stdlib", "numpy", "pandas", "matplotlib", "PIL", "bs4")


@dataclass(frozen=True)
class Policy:
    """What the agent's code may import.

    imports: names of modules, each with all below it ("numpy" allows numpy.random, "os.path" not os); "stdlib" for the
    standard library but for what makes no sense inside (subprocess, socket, ctypes, …); "*" for everything.
    """

    imports: Sequence[str] = DEFAULT_IMPORTS


@dataclass(frozen=True)
class Limits:
    """step_seconds: wall time of one step, which stands still while a host tool works. memory_mb: of the worker."""

    step_seconds: float = 30.0
    memory_mb: int = 2048

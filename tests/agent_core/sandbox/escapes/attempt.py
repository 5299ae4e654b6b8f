"""One escape attempt, as data."""

from dataclasses import dataclass

from agent_core.sandbox import Limits

_LIMITS = Limits(step_seconds=10)
REFUSED = ("EPERM", "EACCES", "ENOSYS")


@dataclass(frozen=True)
class Attempt:
    """A small hostile program and how it must end.

    subject: which promise it attacks ("network: TCP"). code: the body of a function that runs after `prelude.py`; it
    raises OSError where it is refused, and returns, with its loot, where it thinks that it got through.
    layer: what stops it, "a+b" where each of two alone would. ends: the outcomes that count as refused: names of errnos
    or exceptions, kinds of an ExecutionError, or "pretended" for a call that says yes and does nothing.
    harm: why the layer is not lifted to see it succeed; "" where it is lifted. limits: of its step.
    """

    subject: str
    name: str
    code: str
    layer: str
    ends: tuple[str, ...] = REFUSED
    harm: str = ""
    limits: Limits = _LIMITS

    @property
    def raw(self) -> bool:
        """Whether it goes past Python's own functions, by ctypes or by number."""
        return any(word in self.code for word in ("call(", "ctypes", "libc.", "machine("))

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(self.layer.split("+"))

    def __str__(self) -> str:
        return f"{self.subject}, {self.name}".replace(" ", "-")

"""Confines a worker by the kernel before it runs any of the agent's code. Nothing here can be undone.

The layers, each by itself: no new privileges, Landlock (files; TCP and signals if the kernel can), two seccomp filters,
no capabilities, resource limits. `WorkerConfinement.layers` is the one list of them, for workers and for the probe.
"""

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import landlockpy

from . import layer_names
from .landlock_rules import LandlockRules, handles_truncation
from .privileges import drop_capabilities, forbid_new_privileges, limit_resources
from .seccomp import SeccompFilter, supervise

Value = TypeVar("Value")


class Prepared(Generic[Value]):
    """A value that was made in advance, or the error that making it raised.

    Args:
        make: Makes the value.
    """

    def __init__(self, make: Callable[[], Value]) -> None:
        self._value: Value | Exception
        try:
            self._value = make()
        except Exception as error:  # a layer that is unavailable must not take another one with it
            self._value = error

    def get(self) -> Value:
        """Return the value, or raise what making it raised."""
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


class WorkerConfinement:
    """The confinement that all workers share, made once.

    Args:
        readable: Paths that a worker may read besides its workspace.
        unconfined: Whether to run code even if a layer is unavailable.
    """

    def __init__(self, readable: Sequence[str], *, unconfined: bool) -> None:
        self.readable = readable
        self.unconfined = unconfined
        self.supervising = Prepared(SeccompFilter.supervising)
        self.allowing = Prepared(lambda: SeccompFilter.allowing(truncate=handles_truncation()))

    def rules(self) -> Prepared[LandlockRules]:
        """Make the Landlock rules for one worker in advance, because making them takes longer than applying them."""
        return Prepared(lambda: LandlockRules(self.readable))

    def layers(
        self,
        rules: Prepared[LandlockRules],
        workspace: str,
        limits: Mapping[str, int],
        hand_over: Callable[[int], object],
    ) -> dict[str, Callable[[], object]]:
        """Return functions that apply the layers, by the layers' names, in the order in which they must be applied.

        Args:
            rules: The Landlock rules, from `rules`.
            workspace: The folder that the worker may write to.
            limits: The chat's Limits as a dict.
            hand_over: Passes the supervisor its descriptor, as long as messages can carry one.

        Returns:
            The functions. Each raises an error if its layer is unavailable.
        """
        return {
            layer_names.NO_NEW_PRIVILEGES: forbid_new_privileges,
            layer_names.LIMITS: lambda: limit_resources(limits),
            layer_names.CAPABILITIES: drop_capabilities,
            layer_names.FILES: lambda: rules.get().restrict(workspace),
            layer_names.SUPERVISION: lambda: supervise(self.supervising.get(), hand_over),
            layer_names.CALLS: lambda: self.allowing.get().load(),
        }


def apply_layers(steps: Mapping[str, Callable[[], object]]) -> Iterator[tuple[str, Exception | None]]:
    """Apply layers, each whether or not the others are available. Yields their names, with the error if it failed."""
    for name, step in steps.items():
        try:
            step()
        except Exception as error:  # whatever it is, the other layers are applied
            yield name, error
        else:
            yield name, None


def probe(workspace: str, readable: Sequence[str]) -> Iterator[tuple[str, Exception | None]]:
    """Confine this process, a throwaway one, like a worker. Yields the layers, each with its error if it failed."""
    hold = WorkerConfinement(readable, unconfined=True)
    abi = Prepared(landlockpy.abi_version)
    steps = hold.layers(hold.rules(), workspace, {"memory_mb": 1024, "disk_mb": 64}, lambda listener: None)
    for layer, error in apply_layers(steps):
        yield layer, error
        if layer == layer_names.FILES and not error:
            yield from apply_layers(
                {layer_names.TCP: lambda: _need(abi, 4), layer_names.SIGNALS: lambda: _need(abi, 6)}
            )


def sentence_of(error: Exception | None) -> str | None:
    """Return an error's text without its number; None for no error."""
    return None if error is None else getattr(error, "strerror", None) or str(error) or type(error).__name__


def _need(abi: Prepared[int], least: int) -> None:
    """Raise OSError if Landlock is too old to restrict TCP or signals."""
    if abi.get() < least:
        raise OSError(errno.EOPNOTSUPP, f"Landlock has ABI {abi.get()} here; this needs ABI {least}")

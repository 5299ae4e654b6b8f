"""Confines a worker by the kernel before it runs any of the agent's code. Nothing here can be undone.

The layers, each by itself: no new privileges, resource limits, the file rules that were chosen, no capabilities, two
seccomp filters. `WorkerConfinement.layers` is the one list of them, for workers and for the probe.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from . import layer_names
from .broker import trial
from .broker.broker_process import BrokerOrder
from .broker.broker_rules import BrokerRules
from .landlock_rules import LandlockRules, handles_truncation
from .layer_names import LayerChoice
from .mount_rules import MountRules
from .privileges import drop_capabilities, forbid_new_privileges, limit_resources
from .readable_paths import DEVICES
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


class FileRules(Protocol):
    """A file layer, prepared for one worker."""

    def restrict(self, workspace: str) -> None:
        """Hold this process to its workspace and to what it may read. Raises OSError."""
        ...


_FILE_RULES: Mapping[str, Callable[[Sequence[str]], FileRules]] = {
    layer_names.LANDLOCK: LandlockRules,
    layer_names.MOUNTS: MountRules,
    layer_names.BROKER: BrokerRules,
}


class WorkerConfinement:
    """The confinement that all workers share, made once.

    Args:
        readable: Paths that a worker may read besides its workspace.
        choice: The layers to take where several do the same.
        unconfined: Whether to run code even if a layer is unavailable.
    """

    def __init__(self, readable: Sequence[str], choice: LayerChoice, *, unconfined: bool) -> None:
        self.readable = readable
        self.choice = choice
        self.unconfined = unconfined
        self._has_broker = has_broker = choice.files == layer_names.BROKER
        self.supervising = Prepared(lambda: SeccompFilter.supervising(files=has_broker))
        truncate = choice.files != layer_names.LANDLOCK or handles_truncation()
        self.allowing = Prepared(lambda: SeccompFilter.allowing(truncate=truncate, chdir=not has_broker))
        self._brokering = Prepared(SeccompFilter.brokering)

    @property
    def can_fork(self) -> bool:
        """Whether a worker can fork, so that its variables can be kept: only where somebody decides about each fork."""
        return self.choice.processes == layer_names.SUPERVISION

    def rules(self) -> Prepared[FileRules]:
        """Make the file rules for one worker in advance, because making them takes longer than applying them."""
        return Prepared(lambda: _FILE_RULES[self.choice.files](self.readable))

    def broker_order(self, group: int, workspace: str, limits: Mapping[str, int]) -> BrokerOrder | None:
        """Return what to tell the broker of one worker, which this process forks; None if it needs none.

        Args:
            group: The worker's process group.
            workspace: The folder that the worker may write to.
            limits: The chat's Limits as a dict.

        Raises:
            Exception: libseccomp is missing or fails.
        """
        if not self._has_broker:
            return None
        zygote, confining = os.getpid(), self._brokering.get()
        return BrokerOrder(zygote, group, self.readable, DEVICES, workspace, limits["disk_mb"], confining)

    def layers(
        self,
        rules: Prepared[FileRules],
        workspace: str,
        limits: Mapping[str, int],
        hand_over: Callable[[int], object],
    ) -> dict[str, Callable[[], object]]:
        """Return functions that apply the layers, by the layers' names, in the order in which they must be applied.

        Args:
            rules: The file rules, from `rules`.
            workspace: The folder that the worker may write to.
            limits: The chat's Limits as a dict.
            hand_over: Passes the supervisor its descriptor, as long as messages can carry one.

        Returns:
            The functions. Each raises an error if its layer is unavailable.
        """
        hold_processes: dict[str, Callable[[], object]] = {
            layer_names.SUPERVISION: lambda: supervise(self.supervising.get(), hand_over, once=self._has_broker),
            layer_names.NO_FORKS: lambda: SeccompFilter.without_forks().load(),
        }
        files = {self.choice.files: lambda: rules.get().restrict(workspace)}
        return {
            layer_names.NO_NEW_PRIVILEGES: forbid_new_privileges,
            layer_names.LIMITS: lambda: limit_resources(limits),
            **({} if self._has_broker else files),  # a namespace takes capabilities, and gives some
            layer_names.CAPABILITIES: drop_capabilities,
            self.choice.processes: hold_processes[self.choice.processes],
            layer_names.CALLS: lambda: self.allowing.get().load(),
            **(files if self._has_broker else {}),  # it holds by the filters
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


def probe(workspace: str, readable: Sequence[str], choice: LayerChoice) -> Iterator[tuple[str, Exception | None]]:
    """Confine this process, a throwaway one, like a worker. Yields the layers, each with its error if it failed."""
    hold, limits = WorkerConfinement(readable, choice, unconfined=True), {"memory_mb": 1024, "disk_mb": 64}
    rules, hand_over = hold.rules(), lambda listener: None
    try:
        if order := hold.broker_order(os.getpgrp(), workspace, limits):
            hand_over = trial.enter(order)
    except Exception as error:  # what a broker itself needs cannot be had
        yield choice.files, error
        return
    steps = hold.layers(rules, workspace, limits, hand_over)
    for layer, error in apply_layers(steps):
        yield layer, error
        if layer == choice.files and not error and isinstance(landlock := rules.get(), LandlockRules):
            yield from apply_layers({layer_names.TCP: landlock.need_tcp, layer_names.SIGNALS: landlock.need_signals})


def sentence_of(error: Exception | None) -> str | None:
    """Return an error's text without its number; None for no error."""
    return None if error is None else getattr(error, "strerror", None) or str(error) or type(error).__name__

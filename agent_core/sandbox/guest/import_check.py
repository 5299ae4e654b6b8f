"""Checks imports against the policy: a courtesy to the model and the user, not the boundary.

Only import statements in the agent's code are checked, when they run; what libraries import themselves is not. For a
module that the policy does not list, a person is asked, and the code waits at that line.
"""

import builtins
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from .channel import Channel
from .libraries import after_import
from .libraries.data_packages import DATA_MODULES
from .notebook import process_shim
from .notebook.stand_ins import StandIns
from .notebook.workspace_modules import WorkspaceModules

# Modules that make no sense in the sandbox, or would disturb the worker.
_PROCESSES = {"ctypes", "faulthandler", "multiprocessing", "posix", "pty", "resource", "signal", "subprocess"}
_SOCKETS = {"asynchat", "asyncore", "ftplib", "imaplib", "nntplib", "poplib", "smtplib", "socket", "telnetlib"}
_SERVERS = {"http.server", "smtpd", "socketserver", "syslog", "wsgiref", "xmlrpc"}
_TERMINALS = {"bdb", "cmd", "code", "curses", "getpass", "pdb", "readline", "rlcompleter", "termios", "tty"}
_WINDOWS = {"idlelib", "tkinter", "turtle", "turtledemo", "webbrowser"}
_INSTALLATION = {"ensurepip", "site", "venv"}
STDLIB_LEFT_OUT = frozenset(_PROCESSES | _SOCKETS | _SERVERS | _TERMINALS | _WINDOWS | _INSTALLATION)

_PROGRAMS = "no other program or process can be started here; do it in Python itself"
_SCREEN = "there is no screen and no keyboard here; matplotlib draws, and `display(x)` shows"
_IN_VAIN = {
    **dict.fromkeys(("pexpect", "pty", "sh", "subprocess"), _PROGRAMS),
    **dict.fromkeys(("curses", "getpass", "readline", "tkinter", "turtle", "turtledemo", "webbrowser"), _SCREEN),
    **dict.fromkeys(("ensurepip", "pip", "venv"), "packages cannot be installed here"),
    "ipywidgets": "there are no widgets here; write the values into the code",
    "google.colab": "files are read from the working folder, and what is written there can be downloaded",
    "psutil": "the machine cannot be looked at from here; `os.cpu_count()` and `time` work",
}
"""Modules that nobody is asked to allow, as they do nothing here, with what to know instead."""

_WORDS = {"stdlib": "most of the standard library", "data": "the packages for data (numpy, pandas, matplotlib, …)"}


class ImportDenied(ImportError):
    """The policy does not list this module."""

    __module__ = "builtins"  # so that tracebacks call it by its bare name


class Imports:
    """`__import__` for the agent's code.

    Args:
        channel: The connection to the host, which asks for permissions.
        stand_ins: The modules that take the place of packages; they need no permission.
        own: The modules of the workspace; they need none either.
    """

    def __init__(self, channel: Channel, stand_ins: StandIns, own: WorkspaceModules) -> None:
        self._channel = channel
        self._stand_ins = stand_ins
        self._own = own
        self._import = builtins.__import__
        self._entries: tuple[str, ...] = ()

    def permit(self, entries: Sequence[str]) -> None:
        """Allow these from now on: names of modules, "stdlib", "data", or "*" for all."""
        self._entries = tuple(entries)

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        # A list comes only from C code that imports something for itself, as strptime and pickle do.
        if level == 0 and not isinstance(fromlist, list):
            if shim := process_shim.shim_for(name, fromlist):
                return shim
            for module in _modules(name, fromlist):
                self._check(module, name)
        imported = self._import(name, globals, locals, fromlist or (), level)
        after_import.apply()
        return imported

    def _check(self, module: str, name: str) -> None:
        if name.partition(".")[0] in self._stand_ins or self._own.holds(name):
            return
        in_vain = next((part for part in _with_parents(module) if part in _IN_VAIN), "")
        if in_vain and not self._permits(module):
            raise ImportDenied(f"{in_vain!r} does not work here: {_IN_VAIN[in_vain]}.", name=in_vain)
        if not _installed(name):
            raise ModuleNotFoundError(f"No module named {name!r}: it is not installed here.", name=name)
        if self._permits(module):
            return
        refused = next(part for part in _with_parents(module) if not self._permits(part))
        if not self._channel.request({"type": "ask", "module": refused})["value"]:
            allowed = ", ".join(_WORDS.get(entry, entry) for entry in self._entries) or "nothing"
            raise ImportDenied(f"Importing {refused!r} is not allowed. Allowed: {allowed}.", name=refused)

    def _permits(self, module: str) -> bool:
        if "*" in self._entries or any(part in self._entries for part in _with_parents(module)):
            return True
        if "data" in self._entries and module.partition(".")[0] in DATA_MODULES:
            return True
        return "stdlib" in self._entries and _in_stdlib(module)


def _modules(name: str, fromlist: Sequence[str] | None) -> list[str]:
    """Return what a statement imports. `from a import b` may name a module or an attribute; it counts as a.b."""
    return [f"{name}.{item}" for item in fromlist or () if item != "*"] or [name]


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _in_stdlib(module: str) -> bool:
    top = module.partition(".")[0]
    public = not top.startswith("_") or top == "__future__"
    return public and top in sys.stdlib_module_names and STDLIB_LEFT_OUT.isdisjoint(_with_parents(module))


def _installed(name: str) -> bool:
    top = name.partition(".")[0]
    return top in sys.modules or importlib.util.find_spec(top) is not None

"""The worker: runs the host's pieces of Python in one persistent namespace."""

import builtins
import json
import linecache
import os
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from inspect import CO_COROUTINE
from pathlib import Path
from sys import getrecursionlimit, setrecursionlimit
from typing import Any, NoReturn

from . import kept_variables, wire_format
from .channel import Channel
from .checkpoint_fork import CheckpointForks
from .errors import printed_tracebacks, tracebacks
from .errors.error_location import STEP_FILE
from .files import file_overview, file_preview
from .import_check import Imports
from .memory_limit import memory_limit
from .message_limits import LONGEST_NAME, MOST_VARIABLES, TRANSFERRED
from .notebook import event_loop, ipython_shim, process_shim
from .notebook.cell import VALUE, compile_cell
from .notebook.notebook_shell import NotebookShell
from .notebook.stand_ins import StandIns
from .notebook.workspace_modules import WorkspaceModules
from .showing import displays
from .showing.figures import Figures
from .showing.python_warnings import PythonWarnings
from .showing.truncation import truncate
from .showing.variables import REST, Variables
from .streams import Streams
from .tools.loaded_tools import LoadedTools
from .tools.own_names import OWN_NAMES, OwnNames, the_only_value
from .tools.tool_stubs import ToolError, make_stub
from .values.answers import answer_bundle
from .values.decoding import decode

_LEAST_RECURSION = getrecursionlimit()  # code may have more
_modules = sys.modules
_INTERPRETER_MODULES = {name: sys.modules[name] for name in sys.builtin_module_names if name in sys.modules}


class _Answered(BaseException):
    """`final_answer` was called. Not an Exception, so that `except Exception` in the code does not catch it."""


class Worker:
    """Runs steps, one after the other, until the host is gone.

    Args:
        channel: The connection to the host.
        streams: The standard streams.
        checkpoint_forks: Forks checkpoints when the zygote orders it.
        workspace: The folder that the code works in.
    """

    def __init__(self, channel: Channel, streams: Streams, checkpoint_forks: CheckpointForks, workspace: str) -> None:
        self._channel = channel
        self._streams = streams
        self._checkpoint_forks = checkpoint_forks
        self._workspace = workspace
        self._temporary = Path(workspace, wire_format.TEMPORARY)
        self._figures = Figures(self._display)
        self._variables = Variables()
        self._warnings = PythonWarnings(workspace)
        printed_tracebacks.install(workspace)
        displays.show_images(self._display)
        self._answer: dict[str, str] | None = None
        self._order: dict[str, Any] = {"imports": [], "tools": [], "memory_mb": 2**20}
        self._builtins = builtins.__dict__
        self._untouched = dict(self._builtins)
        self._given = dict(self._builtins)  # the builtins of the agent's code
        stand_ins, own_modules = StandIns(), WorkspaceModules(workspace, self._given)
        self._imports = Imports(self._channel, stand_ins, own_modules)
        self._tools: list[str] = []
        self._loaded = LoadedTools(channel, self._untouched, self._imports)
        self._main = types.ModuleType("__main__")
        sys.modules["__main__"] = self._main  # so that pickle, dataclasses and typing find what is defined there
        vars(self._main)["__file__"] = str(Path(workspace, "notebook.py"))
        self._own_names = OwnNames(vars(self._main), self._given)
        self._shell = NotebookShell(vars(self._main), self._given, self._display)
        ipython_shim.connect(self._display, self._shell)
        stand_ins.install()
        own_modules.install()
        event_loop.install()
        process_shim.install()

    def serve(self) -> NoReturn:
        while True:
            order = self._channel.next_run()
            if order is None:
                self._checkpoint_forks.fork_checkpoint(self.rehearse)
            else:
                self._order = {**order, "values": None}
                self._prepare(order)
                self._channel.send(self._transfer(order) if order.get("variables") else self._run(order))

    def rehearse(self) -> None:
        """Run an empty step, which makes the next one quicker: after a fork the first write to each page copies it."""
        order = json.loads(json.dumps({**self._order, "step": 0, "code": "", "variables": ""}))
        self._prepare(order)
        wire_format.encode_from_worker(self._run(order))

    def _prepare(self, order: Mapping[str, Any]) -> None:
        """Undo what earlier code may have changed, and apply the policy and the tools of this step."""
        self._answer = None
        self._streams.restore()
        self._warnings.begin_step(vars(self._main), f"{STEP_FILE}{order['step']}>")
        self._imports.permit(order["imports"])
        self._restore_builtins(order["tools"])
        self._free_own_names()
        with suppress(OSError):  # it exists, or the code has made a file of that name
            self._temporary.mkdir()
        try:
            Path.cwd()
        except OSError:
            os.chdir(self._workspace)

    def _restore_builtins(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Restore the builtins in the same dict, because functions of earlier steps refer to it."""
        for name in self._tools:
            self._given.pop(name, None)
        self._tools = [tool["name"] for tool in tools]
        own = {
            "__import__": self._imports,
            "input": _no_input,
            "exit": sys.exit,
            "quit": sys.exit,
            "display": self._display,
            "final_answer": self._final_answer,
            "get_ipython": ipython_shim.get_ipython,
            "_": self._shell.last_value,
            "ToolError": ToolError,
        }
        self._loaded.begin_step()
        stubs = {tool["name"]: self._function(tool) for tool in tools}
        self._given.update({**self._untouched, **own, **stubs})
        vars(self._main)["__builtins__"] = self._given

    def _free_own_names(self) -> None:
        self._own_names.free([*OWN_NAMES, *self._tools], same=[ipython_shim.display])

    def _function(self, tool: Mapping[str, Any]) -> Callable[..., Any]:
        function = self._loaded.function(tool) if tool["code"] else make_stub(tool, self._channel)
        return self._answering(function) if tool["answers"] else function

    def _answering(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a tool's function whose result is the answer."""

        @wraps(function)
        def answer(*values: Any, **named: Any) -> NoReturn:
            self._final_answer(function(*values, **named))

        return answer

    def _run(self, order: Mapping[str, Any]) -> dict[str, Any]:
        done: dict[str, Any] = {"type": "done", "step": order["step"], "value": None, "error": None}
        code, done["error"] = _compile(order["code"], f"{STEP_FILE}{order['step']}>")
        if names := order.get("overviews"):
            done["error"] = self._attempt(lambda: file_overview.print_overviews(names), order["memory_mb"])
        elif name := order.get("preview"):
            done["error"] = self._attempt(lambda: self._preview(name), order["memory_mb"])
        elif (given := order.get("values")) and (error := self._attempt(lambda: self._take(given), order["memory_mb"])):
            done["error"] = error
        elif code:
            error = self._attempt(lambda: done.update(value=self._evaluate(code)), order["memory_mb"])
            drawing_error = self._attempt(self._figures.show_all, order["memory_mb"])
            done["error"] = error or drawing_error
        self._streams.flush()
        self._free_own_names()
        done |= {"answer": self._answer, "renamed": self._own_names.take_renamed()}
        return {**done, "variables": self._variables.changes(vars(self._main))}

    def _take(self, values: Mapping[str, str]) -> None:
        """Set variables to what the host gives."""
        for name, text in values.items():
            vars(self._main)[name] = decode(json.loads(text))

    def _transfer(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Write or read all variables. Returns the message that ends it; what cannot be kept is named in it."""
        lost, done = list[str](), dict[str, Any]()

        def action() -> None:
            if order["variables"] == "write":
                lost.extend(kept_variables.write(self._shell, order["descriptor"]))
            else:
                kept_variables.read(self._shell, order["descriptor"])
            done["value"] = TRANSFERRED  # no SystemExit came between

        error = self._attempt(action, order["memory_mb"])
        self._streams.flush()
        self._variables.changes(vars(self._main))  # so that the next step does not tell of them
        names = [*lost[:MOST_VARIABLES], *([REST] if len(lost) > MOST_VARIABLES else [])]
        lost_names = {truncate(name, LONGEST_NAME): "" for name in names}
        message = {"type": "done", "step": order["step"], "value": None, "answer": None, "error": error}
        return {**message, **done, "variables": lost_names}

    def _preview(self, name: str) -> None:
        self._channel.request({"type": "display", "data": file_preview.preview(Path(name))})

    def _attempt(self, action: Callable[[], None], memory_mb: int) -> dict[str, Any] | None:
        """Run a part of the agent's code. Returns what it raised as data, so that it never ends the worker."""
        try:
            # Not for what reports the error: after a lack of memory it must have enough.
            with memory_limit(memory_mb * 2**20):
                try:
                    action()
                finally:
                    self._restore_interpreter()
        except _Answered:
            return None
        except BaseException as error:
            return tracebacks.describe(error, memory_mb, self._given)
        return None

    def _restore_interpreter(self) -> None:
        """Give the interpreter back what the worker itself cannot do without."""
        self._builtins.update(self._untouched)
        setrecursionlimit(max(getrecursionlimit(), _LEAST_RECURSION))
        for name, module in _INTERPRETER_MODULES.items():  # `sys` would be another one, and lack much
            _modules.setdefault(name, module)

    def _evaluate(self, code: types.CodeType) -> str | None:
        """Run the code and return the value of its last expression as text. A value that is more is displayed too."""
        namespace = vars(self._main)
        try:
            result = eval(code, namespace)
            if code.co_flags & CO_COROUTINE:  # it has an `await` at its top level
                event_loop.run(result)
            value = namespace.get(VALUE)
        finally:
            namespace.pop(VALUE, None)
            if self._shell.end_cell():
                self._figures.close_all()
                value = None
        if value is None:
            return None
        self._shell.remember(value)
        data = displays.bundle(value, displays.VALUE_LIMIT)
        if len(data) > 1:
            self._show(value, data)
        return data["text/plain"]

    def _display(self, *values: Any, **options: Any) -> None:
        """Show values: figures, tables, images, or anything else as text. The options of notebooks do nothing."""
        for value in values:
            self._show(value, displays.bundle(value, displays.VALUE_LIMIT))

    def _show(self, value: Any, data: dict[str, str]) -> None:
        if self._shell.captures(value):
            return
        # Waiting for the host's reply keeps the order: what is printed next arrives next.
        self._channel.request({"type": "display", "data": data})
        self._figures.mark(value)

    def _final_answer(self, *values: Any, **named: Any) -> NoReturn:
        """Give the answer to the question, which is the only argument, and end the step."""
        value = the_only_value(values, named)
        self._answer = answer_bundle(value)
        self._figures.mark(value)
        raise _Answered


def _compile(source: str, filename: str) -> tuple[types.CodeType | None, dict[str, Any] | None]:
    """Return the code, which stores the value of its last expression, or else the error as data."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        return compile_cell(source, filename), None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return None, tracebacks.describe_syntax(error)


def _no_input(*args: Any) -> NoReturn:
    raise RuntimeError("input() does not work here, nobody is at the keyboard: ask your question in the reply.")

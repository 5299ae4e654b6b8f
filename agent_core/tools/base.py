"""Tools: functions of the host that an agent may call. Their code, keys and network stay in the host."""

import asyncio
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from keyword import iskeyword
from typing import Any, overload

from agent_core.errors import ToolError
from agent_core.net.redaction import redact
from agent_core.text import truncate, whole_characters
from agent_core.tools.context import limited
from agent_core.tools.docstrings import read_docstring
from agent_core.tools.iterators import all_of, all_of_async
from agent_core.tools.signature import NOTHING, Signature, output_schema
from agent_core.tools.threads import run_in_tool_thread
from agent_core.tools.type_text import fields_of, type_text, with_fields

LONGEST_ERROR = 500  # characters
_LONGEST_TEXT = 100_000  # characters of an error that are looked at
_LONGEST_SIGNATURE = 300  # characters, in an error
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")  # what all providers take
TAKEN_NAMES = ("final_answer", "display", "ToolError")  # what the agent's code has by these names it cannot do without


class Tool:
    """A function with a name, a description and typed arguments, sync or async.

    Made of a function, by `@tool` or `Tool(function)`, or as a class with a method `run`:

        class Weather(Tool):
            '''Tell the weather of the next days.'''

            def __init__(self, key: str) -> None:
                self._key = key

            async def run(self, city: str, days: int = 3) -> list[Forecast]:
                '''
                Args:
                    days: today is the first one
                '''
                ...

        agent = CodeAgent(model, tools=[Weather(key)])

    A class may say `name`, `description` and `timeout` (seconds); else its name is the class's in small letters, and
    its description the docstring. run: what the tool does, to be called as if it were no tool.

    A sync function runs in a thread. When a call is stopped its thread is left to end by itself, for which
    `context.cancelled()` tells it, and its result is dropped. A result may be anything JSON has, a dataclass, a
    pydantic model, a table of pandas, or lists and dicts of these. Raises ToolError where something is missing.
    """

    name: str = ""
    description: str = ""
    timeout: float = 60.0
    run: Callable[..., Any]
    inputs: Signature

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "run" not in vars(cls):
            return
        cls.name = cls.name or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()
        cls.description = vars(cls).get("description") or _docstring(cls) or _docstring(cls.run) or cls.description
        cls.inputs = _inputs(cls.name, cls.description, object.__new__(cls).run)

    def __init__(
        self,
        function: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: float | None = None,
    ) -> None:
        self.name = name or self.name or getattr(function, "__name__", "")
        self.description = description or self.description or _docstring(function)
        self.timeout = self.timeout if timeout is None else timeout
        if function:
            self.run = function
        self.inputs = _inputs(self.name, self.description, self.run)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, as if it had not been made a tool."""
        return self.run(*args, **kwargs)

    def push_to_hub(
        self, repo: str, *, token: str | None = None, private: bool | None = None, message: str = "Upload tool"
    ) -> str:
        """Publish the tool on the Hugging Face Hub, so that smolagents loads it, too. See `integrations.hub`."""
        from agent_core.integrations.hub.loading import push_to_hub

        return push_to_hub(self, repo, token=token, private=private, message=message)

    @property
    def signature(self) -> inspect.Signature:
        """Of the function."""
        return inspect.signature(self.run)

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, always of an object."""
        return self.inputs.schema()

    @property
    def output(self) -> dict[str, Any] | None:
        """The JSON Schema of the result; None where its type is not known or has none."""
        return output_schema(self.inputs.output)

    def schema(self) -> dict[str, Any]:
        """The tool as chat completions describe it to a model that makes native calls."""
        description = read_docstring(self.description).text
        return {
            "type": "function",
            "function": {"name": self.name, "description": description, "parameters": self.parameters},
        }

    def stub(self) -> str:
        """The tool as the agent's Python sees it: its signature, docstring, and what else has to be known of it."""
        output = self.inputs.output
        returns = "" if output is NOTHING else f" -> {type_text(output)}"
        notes = "".join(f"\n    # {note}" for note in self.notes())
        return f"def {self.name}{self.inputs.text()}{returns}:\n{_quoted(self.description)}{notes}"

    def notes(self) -> list[str]:
        """What the description does not say: of parameters, and the fields of types."""
        told = read_docstring(self.description).parameters
        notes = [
            f"{parameter.python}: {parameter.description}"
            for parameter in self.inputs.parameters
            if parameter.description and parameter.python not in told
        ]
        types = [self.inputs.output, *(parameter.type for parameter in self.inputs.parameters)]
        for kind in with_fields(*types):
            fields = fields_of(kind)
            if not all(re.search(rf"\b{re.escape(name)}\b", self.description) for name in fields):
                named = ", ".join(f"{name}: {type_text(field)}" for name, field in fields.items())
                notes.append(f"{kind.__name__}: {named}")
        return notes

    async def call(self, arguments: Mapping[str, Any], then: Callable[[Any], Any] | None = None) -> Any:
        """Check the arguments, run the function and return what it returns; an iterator as the list of its items.

        then: makes something else of the result, in a thread and within the time limit, so that it may take long.
        Raises ToolError with a sentence for the model: on wrong arguments, on a failure, after `timeout` seconds.
        """
        try:
            work = self.inputs.bound(self.run, arguments)
        except ToolError as error:
            raise self.wrong_arguments(error) from None
        try:
            async with limited(self.timeout):
                return await self._result(work, then or all_of)
        except TimeoutError:
            raise ToolError(f"{self.name} gave no result within {self.timeout:g} seconds.") from None

    def wrong_arguments(self, problem: ToolError) -> ToolError:
        """The error for arguments that this tool does not take. problem: what is wrong with them."""
        signature = truncate(f"{self.name}{self.inputs.text()}", _LONGEST_SIGNATURE)
        return ToolError(truncate(f"{signature} was called with wrong arguments: {problem}.", 2 * LONGEST_ERROR))

    async def _result(self, work: Callable[[], Any], then: Callable[[Any], Any]) -> Any:
        if _is_async(self.run):
            with self._failures(asyncio.CancelledError, GeneratorExit):
                result = await self._awaited(work())
            finish = partial(then, result)
        else:
            finish = lambda: then(work())  # noqa: E731

        def in_thread() -> Any:
            with self._failures():
                return finish()

        return await run_in_tool_thread(self.name, in_thread)

    async def _awaited(self, result: Any) -> Any:
        try:
            return await (all_of_async(result) if isinstance(result, AsyncIterator) else result)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            raise ToolError(f"{self.name} failed: what it waited for was cancelled.") from None

    @contextmanager
    def _failures(self, *passed_on: type[BaseException]) -> Generator[None]:
        """Have whatever is raised told in a sentence: an exit or an interrupt would end the app."""
        try:
            yield
        except passed_on:
            raise
        except ToolError as error:
            raise ToolError(_sentence(error)) from error
        except BaseException as error:
            raise ToolError(f"{self.name} failed: {type(error).__name__}: {_sentence(error)}".rstrip(": ")) from error


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *, name: str | None = None, description: str | None = None, timeout: float | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a Tool of a function that has type hints and a docstring. Use it as a decorator, `@tool` or `@tool(…)`."""
    make = partial(Tool, name=name, description=description, timeout=timeout)
    return make(function) if function else make


def with_different_names(tools: Iterable[Tool]) -> list[Tool]:
    """These tools. Raises ToolError where two of them have one name."""
    tools = list(tools)
    for name, count in Counter(tool.name for tool in tools).items():
        if count > 1:
            raise ToolError(f"{count} tools are named {name!r}: give each a name of its own, by `Tool(…, name=…)`.")
    return tools


def check_name(name: str) -> None:
    """Raise ToolError where a tool cannot have this name."""
    if not _NAME.fullmatch(name) or iskeyword(name):
        raise ToolError(f"A tool cannot be named {name!r}: give it a Python name of ASCII letters, digits and _.")
    if name in TAKEN_NAMES:
        raise ToolError(f"A tool cannot be named {name!r}: in the agent's code that is something else.")


def _inputs(name: str, description: str, function: Callable[..., Any]) -> Signature:
    """What the function takes. Raises ToolError where this cannot be a tool."""
    check_name(name)
    if not description:
        raise ToolError(f"The tool {name!r} needs a docstring or a description.")
    told = read_docstring(description).parameters | read_docstring(_docstring(function)).parameters
    try:
        return Signature(function, told)
    except ToolError as error:
        raise ToolError(f"The tool {name!r} cannot be used. {error}") from None


def _docstring(thing: Any) -> str:
    """Its own docstring, not one that it inherits."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return textwrap.indent(f'"""{text}{" " if text.endswith(chr(34)) else ""}"""', "    ")


def _is_async(function: Callable[..., Any]) -> bool:
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    return any(is_kind(part) for is_kind in kinds for part in (function, type(function).__call__))


def _sentence(error: BaseException) -> str:
    """What an error says, without what is secret: a client library's may hold the address with the key in it."""
    try:
        text = str(error)[:_LONGEST_TEXT]
    except BaseException:
        return ""
    return truncate(whole_characters(redact(text)), LONGEST_ERROR)

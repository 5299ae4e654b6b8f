"""Tools: functions in the host that an agent may call. Their code, keys and network access stay in the host."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from copy import copy
from functools import partial
from typing import Any, Self, overload

from agent_core.errors import ToolError
from agent_core.parsing import FINAL_ANSWER
from agent_core.text import truncate
from agent_core.tools.callables import check_callable, docstring_of, name_of, without_given
from agent_core.tools.context.tool_context import limited
from agent_core.tools.docstrings import read_docstring
from agent_core.tools.failures import LONGEST_ERROR, failures_of
from agent_core.tools.iterators import all_of, all_of_async
from agent_core.tools.names import check_name, snake_case
from agent_core.tools.publishing import publisher
from agent_core.tools.retries import RetryOn, check_limits, with_retries
from agent_core.tools.signature import Signature, output_schema
from agent_core.tools.stubs import write_notes, write_stub
from agent_core.tools.threads import run_in_tool_thread

_IS_THE_ANSWER = "What this returns is given to the user as the answer, and ends your work."
_LONGEST_SIGNATURE = 300  # characters, in an error


class Tool:
    """A function with a name, a description and typed arguments, sync or async.

    Make one from a function, with `@tool` or `Tool(function)`, or derive a class with a method `run`:

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

    A class may set `name`, `description`, `timeout`, `retries`, `retry_on` and `return_direct`. By default its name is
    the class's in snake case, and its description is the docstring.

    A result may be anything that JSON can hold, a dataclass, a pydantic model, a table, an array, a picture, or lists
    and dicts of these; parameters may be tables, arrays and pictures, too. A sync function runs in a thread. If its
    call is stopped, the thread runs on, `context.cancelled()` is true in it, and its result is dropped.

    Args:
        function: What the tool does. All its parameters need type hints.
        name: The tool's name; None for the function's.
        description: What the model is told; None for the docstring.
        timeout: Seconds that a call may take, further tries and the pauses before them included; None for 60.
        retries: How often a call that failed is made again. With 0, nothing that a tool does is done twice.
        retry_on: The errors after which it is; none named for all but ToolError, which a tool raises on purpose.
        return_direct: Whether the result of a call is the answer to the question, and ends the run. A tool named
            "final_answer", which takes the place of the agent's own, always has it.

    Attributes:
        name: The tool's name.
        description: What the model is told.
        timeout: Seconds that a call may take.
        retries: How often a call that failed is made again.
        retry_on: The errors after which it is.
        return_direct: Whether the result of a call is the answer.
        run: The function itself.
        signature: Its parameters and the type of its result.

    Raises:
        ToolError: A name, a description or a type is missing or cannot be used.
    """

    name: str = ""
    description: str = ""
    timeout: float = 60.0
    retries: int = 0
    retry_on: RetryOn = ()
    return_direct: bool = False
    run: Callable[..., Any]
    signature: Signature

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "run" not in vars(cls):
            return
        cls.name = cls.name or snake_case(cls.__name__)
        cls.description = vars(cls).get("description") or docstring_of(cls) or docstring_of(cls.run) or cls.description
        cls.signature = _signature(cls.name, cls.description, object.__new__(cls).run)

    def __init__(
        self,
        function: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: float | None = None,
        retries: int | None = None,
        retry_on: RetryOn | None = None,
        return_direct: bool | None = None,
    ) -> None:
        if function is not None:
            check_callable(function)
            self.run = without_given(function)
        elif not hasattr(self, "run"):
            named = " Call the method `forward` so, and give its parameters types." if hasattr(self, "forward") else ""
            raise ToolError(f"A tool needs a function, or a class with a method `run`.{named}")
        self.name = name or self.name or name_of(function)
        self.description = description or self.description or docstring_of(function)
        self.timeout = self.timeout if timeout is None else timeout
        self.retries = self.retries if retries is None else retries
        self.retry_on = self.retry_on if retry_on is None else retry_on
        check_limits(self.name, self.timeout, self.retries, self.retry_on)
        given = self.return_direct if return_direct is None else return_direct
        self.return_direct = given or self.name == FINAL_ANSWER
        self.signature = _signature(self.name, self.description, self.run)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, without checks or a time limit."""
        return self.run(*args, **kwargs)

    def push_to_hub(
        self, repo: str, *, token: str | None = None, private: bool | None = None, message: str = "Upload tool"
    ) -> str:
        """Publish the tool as a Space on the Hugging Face Hub, from which smolagents and `load_tool` load it.

        Blocks for at most 90 seconds.

        Args:
            repo: "owner/name".
            token: A token with write access; None for the stored login.
            private: Whether a new Space is private; None for the owner's default.
            message: The commit message.

        Returns:
            The URL of the Space.

        Raises:
            ToolError: The tool's code depends on other code, or the Hub refused it.
        """
        return publisher()(self, repo, token=token, private=private, message=message)

    def renamed(self, name: str) -> Self:
        """Return the same tool under another name, such as one that no other tool has; "final_answer" makes it answer.

        Raises:
            ToolError: A tool cannot have this name.
        """
        check_name(name)
        other = copy(self)
        other.name = name
        other.return_direct = other.return_direct or name == FINAL_ANSWER
        return other

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema of the arguments; its type is always "object"."""
        return self.signature.schema()

    @property
    def output(self) -> dict[str, Any] | None:
        """The JSON Schema of the result; None if its type is unknown or has none."""
        return output_schema(self.signature.output)

    def schema(self) -> dict[str, Any]:
        """Return the tool as the chat completions API describes it, for models that make native calls."""
        description = "\n".join([read_docstring(self.description).text, *self._direct_note()])
        return {
            "type": "function",
            "function": {"name": self.name, "description": description, "parameters": self.parameters},
        }

    def stub(self) -> str:
        """Return the tool as a Python stub for the agent's prompt: its signature, docstring and notes."""
        return write_stub(self.name, self.signature, self.description, self._direct_note())

    def notes(self) -> list[str]:
        """Return what the description does not say: descriptions of parameters, and the fields of types."""
        return [*write_notes(self.signature, self.description), *self._direct_note()]

    def _direct_note(self) -> list[str]:
        return [_IS_THE_ANSWER] if self.return_direct else []

    async def call(self, arguments: Mapping[str, Any], then: Callable[[Any], Any] | None = None) -> Any:
        """Check the arguments, run the function and return its result; for an iterator, the list of its items.

        Args:
            arguments: Arguments by their names in JSON or Python.
            then: Converts the result, in a thread and within the time limit, so that it may take long.

        Returns:
            The result, or what `then` made of it.

        Raises:
            ToolError: The arguments are wrong, the function failed, or it took longer than `timeout`. The text is a
                sentence for the model.
        """
        try:
            async with limited(self.timeout):
                return await with_retries(
                    lambda: self._result(self._bound(arguments), then or all_of), self.retries, self.retry_on
                )
        except TimeoutError:
            raise ToolError(f"{self.name} gave no result within {self.timeout:g} seconds.") from None

    def argument_error(self, problem: ToolError) -> ToolError:
        """Return the error for wrong arguments: the tool's signature, and the problem."""
        signature = truncate(f"{self.name}{self.signature.text()}", _LONGEST_SIGNATURE)
        return ToolError(truncate(f"{signature} was called with wrong arguments: {problem}.", 2 * LONGEST_ERROR))

    def _bound(self, arguments: Mapping[str, Any]) -> Callable[[], Any]:
        try:
            return self.signature.bound(self.run, arguments)
        except ToolError as error:
            raise self.argument_error(error) from None

    async def _result(self, work: Callable[[], Any], then: Callable[[Any], Any]) -> Any:
        if is_async(self.run):
            with failures_of(self.name, asyncio.CancelledError, GeneratorExit):
                result = await self._awaited(work())
            finish = partial(then, result)
        else:
            finish = lambda: then(work())  # noqa: E731

        def in_thread() -> Any:
            with failures_of(self.name):
                return finish()

        return await run_in_tool_thread(self.name, in_thread)

    async def _awaited(self, result: Any) -> Any:
        try:
            return await (all_of_async(result) if isinstance(result, AsyncIterator) else result)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            raise ToolError(f"{self.name} failed: what it waited for was cancelled.") from None


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    retry_on: RetryOn | None = None,
    return_direct: bool | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    retry_on: RetryOn | None = None,
    return_direct: bool | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a Tool from a function. Use it as a decorator, `@tool` or `@tool(…)`.

    Args:
        function: What the tool does. All its parameters need type hints.
        name: The tool's name; None for the function's.
        description: What the model is told; None for the docstring.
        timeout: Seconds that a call may take, further tries included; None for 60.
        retries: How often a call that failed is made again; None for 0.
        retry_on: The errors after which it is; None for all but ToolError.
        return_direct: Whether the result of a call is the answer to the question, and ends the run.

    Returns:
        The tool, or a decorator that makes it.

    Raises:
        ToolError: A name, a description or a type is missing or cannot be used.

    >>> @tool
    ... def convert(miles: float, digits: int = 1) -> float:
    ...     '''Convert miles to kilometres.'''
    ...     return round(miles * 1.609344, digits)
    >>> asyncio.run(convert.call({"miles": 26.2}))
    42.2
    >>> asyncio.run(convert.call({"miles": "far"}))
    Traceback (most recent call last):
    agent_core.errors.ToolError: convert(miles: float, digits: int = 1) -> float was called with wrong arguments: ...
    """
    make = partial(
        Tool,
        name=name,
        description=description,
        timeout=timeout,
        retries=retries,
        retry_on=retry_on,
        return_direct=return_direct,
    )
    return make if function is None else make(function)


def _signature(name: str, description: str, function: Callable[..., Any]) -> Signature:
    """Return the signature of a tool. Raises ToolError if this cannot be one."""
    check_name(name)
    if not isinstance(description, str) or not description.strip():
        raise ToolError(f"The tool {name!r} needs a docstring or a description.")
    described = read_docstring(description).parameters | read_docstring(docstring_of(function)).parameters
    try:
        return Signature(function, described)
    except ToolError as error:
        raise ToolError(f"The tool {name!r} cannot be used. {error}") from None


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether a call of this has to be awaited, or iterated asynchronously."""
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    return any(is_kind(part) for is_kind in kinds for part in (function, type(function).__call__))

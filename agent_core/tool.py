"""Tools: functions of the host that an agent may call. Their code, keys and network stay in the host."""

import functools
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from agent_core.calling import limited
from agent_core.errors import ToolError
from agent_core.secrecy import without_secrets
from agent_core.waiting import in_own_thread


class Tool:
    """A function with a name, a description and typed arguments, sync or async.

    A sync function runs in a thread: when a call is cancelled its thread is left to end by itself and its result is
    dropped. A result may be anything JSON has, a dataclass, a pydantic model, or lists and dicts of these.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        self.function = function
        self.name = name or function.__name__
        self.description = description or inspect.getdoc(function) or ""
        self.timeout = timeout
        self.signature = inspect.signature(function)
        if not self.name.isidentifier() or not self.description:
            raise ToolError(f"A tool needs a Python name and a docstring; {self.name!r} lacks one of them.")
        self._arguments = _argument_model(self.name, function, self.signature)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, as if it had not been made a tool."""
        return self.function(*args, **kwargs)

    def stub(self) -> str:
        """The tool as the agent's Python sees it: its signature and docstring, without a body."""
        docstring = textwrap.indent(f'"""{self.description}"""', "    ")
        return f"def {self.name}{_readable(self.signature)}:\n{docstring}"

    async def call(self, arguments: dict[str, Any]) -> Any:
        """Check the arguments, run the function and return what it returns.

        Raises ToolError with a sentence for the model: on wrong arguments, on a failure, after `timeout` seconds.
        """
        try:
            checked = self._arguments.model_validate(arguments)
        except ValidationError as error:
            raise ToolError(self._explain(error)) from None
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
        try:
            async with limited(self.timeout):
                return await self._run(values)
        except TimeoutError:
            raise ToolError(f"{self.name} gave no result within {self.timeout:g} seconds.") from None
        except ToolError as error:
            raise ToolError(without_secrets(str(error))) from error
        except (Exception, SystemExit) as error:  # an exit would end the app
            text = without_secrets(str(error))  # a client library's may hold the address with the key in it
            raise ToolError(f"{self.name} failed: {type(error).__name__}: {text}") from error

    async def _run(self, values: dict[str, Any]) -> Any:
        if inspect.iscoroutinefunction(self.function):
            return await self.function(**values)
        return await in_own_thread(functools.partial(self.function, **values))

    def _explain(self, error: ValidationError) -> str:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: {problem['msg']}"
            for problem in error.errors()
        )
        return f"{self.name}{_readable(self.signature)} was called with wrong arguments: {problems}."


def tool(function: Callable[..., Any]) -> Tool:
    """Make a Tool of a function that has type hints and a docstring. Use it as a decorator."""
    return Tool(function)


def _argument_model(name: str, function: Callable[..., Any], signature: inspect.Signature) -> type[BaseModel]:
    hints = get_type_hints(function)
    fields: dict[str, Any] = {}
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ToolError(f"The tool {name!r} may not take *{parameter.name}: name each parameter.")
        if parameter.name not in hints:
            raise ToolError(f"The parameter {parameter.name!r} of the tool {name!r} needs a type.")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def _readable(signature: inspect.Signature) -> str:
    """The signature as a person would write it: `list[Page]`, not `list[tools.web.Page]`."""
    return re.sub(r"\b(?:[a-zA-Z_]\w*\.)+(\w+)", r"\1", str(signature))

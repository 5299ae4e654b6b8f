"""Checks what an agent is given: the names of arguments, their types, questions."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from agent_core.elsewhere import AGENT_ARGUMENTS, misfit
from agent_core.errors import GlassboxError
from agent_core.models.retry import RetryPolicy
from agent_core.sandbox import Limits, Policy
from agent_core.text import truncate


def check_names(kind: type, given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
    """Check that a class of agents takes these arguments.

    Raises:
        GlassboxError: One is unknown or missing, or stands without its name.
    """
    takes_model = "model" in inspect.signature(kind.__init__).parameters  # a class of one's own may take something else
    usage = f"Write {kind.__name__}(model, tools=[…], …)." if takes_model else ""
    if problem := misfit(kind.__init__, kind.__name__, (None, *given), named, AGENT_ARGUMENTS, usage):
        raise GlassboxError(problem)


def check_settings(agent: Any) -> None:
    """Check the attributes of an agent that a program may set; models and tools are checked where they are taken.

    Raises:
        GlassboxError: One has a wrong type or value.
    """
    for name in ("max_steps", "token_budget", "plan_every"):
        check_count(name, getattr(agent, name), least=0)
    for name, kind in (("policy", Policy), ("limits", Limits), ("retry", RetryPolicy), ("instructions", str)):
        if not isinstance(value := getattr(agent, name), kind):
            _refuse(name, value, f"Give a {kind.__name__}" + ("." if kind is str else f", as in {kind.__name__}(…)."))
    if not isinstance(agent.system_prompt, str | None):
        _refuse("system_prompt", agent.system_prompt, "Give its text, or None for the default.")
    if not isinstance(agent.native_calls, bool | None):
        _refuse("native_calls", agent.native_calls, "Give True, False, or None for what suits the model.")
    for name in ("ask_user", "review_plan"):
        if not (getattr(agent, name) is None or callable(getattr(agent, name))):
            _refuse(name, getattr(agent, name), "Give a function, or None.")
    if agent.engine is not None and not callable(getattr(agent.engine, "connect", None)):
        _refuse("engine", agent.engine, 'Give an engine, such as engine_named("docker"), or None for this machine.')


def functions(name: str, given: Iterable[Callable[..., Any]]) -> list[Callable[..., Any]]:
    """Return functions as a list. Raises GlassboxError if they are something else."""
    found = listed(name, given, "functions")
    if wrong := next((each for each in found if not callable(each)), None):
        _refuse(name, wrong, "Give a list of functions.")
    return found


def listed(name: str, given: Any, what: str) -> list[Any]:
    """Return what is given as a list. Raises GlassboxError if it is none."""
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        _refuse(name, given, f"Give a list of {what}.")
    return list(given)


def check_count(name: str, value: Any, *, least: int) -> None:
    """Raise GlassboxError unless a value is a whole number, and large enough."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        _refuse(name, value, f"Give a whole number, {least} or more.")


def check_workspace(workspace: Any) -> Path | None:
    """Return the folder of a workspace. Raises GlassboxError if it is none."""
    if not isinstance(workspace, str | Path | None):
        _refuse("workspace", workspace, "Give the path of a folder, or None for a temporary one.")
    return None if workspace is None else Path(workspace)


def checked_question(question: Any) -> str:
    """Return a question. Raises GlassboxError if there is none."""
    if not isinstance(question, str):
        _refuse("The question", question, 'Ask in words, as in agent.run("Which primes are below 100?").')
    if not question.strip():
        raise GlassboxError("The question is empty. Ask something.")
    return question


def checked_paths(files: Any) -> list[Path]:
    """Return files as paths. Raises GlassboxError if they are none."""
    paths = listed("files", files, "paths")
    if wrong := next((each for each in paths if not isinstance(each, str | Path)), None):
        _refuse("files", wrong, "Give a list of paths.")
    return [Path(path) for path in paths]


def _refuse(name: str, value: Any, advice: str) -> NoReturn:
    shown = truncate(repr(value), 60) if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"
    raise GlassboxError(f"{name} cannot be {shown}. {advice}")

"""The agent that the arguments describe."""

import importlib
import os
import sys
from typing import Any

from agent_core.agents.base import Agent
from agent_core.agents.code import CodeAgent
from agent_core.agents.tool_calling import ToolCallingAgent
from agent_core.cli.arguments import Arguments
from agent_core.errors import GlassboxError
from agent_core.integrations.hub.loading import load_tool
from agent_core.models.base import Model
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.models.openai import OpenAIModel
from agent_core.models.settings import ModelSettings
from agent_core.sandbox import DEFAULT_IMPORTS, Policy
from agent_core.tools.python import python

_HUB = "hub"
_OPENAI = "openai/"
_TOOLS = "tools"  # the module in which a tool's name alone is looked for


def make_agent(arguments: Arguments) -> Agent:
    """Return the agent, which asks nobody anything so far.

    Raises:
        GlassboxError: An argument cannot be used.
        ImportError: A package is missing.
    """
    kind = CodeAgent if arguments.agent == "code" else ToolCallingAgent
    return kind(
        make_model(arguments),
        tools=[found for name in arguments.tool for found in tools_named(name)],
        policy=Policy(imports=[*DEFAULT_IMPORTS, *arguments.imports], hosts=arguments.host),
        max_steps=arguments.max_steps,
        instructions=arguments.instructions,
    )


def make_model(arguments: Arguments) -> Model:
    """Return the model. Raises GlassboxError if it cannot be told which is meant."""
    name, settings = arguments.model, _settings(arguments)
    if arguments.base_url:
        if not name:
            raise GlassboxError("--base-url needs the model's name there: --model NAME.")
        return OpenAIModel(name, base_url=arguments.base_url, api_key=_key(arguments.key_env), **settings)
    if arguments.key_env:
        raise GlassboxError("--key-env names the key for --base-url. Providers have variables of their own.")
    if name in ("", _HUB):
        return HubModel(**settings)
    if name.startswith(f"{_HUB}:"):
        return HubModel(name.removeprefix(f"{_HUB}:"), **settings)
    if "/" not in name:
        raise GlassboxError(
            f"--model {name} does not say where the model is. Write hub:owner/name, provider/name, or add --base-url."
        )
    if name.startswith(_OPENAI):
        return OpenAIModel(name.removeprefix(_OPENAI), **settings)  # without litellm, which takes long to import
    return LiteLLMModel(name, **settings)


def _settings(arguments: Arguments) -> ModelSettings:
    return ModelSettings() if arguments.temperature is None else ModelSettings(temperature=arguments.temperature)


def _key(variable: str) -> str | None:
    if variable and not os.environ.get(variable):
        raise GlassboxError(f"--key-env names {variable}, which is not set in the environment.")
    return os.environ.get(variable) if variable else None


def tools_named(name: str) -> list[Any]:
    """Return what --tool names: one tool, a set of tools, or those of a list; agents make tools of all of them.

    Raises:
        GlassboxError: There is none, or nobody agreed to load it.
    """
    module, colon, path = name.partition(":")
    if colon:
        return _found(name, module, path)
    if "/" in name:
        return [load_tool(name)]
    return [python] if name == python.name else _found(name, _TOOLS, name)


def _found(name: str, module: str, path: str) -> list[Any]:
    if "" not in sys.path:
        sys.path.insert(0, "")  # the program may have been started as a script, which does not look here
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError, TypeError) as error:  # the last two of odd names
        raise GlassboxError(f"--tool {name} was not found: {error}.") from None
    return list(found) if isinstance(found, list | tuple) else [found]

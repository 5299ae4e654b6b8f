"""Reads agents that smolagents kept, by `agent.save(folder)` or `agent.to_dict()`, as our own.

What has no equal here is named, in sentences for people.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.keeping.folder import AGENT_FILE, Read, parsed
from agent_core.keeping.records import FORMAT
from agent_core.parsing import FINAL_ANSWER
from agent_core.sandbox import DEFAULT_IMPORTS
from agent_core.tools.names import check_name

_KINDS = ("CodeAgent", "ToolCallingAgent")
_ANSWERS = re.compile(r"def forward\(self, answer\b.*\n\s+return answer\n")  # as ours do without such a tool
_SETTINGS = ("temperature", "top_p", "seed", "max_tokens", "stop", "extra_body")
_SAID_ELSEWHERE = ("model_id", "provider", "api_base", "base_url")
_MODELS = {
    "InferenceClientModel": "HubModel",
    "HfApiModel": "HubModel",
    "OpenAIModel": "OpenAIModel",
    "OpenAIServerModel": "OpenAIModel",
    "LiteLLMModel": "LiteLLMModel",
}
_SPECIAL = "{%"
_DIGESTS = Path(__file__).with_name("smolagents_prompts.toml")


def is_of_smolagents(data: Mapping[str, Any]) -> bool:
    """Return whether smolagents made this dict of an agent."""
    return "glassbox" not in data and {"class", "model", "tools", "prompt_templates"} <= data.keys()


def from_smolagents(data: Mapping[str, Any], read: Read, folder: str = "") -> tuple[dict[str, Any], list[str]]:
    """Return an agent of smolagents as our dict, and sentences on what of it is not taken.

    Args:
        data: What its agent.json holds, or what its `to_dict` returned.
        read: Reads the other files of its folder.
        folder: Where in that folder it stands; "" or a path that ends with a slash.

    Raises:
        GlassboxError: It is of another kind, or damaged.
    """
    try:
        return _TheirAgent(data, read, folder).agent()
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise GlassboxError("This agent of smolagents is damaged, so that it cannot be loaded.") from None


class _TheirAgent:
    """Reads one agent. notes: what is not taken."""

    def __init__(self, data: Mapping[str, Any], read: Read, folder: str) -> None:
        self._data = data
        self._read = read
        self._folder = folder
        self.notes: list[str] = []

    def agent(self) -> tuple[dict[str, Any], list[str]]:
        data = self._data
        if data["class"] not in _KINDS:
            raise GlassboxError(f"A {data['class']} of smolagents cannot be loaded, only {' and '.join(_KINDS)}.")
        if (executor := data.get("executor_type") or "local") != "local":
            self.notes.append(f"Its code ran in {executor}; here it runs on this machine, or where `engine` says.")
        agent = {
            "glassbox": FORMAT,
            "class": data["class"],
            "model": self._model(data["model"]),
            "tools": [*self._tools(), *self._managed_agents()],
            "policy": {"imports": [*DEFAULT_IMPORTS, *_further(data.get("authorized_imports") or ())]},
            "max_steps": data.get("max_steps") or 20,
            "plan_every": data.get("planning_interval") or 0,
            "instructions": self._instructions(data["prompt_templates"] or {}),
        }
        return agent, self.notes

    def _model(self, model: Mapping[str, Any]) -> dict[str, Any]:
        theirs, given = model["class"], model["data"]
        name = given.get("model_id") or ""
        if theirs not in _MODELS:
            return {"class": theirs, "name": name}
        kind = _MODELS[theirs]
        provider = f":{given['provider']}" if given.get("provider") and kind == "HubModel" else ""
        address = given.get("api_base") or given.get("base_url")
        if kind == "OpenAIModel" and not address:
            self.notes.append(
                f"smolagents does not keep the address of {name}, so that it is taken for a model of OpenAI. If that "
                "is not right, give it to load_agent as `model`."
            )
        settings = {key: value for key, value in given.items() if key in _SETTINGS and value is not None}
        if others := sorted(key for key, value in given.items() if value and key not in (*_SETTINGS, *_SAID_ELSEWHERE)):
            self.notes.append(f"Of the settings of {name}, {', '.join(others)} are not taken.")
        return {"class": kind, "name": name + provider, "address": address, "settings": settings}

    def _tools(self) -> Iterator[dict[str, Any]]:
        for tool in self._data["tools"]:
            name = tool["name"] if isinstance(tool, dict) else tool
            check_name(name)  # it is a part of a path
            if name == FINAL_ANSWER and self._is_their_own(tool):
                continue
            yield {"kind": "code", "name": name, "code": self._code_of(tool)}

    def _is_their_own(self, answering: Any) -> bool:
        """Return whether a tool that gives the answer is the one that all agents of smolagents have."""
        with suppress(GlassboxError):
            return bool(_ANSWERS.search(self._code_of(answering)))
        return True

    def _code_of(self, tool: Any) -> str:
        return tool["code"] if isinstance(tool, dict) else self._read(f"{self._folder}tools/{tool}.py")

    def _managed_agents(self) -> Iterator[dict[str, Any]]:
        managed = self._data.get("managed_agents") or {}
        if isinstance(managed, dict):
            for name in managed:
                check_name(name)
                below = f"{self._folder}managed_agents/{name}/"
                yield self._managed(parsed(self._read(f"{below}{AGENT_FILE}")), below)
        else:
            for data in managed:
                yield self._managed(data, self._folder)

    def _managed(self, data: dict[str, Any], folder: str) -> dict[str, Any]:
        agent, notes = from_smolagents(data, self._read, folder)
        self.notes += [f"{data['name']}: {note}" for note in notes]
        return {"kind": "agent", "name": data["name"], "description": data["description"], "agent": agent}

    def _instructions(self, templates: Mapping[str, Any]) -> str:
        """Return what was added to the system prompt. The rest of it speaks of what works otherwise here."""
        others = dict(_texts(templates))
        own = [line for line in others.pop("system_prompt", "").splitlines() if not _is_known(line)]
        if own:
            self.notes.append(
                "Of its system prompt, which was changed, only the added lines are taken, as instructions."
            )
        if any(not _is_known(line) for text in others.values() for line in text.splitlines()):
            self.notes.append(
                "Its prompts for plans, managed agents and last answers, which were changed, are not taken."
            )
        return "\n".join(line for line in own if "{{" not in line and _SPECIAL not in line).strip()


def _further(imports: Any) -> Iterator[str]:
    """Yield the modules that may be imported, without "pandas.*" for "pandas"."""
    yield from dict.fromkeys(name.removesuffix(".*") for name in imports)


def _texts(templates: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    for key, part in templates.items():
        if isinstance(part, dict):
            yield from _texts(part, f"{name}{key}.")
        else:
            yield f"{name}{key}", part or ""


def digest(line: str) -> str:
    """Return the digest by which a line of smolagents' own prompts is known."""
    return blake2b(line.strip().encode(), digest_size=4).hexdigest()


def _is_known(line: str) -> bool:
    return not line.strip() or digest(line) in _known()


@cache
def _known() -> frozenset[str]:
    return frozenset(tomllib.loads(_DIGESTS.read_text(encoding="utf-8"))["lines"])

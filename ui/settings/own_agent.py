"""The agent that a program opens the page around, in place of one that each person puts together in the settings."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple
from weakref import WeakKeyDictionary

from agent_core import Agent, GlassboxError, Session
from agent_core.models.base import Model
from agent_core.models.given import as_model
from agent_core.sandbox.remote.engine import Engine
from ui.config import Config, ConfigError
from ui.settings.limits import default_settings, most_of
from ui.settings.settings import FIELDS, Settings
from ui.texts import words

MakeAgent = Callable[[Settings], Agent]
"""Returns an agent for a person's settings."""
AGENTS_OWN = {"source", "model", "address", "fallback", "tools", "added", "system_prompt", "tool_prompt"}
"""The settings that no person has where the agent is a program's."""
_CAN_BE_SHOWN = [name for name in FIELDS if name not in AGENTS_OWN]
_NO_AGENT = (
    "launch needs an agent, such as CodeAgent(model), or a function that takes the settings of a person and returns one"
)

logger = logging.getLogger(__name__)


class Made(NamedTuple):
    """An agent that was made for a chat.

    Attributes:
        agent: The agent, of which the chat gets a copy: a function may return the same one each time.
        settings: What it was made for.
    """

    agent: Agent
    settings: Settings


class OwnAgent:
    """An agent, or a function that makes one, and what the page says of it. Each chat has a copy.

    Args:
        agent: The agent, or a function that returns one for a person's settings. The function is called once here, so
            that what is wrong with it is seen before anybody comes, then for each chat, and again when the person has
            changed a setting that they see.
        title: The page's title.
        description: What the agent is for, in Markdown.
        examples: Questions to begin with.
        models: Further models that a person may choose.
        settings: The names of the settings that a person sees, and that the function is given; the others are as nobody
            has changed them.

    Attributes:
        title: The page's title.
        description: What the agent is for; "" for nothing.
        examples: Questions to begin with.
        models: The models that a person can choose from, the agent's own first.
        settings: The names of the settings that a person sees.

    Raises:
        ConfigError: Something is none of these.
        ModelError: A model is none.
    """

    def __init__(
        self,
        agent: Agent | MakeAgent,
        *,
        title: str,
        description: str = "",
        examples: Sequence[str] = (),
        models: Sequence[Model] = (),
        settings: Sequence[str] = (),
    ) -> None:
        self.title, self.description = title, description
        self.examples, self.settings = _texts("examples", examples), _texts("settings", settings)
        if isinstance(agent, type) or not (isinstance(agent, Agent) or callable(agent)):
            raise ConfigError(f"{_NO_AGENT}; this is {_named(agent)}.")
        self._make = None if isinstance(agent, Agent) else agent
        if self.settings and not self._make:
            raise ConfigError("Settings need a function that makes the agent from them: launch(lambda settings: …).")
        if wrong := [name for name in self.settings if name not in _CAN_BE_SHOWN]:
            raise ConfigError(f"There is no setting {wrong[0]!r} to show. Choose from: {', '.join(_CAN_BE_SHOWN)}.")
        self._first = _checked(agent if isinstance(agent, Agent) else agent(Settings()))
        self.models = _models(self._first.model, _list("models", models))
        self._made = WeakKeyDictionary[Agent, tuple[Settings, Model]]()  # for what, and with which model of its own

    @property
    def writes_code(self) -> bool:
        """Whether the agent may run code."""
        return self._first.may_run_code

    def new(self, engine: Engine | None) -> Agent:
        """Return an agent for a chat that is opened, before anything is asked there."""
        return self._first.for_new_chat(engine)

    def model_of(self, settings: Settings) -> Model:
        """Return the model that a person has chosen; the agent's own if it is none of those that there are."""
        return next((model for model in self.models if model.name == settings.model), self.models[0])

    async def make(self, settings: Settings, config: Config, current: Agent | None = None) -> "Made | None":
        """Make an agent for a chat, if its own one is not made for these settings.

        Args:
            settings: The person's settings.
            config: Says how much of what a person may set, and what the settings are that nobody has changed.
            current: The agent that the chat has; None for a chat that is still to be opened.

        Returns:
            The agent; None if the chat's own one is the right one.

        Raises:
            GlassboxError: The function that makes it failed. The text is for the person; the log has the cause.
        """
        if self._make is None:
            return None
        set_by_person = {name: _at_most(getattr(settings, name), most_of(name, config)) for name in self.settings}
        seen = default_settings(config).model_copy(update=set_by_person)
        if current and self._made.get(current, (None,))[0] == seen:
            return None
        return Made(await asyncio.to_thread(_make, self._make, seen), seen)

    def answer_in(self, session: Session, made: "Made | None", settings: Settings) -> None:
        """Have the agent answer in a chat from its next run on.

        Args:
            session: The chat.
            made: What `make` returned for it.
            settings: The person's settings.
        """
        if made:
            agent = made.agent.for_new_chat(session.agent.engine)
            agent.take_over(session.agent)
            session.agent, self._made[agent] = agent, (made.settings, agent.model)
        agent, chosen = session.agent, self.model_of(settings)
        _, own = self._made.get(agent, (None, self.models[0]))
        agent.model = own if chosen is self.models[0] else chosen
        agent.policy = replace(agent.policy, ask=agent.policy.ask or session.ask)
        agent.ask_user = agent.ask_user or session.ask_user


def _at_most(value: Any, most: int | None) -> Any:
    return value if most is None else min(value, most)


def _make(make: MakeAgent, settings: Settings) -> Agent:
    """Call the function. Raises GlassboxError."""
    try:
        return _checked(make(settings))
    except Exception as error:
        logger.exception("No agent was made for a chat")
        raise GlassboxError(words("own.failed")) from error


def _checked(made: Any) -> Agent:
    if isinstance(made, Agent):
        return made
    raise ConfigError(f"{_NO_AGENT}; the function returned {_named(made)}.")


def _named(thing: Any) -> str:
    if thing is None:
        return "None"
    kind = thing if isinstance(thing, type) else type(thing)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"the class {name} itself" if kind is thing else f"an object of the class {name}"


def _list(name: Literal["models", "examples", "settings"], given: Any) -> list[Any]:
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        return list(given)
    raise ConfigError(f"{name} are a list; this is {_named(given)}.")


def _texts(name: Literal["examples", "settings"], given: Any) -> list[str]:
    if not all(isinstance(text, str) and text.strip() for text in _list(name, given)):
        raise ConfigError(f"{name} are a list of texts; one of these is none, or empty.")
    return list(given)


def _models(own: Any, more: Sequence[Any]) -> list[Model]:
    """Return the models to choose from. Raises ModelError if one is none, ConfigError if two have the same name."""
    names = [as_model(model).name for model in more]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"Two models have the name {twice[0]!r}, so nobody could tell which is which.")
    return [own, *(model for model in more if model.name != own.name)]

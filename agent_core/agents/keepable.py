"""What lets an agent be kept, pushed and drawn. Agents cannot import what does it, so that registers itself here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agent_core.errors import GlassboxError


class Drawing(Protocol):
    """A drawing of an agent; `str` of it is a tree of text."""

    @property
    def mermaid(self) -> str: ...

    def show(self) -> None: ...


class KeepFolder(Protocol):
    """Writes an agent into a folder; see `KeepableAgent.save`."""

    def __call__(self, agent: Any, folder: Path) -> None: ...


class PushAgent(Protocol):
    """Pushes an agent to a Space; see `KeepableAgent.push_to_hub`."""

    def __call__(
        self, agent: Any, repo: str, *, token: str | None, private: bool | None, title: str | None, message: str
    ) -> str: ...


class DictOfAgent(Protocol):
    """Makes the dict of an agent; see `KeepableAgent.to_dict`."""

    def __call__(self, agent: Any) -> dict[str, Any]: ...


class DrawAgent(Protocol):
    """Draws an agent; see `KeepableAgent.draw`."""

    def __call__(self, agent: Any) -> Drawing: ...


@dataclass(frozen=True)
class Keeper:
    """What does the work of the methods below."""

    to_dict: DictOfAgent
    save: KeepFolder
    push: PushAgent
    draw: DrawAgent


_registered: list[Keeper] = []


def register_keeper(keeper: Keeper) -> None:
    """Make the methods of all agents use this keeper. `agent_core.keeping` calls this when it is imported."""
    _registered[:] = [keeper]


def _keeper() -> Keeper:
    if not _registered:
        raise GlassboxError("Agents cannot be kept or drawn yet. Import agent_core.keeping first.")
    return _registered[0]


class KeepableAgent:
    """The part of an agent that keeps and shows what it is."""

    def to_dict(self) -> dict[str, Any]:
        """Return what the agent is, as JSON holds it, for `load_agent`: nothing of its chat, and no key.

        Its "not_kept" names what could not be kept, such as functions that check answers.

        Raises:
            GlassboxError: It is a tool of itself, or holds a key elsewhere than in its models.
        """
        return _keeper().to_dict(self)

    def save(self, folder: Path | str) -> None:
        """Write what the agent is into a folder, for `load_agent`: agent.json, and its prompts and tools as files.

        A warning says what could not be kept. Files of an agent that was kept in the folder before are replaced.

        Args:
            folder: The folder, which is made if it is not there.

        Raises:
            GlassboxError: It cannot be kept, as for `to_dict`, or the folder cannot be written.
        """
        _keeper().save(self, Path(folder))

    def push_to_hub(
        self,
        repo: str,
        *,
        token: str | None = None,
        private: bool | None = None,
        title: str | None = None,
        message: str = "Upload agent",
    ) -> str:
        """Push the agent to a Space that opens a chat page with it, and from which `load_agent` loads it.

        The page is that of Glassbox's repository: call this from a clone of it. Blocks for at most ten minutes. Keys
        are not pushed: set those that it needs as secrets of the Space.

        Args:
            repo: The name of the Space, "owner/name".
            token: A token with write access; None for the stored login.
            private: Whether a new Space is private; None for the owner's default.
            title: The title of the page and of the Space; None for the Space's name.
            message: The commit message.

        Returns:
            The URL of the Space.

        Raises:
            GlassboxError: It cannot be kept, a tool or the model could not be made again there, or the Hub refused.
        """
        return _keeper().push(self, repo, token=token, private=private, title=title, message=message)

    def draw(self) -> Drawing:
        """Return a drawing of the agent with its tools and sub-agents.

        `print` shows it as a tree, `show()` in the colours of the terminal, and `mermaid` is it as text for Mermaid.
        """
        return _keeper().draw(self)

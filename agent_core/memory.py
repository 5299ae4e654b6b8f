"""What an agent remembers of a chat: its turns and their steps, and how they read as messages to a model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from agent_core.models.base import Message

NEXT_QUESTION = "The user's next message:\n"


@dataclass
class Step:
    """One reply of the model and what came of it. An empty observation means: nothing was run."""

    number: int
    reply: str = ""
    observation: str = ""


@dataclass
class Turn:
    """A question and the steps towards its answer."""

    question: str
    steps: list[Step] = field(default_factory=list)


class Memory:
    """The turns of one chat. Steps are counted through the chat, from 1."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._last_step = 0

    def begin_turn(self, question: str) -> Turn:
        self.turns.append(Turn(question))
        return self.turns[-1]

    def begin_step(self) -> Step:
        """Add a step to the last turn."""
        self._last_step += 1
        step = Step(self._last_step)
        self.turns[-1].steps.append(step)
        return step

    def drop_step(self, step: Step) -> None:
        """Forget a step that came to nothing, such as a request that failed."""
        self.turns[-1].steps.remove(step)

    def stop_step(self, step: Step, aftermath: str = "") -> None:
        """Keep what a step said before a person stopped it, that it was stopped, and what that meant."""
        if step.reply:
            step.observation = f"The user stopped this step. {aftermath}".strip()
        else:
            self.drop_step(step)

    def add_note(self, text: str) -> None:
        """Say something to the model after the last step."""
        last = self.turns[-1].steps[-1]
        last.observation = f"{last.observation}\n\n{text}".strip()

    def messages(self, system_prompt: str) -> list[Message]:
        """The chat as a model is told it, user and assistant in turns.

        Each list begins with the one before it (only the end of its last message may grow), so that a provider's
        prompt cache can serve it. Questions that failed before any step are left out.
        """
        messages: list[Message] = [{"role": "system", "content": system_prompt}]
        for role, content in self._spoken():
            if messages[-1]["role"] == role:
                messages[-1]["content"] += f"\n\n{content}"
            else:
                messages.append({"role": role, "content": content})
        return messages

    def _spoken(self) -> Iterator[tuple[Literal["user", "assistant"], str]]:
        observed = False
        for turn in self.turns:
            if not turn.steps and turn is not self.turns[-1]:
                continue
            yield "user", NEXT_QUESTION + turn.question if observed else turn.question
            for step in turn.steps:
                observed = bool(step.observation)
                if step.reply:
                    yield "assistant", step.reply
                if step.observation:
                    yield "user", step.observation

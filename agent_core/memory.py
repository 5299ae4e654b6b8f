"""What an agent remembers of a chat: its turns and their steps, and how they read as messages to a model."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from agent_core.models.base import Message

NEXT_QUESTION = "The user's next message:\n"


@dataclass
class Step:
    """One reply of the model and what came of it. An empty observation means: nothing was run.

    note: said to the model before its reply. checkpoint: the sandbox's state right after the step.
    """

    number: int
    note: str = ""
    reply: str = ""
    observation: str = ""
    checkpoint: int = 0


@dataclass
class Turn:
    """A question and the steps towards its answer. note: said to the model before the question."""

    question: str
    note: str = ""
    steps: list[Step] = field(default_factory=list)


class Memory:
    """The turns of one chat. Steps are counted through the chat, from 1; last_step: the number of the latest one."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.last_step = 0
        self._note = ""

    def add_note(self, text: str) -> None:
        """Say something to the model before the next question."""
        self._note = text

    def begin_turn(self, question: str) -> Turn:
        self.turns.append(Turn(question, self._note))
        self._note = ""
        return self.turns[-1]

    def begin_step(self, note: str = "") -> Step:
        """Add a step to the last turn; the note is said to the model before its reply."""
        step = Step(self.last_step + 1, note, checkpoint=self.checkpoint_after(self.last_step))
        self.last_step += 1
        self.turns[-1].steps.append(step)
        return step

    def checkpoint_after(self, number: int) -> int:
        """The sandbox's state right after a step, which may be one that was dropped; 0 is its start."""
        steps = [step for turn in self.turns for step in turn.steps if step.number <= number]
        return steps[-1].checkpoint if steps else 0

    def rewind(self, number: int) -> None:
        """Forget all that came after a step: later steps, and then turns none of whose steps is left."""
        for turn in self.turns:
            turn.steps = [step for step in turn.steps if step.number <= number]
        while self.turns and not self.turns[-1].steps:
            self.turns.pop()
        self.last_step, self._note = number, ""

    def drop_step(self, step: Step) -> None:
        """Forget a step that came to nothing, such as a request that failed."""
        self.turns[-1].steps.remove(step)

    def stop_step(self, step: Step, aftermath: str = "") -> None:
        """Keep what a step said before a person stopped it, that it was stopped, and what that meant."""
        if step.reply:
            step.observation = f"The user stopped this step. {aftermath}".strip()
        else:
            self.drop_step(step)

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
        told = False  # whether the model was told something that is no question since it last spoke
        for turn in self.turns:
            if turn.note:
                told = True
                yield "user", turn.note
            if not turn.steps and turn is not self.turns[-1]:
                continue
            yield "user", NEXT_QUESTION + turn.question if told else turn.question
            for step in turn.steps:
                told = bool(step.observation)
                if step.note:
                    yield "user", step.note
                if step.reply:
                    yield "assistant", step.reply
                if step.observation:
                    yield "user", step.observation

"""What an agent remembers of a chat: its turns and their steps. How they read to a model: messages.py."""

from agent_core.execution import FileNote
from agent_core.memory.messages import MessageFormat, to_messages
from agent_core.memory.turns import Step, Turn
from agent_core.models.base import Message


class Memory:
    """The turns of one chat. Steps are counted through the chat, from 1; last_step: the number of the latest one."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.last_step = 0
        self._note = ""

    @property
    def steps(self) -> list[Step]:
        """All steps of the chat."""
        return [step for turn in self.turns for step in turn.steps]

    @property
    def variables(self) -> dict[str, str]:
        """The variables that the steps have left, each with its kind and shape; those changed last come last."""
        left: dict[str, str] = {}
        for step in self.steps:
            for name, description in step.variables.items():
                if not name.isidentifier():  # the count of those beyond the most that a step reports
                    continue
                left.pop(name, None)
                if description:
                    left[name] = description
        return left

    def add_note(self, text: str) -> None:
        """Say something to the model before the next question, after what is to be said already."""
        self._note = f"{self._note}\n{text}".strip()

    def begin_turn(self, question: str, images: list[str] | None = None, files: tuple[FileNote, ...] = ()) -> Turn:
        self.turns.append(Turn(question, self._note, images or [], files))
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
        steps = [step for step in self.steps if step.number <= number]
        return steps[-1].checkpoint if steps else 0

    def rewind(self, number: int) -> None:
        """Forget all that came after a step: later steps, and then turns none of whose steps is left.

        What is left is sent whole again: the reminder of a compaction may be among what is forgotten.
        """
        for turn in self.turns:
            turn.steps = [step for step in turn.steps if step.number <= number]
        for step in self.steps:
            step.detail, step.reminder = "whole", ""
        while self.turns and not self.turns[-1].steps:
            self.turns.pop()
        self.last_step, self._note = number, ""

    def remind(self, step: Step, text: str) -> None:
        """Say something before a step's reply in the place of all that was said so before earlier ones."""
        for earlier in self.steps:
            earlier.reminder = ""
        step.reminder = text

    def drop_step(self, step: Step) -> None:
        """Forget a step that came to nothing, such as a failed request. Its reminder comes with the next question."""
        self.turns[-1].steps.remove(step)
        if step.reminder:
            self.add_note(step.reminder)

    def stop_step(self, step: Step, aftermath: str = "") -> None:
        """Keep what a step said and did before a person stopped it, that it was stopped, and what that meant."""
        if step.said or step.code:
            step.observation = f"{step.observation}\nThe user stopped this step. {aftermath}".strip()
        else:
            self.drop_step(step)

    def messages(self, system_prompt: str, manner: MessageFormat | None = None) -> list[Message]:
        """The chat as a model is told it; see `messages.tell`."""
        return to_messages(self.turns, system_prompt, manner or MessageFormat())

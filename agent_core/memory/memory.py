"""What an agent remembers of a chat: its turns, as they grow and are taken back."""

from agent_core.execution import FileNote
from agent_core.memory.messages import MessageFormat, to_messages
from agent_core.memory.turns import Step, Turn
from agent_core.models.base import Message


class Memory:
    """The turns of one chat.

    Attributes:
        turns: in their order; the last one is the one that is worked on.
        last_step: the number of the latest step. Steps are counted through the chat, from 1.
    """

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
        """The variables that exist after the last step, each with its type and shape; those changed last come last."""
        variables: dict[str, str] = {}
        for step in self.steps:
            for name, description in step.variables.items():
                if not name.isidentifier():  # "…", under which a step counts those that it does not report
                    continue
                variables.pop(name, None)
                if description:
                    variables[name] = description
        return variables

    def add_note(self, text: str) -> None:
        """Tell the model something before the next question, after the notes that are there already."""
        self._note = f"{self._note}\n{text}".strip()

    def begin_turn(self, question: str, images: list[str] | None = None, files: tuple[FileNote, ...] = ()) -> Turn:
        """Add a turn and return it. images: data: URLs. files: those that came with the question."""
        self.turns.append(Turn(question, self._note, images or [], files))
        self._note = ""
        return self.turns[-1]

    def begin_step(self, note: str = "") -> Step:
        """Add a step to the last turn and return it. note: what the model is told before its reply."""
        step = Step(self.last_step + 1, note, checkpoint=self.checkpoint_after(self.last_step))
        self.last_step += 1
        self.turns[-1].steps.append(step)
        return step

    def checkpoint_after(self, number: int) -> int:
        """Return the sandbox's state right after a step, which may have been dropped since; 0 is its start."""
        steps = [step for step in self.steps if step.number <= number]
        return steps[-1].checkpoint if steps else 0

    def rewind(self, number: int) -> None:
        """Forget all that came after a step: later steps, and turns that have no step left.

        What is left is sent whole again, since the reminder of a compaction may be forgotten too.

        Args:
            number: of the step to go back to; 0 for the start of the chat.
        """
        for turn in self.turns:
            turn.steps = [step for step in turn.steps if step.number <= number]
        for step in self.steps:
            step.detail, step.reminder = "whole", ""
        while self.turns and not self.turns[-1].steps:
            self.turns.pop()
        self.last_step, self._note = number, ""

    def remind(self, step: Step, text: str) -> None:
        """Tell the model something before a step's reply. Reminders before earlier steps are removed."""
        for earlier in self.steps:
            earlier.reminder = ""
        step.reminder = text

    def drop_step(self, step: Step) -> None:
        """Forget a step that came to nothing, such as a failed request. Its reminder goes to the next question."""
        self.turns[-1].steps.remove(step)
        if step.reminder:
            self.add_note(step.reminder)

    def stop_step(self, step: Step, aftermath: str = "") -> None:
        """Keep what a step said and did before a person stopped it, and note that it was stopped.

        Args:
            step: forgotten if it had not said anything yet.
            aftermath: what the stop meant for variables and files, in one sentence.
        """
        if step.said or step.code:
            step.observation = f"{step.observation}\nThe user stopped this step. {aftermath}".strip()
        else:
            self.drop_step(step)

    def messages(self, system_prompt: str, form: MessageFormat | None = None) -> list[Message]:
        """Return the chat as messages for a model; see `to_messages`."""
        return to_messages(self.turns, system_prompt, form or MessageFormat())

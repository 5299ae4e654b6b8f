"""An agent's memory of a chat: its turns and steps."""

from collections.abc import Sequence

from agent_core.elsewhere import MEMORY_ATTRIBUTES, Signposted
from agent_core.memory.messages import MessageFormat, to_messages
from agent_core.memory.turns import Step, Turn, last_checkpoint
from agent_core.models.base import Message
from agent_core.prompts import read_prompt


class Memory(Signposted):
    """The turns of one chat.

    Attributes:
        turns: The turns, in their order; steps are added to the last one.
        last_step: The number of the last step. Steps are counted through the chat from 1.
        note: What the model is told with the next request.
        is_edited: Whether any turn or step may have changed since whoever writes the chat down has set this to false.

    >>> agent = CodeAgent(ScriptedModel(["First.\\n```python\\nx = 6 * 7\\nprint(x)\\n```", "It is 42."]))
    >>> answer = agent.run_sync("What is 6 times 7?").answer
    >>> for step in agent.memory.steps:
    ...     print(step.number, step.said, step.variables)
    1 First. {'x': '42'}
    2 It is 42. {}
    >>> [message["role"] for message in agent.memory.messages("You are an agent.")]
    ['system', 'user', 'assistant', 'user', 'assistant']
    """

    elsewhere = MEMORY_ATTRIBUTES

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.last_step = 0
        self.note = ""
        self.is_edited = False
        self._noted = ""  # what of it went into the last step

    @property
    def steps(self) -> list[Step]:
        """All steps of the chat."""
        return [step for turn in self.turns for step in turn.steps]

    @property
    def question(self) -> str:
        """The last question; "" before the first one."""
        return self.turns[-1].question if self.turns else ""

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
        """Add something that the model is told with the next request: of this run, or before the next question."""
        self.note = f"{self.note}\n{text}".strip()

    def begin_turn(self, question: str) -> Turn:
        """Add a turn.

        Args:
            question: The person's question.

        Returns:
            The new turn, to which its images and files are added when they are there.
        """
        self.turns.append(Turn(question, self.note))
        self.note = ""
        return self.turns[-1]

    def begin_step(self, note: str = "") -> Step:
        """Add a step to the last turn.

        Args:
            note: What the model is told before its reply.

        Returns:
            The new step.
        """
        self._noted, self.note = self.note, ""
        note = "\n\n".join(filter(None, (self._noted, note)))
        step = Step(self.last_step + 1, note, checkpoint=self.checkpoint)
        self.last_step += 1
        self.turns[-1].steps.append(step)
        return step

    @property
    def checkpoint(self) -> int:
        """The sandbox's checkpoint that the chat is at; 0 for its start."""
        return last_checkpoint(self.turns)

    def checkpoint_after(self, number: int) -> int:
        """Return the sandbox's checkpoint right after a step; 0 for the start of the chat."""
        steps = [step for step in self.steps if step.number <= number]
        return steps[-1].checkpoint if steps else 0

    def replace(self, turns: Sequence[Turn], *, in_full: bool = True) -> None:
        """Go over to other turns, such as the first ones, or another version of the chat.

        Args:
            turns: All turns from now on.
            in_full: Send all steps in full again, as in `rewind`.
        """
        self.turns = list(turns)
        if in_full:
            self._send_in_full()
        self.last_step, self.note = max((step.number for step in self.steps), default=0), ""

    def rewind(self, number: int) -> None:
        """Remove everything after a step: later steps, and turns that have no step left.

        The rest is sent in full again, because the reminder of a compaction may be among the removed steps.

        Args:
            number: The number of the step; 0 for the start of the chat.
        """
        for turn in self.turns:
            turn.steps = [step for step in turn.steps if step.number <= number]
        self._send_in_full()
        while self.turns and not self.turns[-1].steps:
            self.turns.pop()
        self.last_step, self.note = number, ""

    def _send_in_full(self) -> None:
        for step in self.steps:
            step.detail, step.reminder = "whole", ""
        for turn in self.turns:
            turn.shortened = False

    def remind(self, step: Step, text: str) -> None:
        """Set what the model is told of the variables before a step's reply. Earlier reminders are removed."""
        for earlier in self.steps:
            earlier.reminder = ""
        step.reminder = text

    def drop_step(self, step: Step) -> None:
        """Remove a step without a result, such as a failed request. Its reminder and the notes that `add_note` added
        move to the next question.

        If there was a plan before it, that stays, because it was shown and sent.
        """
        if step.plan:
            step.drop_action()
            step.said, step.observation = "", read_prompt("unanswered")
            return
        self.turns[-1].steps.remove(step)
        for told in filter(None, (self._noted, step.reminder)):
            self.add_note(told)

    def merge(self, earlier: Step, step: Step, said: str) -> None:
        """Make one step of two, where the second one went on with what the first one said.

        Args:
            earlier: The step that stays.
            step: The last step, which is removed.
            said: What both said.
        """
        earlier.said, earlier.observation = said, step.observation
        earlier.spend(step.seconds, step.usage)
        earlier.reminder = step.reminder or earlier.reminder
        self.turns[-1].steps.remove(step)
        if self._noted:
            self.add_note(self._noted)

    def stop_step(self, step: Step, aftermath: str = "") -> None:
        """Note that a person or the end of the app stopped a step. A step without any reply and plan yet is removed.

        Args:
            step: The step.
            aftermath: What became of variables and files, in sentences.
        """
        if step.said or step.code or step.plan:
            step.observation = f"{step.observation}\nThis step was stopped before its end. {aftermath}".strip()
        else:
            self.drop_step(step)

    def messages(self, system_prompt: str, form: MessageFormat | None = None) -> list[Message]:
        """Return the chat as messages for a model; see `to_messages`."""
        return to_messages(self.turns, system_prompt, form or MessageFormat())

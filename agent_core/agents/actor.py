"""What a run needs of its agent, whichever kind it is."""

from collections.abc import Callable, Sequence
from typing import Protocol

from agent_core.agents.reply_stream import ModelRequest
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.memory.turns import Step
from agent_core.models.base import Model
from agent_core.tools.base import Tool


class Actor(Protocol):
    """What kinds of agents differ in: how they ask a model, and how they act on its reply.

    Attributes:
        tools: The tools that may be called.
    """

    @property
    def tools(self) -> Sequence[Tool]: ...

    def request_for(self, model: Model) -> ModelRequest:
        """Return how to ask this model for one reply. Called anew for each reply."""
        ...

    async def act(self, step: Step, emit: Callable[[SandboxEvent], None]) -> Execution:
        """Carry out a step's action, and write what the model is told of it into the step.

        Args:
            step: The step, with the model's reply.
            emit: Takes the events as they happen.

        Returns:
            What came of the action.
        """
        ...

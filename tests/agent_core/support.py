"""What tests of agents share: replies as a model writes them, and what came of them."""

from contextlib import aclosing

from agent_core import Capabilities
from agent_core.events import StepFinished
from tests.support import model_of


def code(text: str, thought: str = "Next.") -> str:
    return f"{thought}\n```python\n{text}\n```"


def calling(server):
    """A model that makes native calls."""
    model = model_of(server)
    model.capabilities = Capabilities(tools=True)
    return model


def sent(server, number=-1):
    return server.requests[number].body["messages"]


async def events_of(agent, question="Who is where?"):
    async with aclosing(agent.stream(question)) as stream:
        return [event async for event in stream]


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def execution_of(events):
    """What came of the first step."""
    execution = of_kind(events, StepFinished)[0].execution
    assert execution is not None
    return execution

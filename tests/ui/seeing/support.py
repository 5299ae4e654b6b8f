"""What tests of seeing share: a run's events."""

from agent_core import CodeAgent, Session
from agent_core.events import Event
from demo import demo_model
from ui.seeing.seeing import Seeing


def watched(seeing: Seeing) -> Session:
    """A chat that is watched, whose events the test makes up."""
    session = Session(CodeAgent(demo_model()))
    seeing.watch(session)
    return session


def happen(session: Session, *events: Event) -> None:
    for event in events:
        session.observe(event)

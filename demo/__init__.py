"""The demo: a model with written replies (replies/), and recorded_tools with recorded results (recordings/)."""

from pathlib import Path

from agent_core.models.scripted import ScriptedModel

REPLIES = Path(__file__).parent / "replies"


def demo_model(*, delay: float = 0.02) -> ScriptedModel:
    """Return the model that answers the demo's questions.

    Args:
        delay: seconds between two pieces of a reply, so that it looks as if it was being written.
    """
    return ScriptedModel(REPLIES, delay=delay)

"""A chat and its run, which continues while viewers come and go.

session: the public class. waiting: what waits for the person. loading: a chat as it was read from a store. slot: a
run's place in a queue.
"""

from agent_core.session.session import Session
from agent_core.session.slot import RunSlot

__all__ = ["RunSlot", "Session"]

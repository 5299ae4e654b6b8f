"""A chat and its run, which continues while viewers come and go.

session: the public class; it can keep the chat in a store, and go back in it. live_chat: the run and its viewers.
unviewed: when it has none any more. event_log: events by turns. loading: a chat as it was read from a store.
importing: a chat from a file into a store. waiting: what waits for the person. slot: a run's place in a queue.
"""

from agent_core.session.importing import import_chat
from agent_core.session.session import Session, Versions
from agent_core.session.slot import RunSlot

__all__ = ["RunSlot", "Session", "Versions", "import_chat"]

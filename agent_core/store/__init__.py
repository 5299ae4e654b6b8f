"""Chats that last: kept in a database, with what is large in files beside it.

store: the public class. database: the connection and its failures. tables: what the database holds. migrations/: how
older databases become that. contents: large texts and pictures as files. chat_rows: one chat as rows. recorder: writes
a chat while its run goes on. interruption: what becomes of a run that the app did not survive.
"""

from agent_core.store.store import ChatInfo, Store, StoreError

__all__ = ["ChatInfo", "Store", "StoreError"]

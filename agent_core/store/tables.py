"""The tables of the database. A change here needs a migration; a test compares the two.

A chat is a tree: each turn names the turn before it, so that an edited question stands beside the one it replaces. The
way from the first turn to the chat's `leaf` is what is shown. All JSON is ASCII text, because PostgreSQL's own types
refuse some characters that code may print.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

chats = Table(
    "chats",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("folded_title", Text, nullable=False),  # for searches: case folded
    Column("pinned", Boolean, nullable=False),
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
    Column("used", Float, nullable=False),
    Column("deleted", Float),  # null: not deleted
    Column("version", Integer, nullable=False),  # of the record
    Column("leaf", Integer, nullable=False),  # 0: no turn yet
    Column("state", Text, nullable=False),  # JSON; see agent_core.record.state_to_json
    Column("size", BigInteger, nullable=False),  # bytes of its files, workspace included
    Index("chats_of_owner", "owner", "deleted", "pinned", "used"),
)

turns = Table(
    "turns",
    metadata,
    Column("chat", Text, ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),  # counted from 1 in each chat, never used twice
    Column("parent", Integer, nullable=False),  # 0: the first turn
    Column("data", Text, nullable=False),  # JSON: the Turn without its steps; "" until the model is told of it
    Column("words", Text, nullable=False),  # what a search finds it by, case folded
)

steps = Table(
    "steps",
    metadata,
    Column("chat", Text, ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("data", Text, nullable=False),  # JSON: the Step
)

events = Table(
    "events",
    metadata,
    Column("chat", Text, ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("data", Text, nullable=False),  # JSON: the Event
)

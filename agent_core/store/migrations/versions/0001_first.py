"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "chats",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("folded_title", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("used", sa.Float, nullable=False),
        sa.Column("deleted", sa.Float),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("leaf", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_index("chats_of_owner", "chats", ["owner", "deleted", "pinned", "used"])
    op.create_table(
        "turns",
        _chat(),
        _number("id"),
        sa.Column("parent", sa.Integer, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    for name in ("steps", "events"):
        op.create_table(name, _chat(), _number("turn"), _number("position"), sa.Column("data", sa.Text, nullable=False))


def _chat() -> sa.Column[str]:
    return sa.Column("chat", sa.Text, sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)

"""Lets Alembic work on the connection that Database gives it."""

from alembic import context

from agent_core.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()

"""Runs the revisions on the connection that `transcribe.store.schema` hands over."""

from alembic import context

from transcribe.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, transactional_ddl=True
)
context.run_migrations()

"""Runs the revisions on the connection that `transcribe.store.schema` hands over."""

from alembic import context

from transcribe.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Clinic.metadata,
    transactional_ddl=True,
)
context.run_migrations()

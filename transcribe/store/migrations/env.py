"""Runs the revisions on the connection that `transcribe.store.schema` hands over."""

from alembic import context

from transcribe.store import deliveries, people, reports, tables  # noqa: F401 - each adds its tables
from transcribe.store.columns import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
context.run_migrations()

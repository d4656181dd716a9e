"""Brings a database to the tables of this version, or says that it is not safe to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from transcribe.errors import MissingPart

_LOCK = 7_263_541
"""The number under which PostgreSQL lets one process at a time change the schema; it means nothing."""


def prepare(engine: Engine) -> None:
    """Make the tables of a new database; bring an older SQLite database up to date.

    Raises `MissingPart` for a PostgreSQL database that is older, as other machines may be at work on it, and for any
    that is newer than this version.
    """
    here, wanted = revision(engine), newest()
    if here == wanted:
        return
    if here is not None and here not in known():
        raise MissingPart(f"A newer version of transcribe made the database (revision {here}); install that one.")
    if here is not None and engine.dialect.name == "postgresql":
        raise MissingPart("The database is an older version's: stop all parts, back up, run 'transcribe db upgrade'.")
    upgrade(engine)


def revision(engine: Engine) -> str | None:
    """The revision of the database's tables; None when it has none."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the tables to a revision, in one transaction; of processes that try at once one does it."""
    with _alembic(engine) as (config, _):
        command.upgrade(config, to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take the tables back to a revision, in one transaction."""
    with _alembic(engine) as (config, _):
        command.downgrade(config, to)


def tables(engine: Engine) -> set[str]:
    """The names of the database's tables."""
    return set(inspect(engine).get_table_names())


@contextmanager
def _alembic(engine: Engine) -> Iterator[tuple[Config, Connection]]:
    with as_file(files("transcribe.store") / "migrations") as folder, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config = _config(str(folder))
        config.attributes["connection"] = connection
        yield config, connection


def _config(folder: str) -> Config:
    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    with as_file(files("transcribe.store") / "migrations") as folder:
        return ScriptDirectory.from_config(_config(str(folder)))


def newest() -> str | None:
    """The revision of this version's tables."""
    return _scripts().get_current_head()


def known() -> set[str]:
    """The revisions that this version can bring up to date."""
    return {script.revision for script in _scripts().walk_revisions()}

"""Brings a database to the tables of this version, or says that it is not safe to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from transcribe.errors import MissingPart

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0006"
"""The revision of this version's tables; written here so that a process whose database has it loads no Alembic."""

_LOCK = 7_263_541
"""The number under which PostgreSQL lets one process at a time change the schema; it means nothing."""


def prepare(engine: Engine) -> None:
    """Make the tables of a new database; bring an older SQLite database up to date.

    Raises `MissingPart` for a PostgreSQL database that is older, as other machines may be at work on it, and for any
    that is newer than this version.
    """
    here = revision(engine)
    if here == NEWEST:
        return
    if here is not None and here not in known():
        raise MissingPart(f"A newer version of transcribe made the database (revision {here}); install that one.")
    if here is not None and engine.dialect.name == "postgresql":
        raise MissingPart("The database is an older version's: stop all parts, back up, run 'transcribe db upgrade'.")
    upgrade(engine)


def revision(engine: Engine) -> str | None:
    """The revision of the database's tables; None when it has none."""
    if "alembic_version" not in tables(engine):
        return None
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(engine: Engine, to: str = "head") -> None:
    """Bring the tables to a revision, in one transaction; of processes that try at once one does it."""
    from alembic import command

    with _alembic(engine) as (config, _):
        command.upgrade(config, to)


def downgrade(engine: Engine, to: str = "base") -> None:
    """Take the tables back to a revision, in one transaction."""
    from alembic import command

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
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config


def known() -> set[str]:
    """The revisions that this version can bring up to date."""
    from alembic.script import ScriptDirectory

    with as_file(files("transcribe.store") / "migrations") as folder:
        return {script.revision for script in ScriptDirectory.from_config(_config(str(folder))).walk_revisions()}

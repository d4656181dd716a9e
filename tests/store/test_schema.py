"""The tables of a database and those of this version are the same, however they came about."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from transcribe.errors import MissingPart
from transcribe.store import schema
from transcribe.store.columns import Base
from transcribe.store.engine import open_engine, refuse_sqlite


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    """Nothing differs: no column, index, constraint or type."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_newest_revision_is_the_one_that_this_version_names(engine: Engine) -> None:
    """A process knows without Alembic whether the database has this version's tables."""
    assert schema.revision(engine) == schema.NEWEST
    schema.downgrade(engine)
    schema.upgrade(engine, "head")
    assert schema.revision(engine) == schema.NEWEST


def test_upgrading_and_downgrading_leaves_nothing_behind(engine: Engine) -> None:
    """Down to nothing and up again gives the same tables."""
    ours = schema.tables(engine)
    assert set(Base.metadata.tables) <= ours
    schema.downgrade(engine)
    assert schema.tables(engine) <= {"alembic_version"}
    schema.upgrade(engine)
    assert schema.tables(engine) == ours


def test_a_new_database_gets_its_tables_however_many_processes_begin_at_once(empty_url: str) -> None:
    """Web, workers and sweep start together; one makes the tables, the others find them."""
    code = "import sys; from transcribe.store import engine, schema; schema.prepare(engine.open_engine(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", code, empty_url]) for _ in range(4)]
    assert [process.wait(60) for process in started] == [0, 0, 0, 0]
    opened = open_engine(empty_url)
    assert schema.revision(opened) is not None
    opened.dispose()


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    """Writing into tables one does not know would lose data."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(MissingPart, match="newer version"):
        schema.prepare(engine)


@pytest.mark.parametrize(("version", "safe"), [
    ((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 50, 7), True), ((3, 51, 2), False),
    ((3, 51, 3), True), ((3, 53, 4), True), ((4, 0, 0), True),
])  # fmt: skip
def test_a_sqlite_that_loses_rows_is_refused(version: tuple[int, int, int], safe: bool) -> None:
    """Versions from 3.7.0 to 3.51.2 can lose committed rows, but for two lines that were mended."""
    if safe:
        refuse_sqlite(version)
        return
    with pytest.raises(MissingPart, match="can lose committed rows"):
        refuse_sqlite(version)


def test_sqlite_is_opened_to_keep_what_it_committed(engine: Engine) -> None:
    """WAL, FULL, foreign keys; PostgreSQL's own defaults are as safe and are not changed."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
        else:
            wanted = dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "on")
            found = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in wanted}
    assert found == wanted

"""Opens the database: SQLite by default, PostgreSQL by setting, with the durability each needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, create_engine, event, func, select, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from transcribe.errors import MissingPart
from transcribe.store import deliveries, people, receipts, reports, tables  # noqa: F401 - rows of one lead to rows of others

_SQLITE_MENDED = ((3, 51, 3),)
"""From here on SQLite's write-ahead log no longer loses committed rows (3.7.0 to 3.51.2 can)."""

_SQLITE_MENDED_LINES = {(3, 44): 6, (3, 50): 7}
"""Older lines that got the same mend, with the patch that brought it."""

_IDLE_SECONDS = 1.0
"""A connection that was in use so lately is taken to be alive: asking each time costs as much as a statement."""

_CLOCK_SECONDS = 60.0
"""So long this machine's count of seconds is trusted to keep step with the database's."""

_READING = {"postgresql_readonly": True}
"""The option of a connection that only reads."""

EVERYBODY, NOBODY = "", "nobody"

_acting: ContextVar[str] = ContextVar("acting", default=EVERYBODY)


def act_for(clinic: str) -> None:
    """From now on, in this context, somebody of the clinic acts: PostgreSQL shows them no rows of any other.

    `NOBODY`: it is not known yet who asks, and there are no rows; `EVERYBODY`, as at first: the service itself acts.
    """
    _acting.set(clinic)


@contextmanager
def acting_for(clinic: str) -> Iterator[None]:
    """The same for as long as the block lasts; transactions that begin in it are meant."""
    before = _acting.set(clinic)
    try:
        yield
    finally:
        _acting.reset(before)


def default_url(data_dir: Path) -> str:
    """The database of a machine whose settings name none."""
    return f"sqlite:///{data_dir / 'transcribe.db'}"


def open_engine(url: str) -> Engine:
    """An engine for `url`; `MissingPart` when its SQLite is one that can lose committed rows.

    An engine is made in the process that uses it, never before a fork.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=10, connect_args={"connect_timeout": 10}
    )
    _refuse_dead_connections(engine)
    event.listen(engine, "begin", _say_who_acts)
    return engine


def _say_who_acts(connection: Any) -> None:
    """For this transaction; nothing need be said of the service itself."""
    if _acting.get() != EVERYBODY:
        connection.exec_driver_sql("SELECT set_config('transcribe.clinic', %s, true)", (_acting.get(),))


def _refuse_dead_connections(engine: Engine) -> None:
    """Have a connection that lay idle asked whether its server still lives; the pool opens another when it does not."""

    @event.listens_for(engine, "checkin")
    def note_use(_connection: Any, record: Any) -> None:
        record.info["used"] = monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: Any) -> None:
        if monotonic() - record.info.get("used", monotonic()) < _IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("The database closed this connection.") from error


def _sqlite(url: str) -> Engine:
    from pysqlite3 import dbapi2  # The interpreter's own sqlite3 may be one that loses rows.

    refuse_sqlite(dbapi2.sqlite_version_info)
    engine = create_engine(url, module=dbapi2, connect_args={"timeout": 30, "isolation_level": None})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    _turns[engine] = Lock()
    return engine


def sqlite_version() -> str:
    """The version of the SQLite that databases are opened with."""
    from pysqlite3 import dbapi2

    return str(dbapi2.sqlite_version)


def refuse_sqlite(version: tuple[int, int, int]) -> None:
    """Raise `MissingPart` for a SQLite that can lose committed rows."""
    mended = version >= _SQLITE_MENDED[0] or version[2] >= _SQLITE_MENDED_LINES.get(version[:2], 10**6)
    if not mended:
        found = ".".join(map(str, version))
        raise MissingPart(f"SQLite {found} can lose committed rows; install pysqlite3 0.6.1 or newer.")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Any) -> None:
    # A transaction that turns from reading to writing half-way is refused at once, however long it would wait.
    only_reads = connection.get_execution_options().keys() >= _READING.keys()
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits when the block ends well and rolls back when it does not."""
    with _turns.get(engine, nullcontext()), Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


_turns: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()
"""Threads of one process that write to SQLite take turns here: SQLite would have them ask again and again, and one
that has bad luck waits for seconds while others pass it by.
"""


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads, and so keeps no writer waiting."""
    with Session(engine.execution_options(**_READING), expire_on_commit=False) as session, session.begin():
        yield session


def plan_anew(session: Session) -> None:
    """Have PostgreSQL plan each query of this transaction for the values asked.

    A plan kept for any author walks the whole queue of 100,000 reports: 110 ms for what takes 10.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))


def one_at_a_time(session: Session, *names: str) -> None:
    """Until the transaction ends nobody else passes here under one of these names; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        for name in sorted(names):
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def now(session: Session) -> datetime:
    """The time by the database's clock, as workers' clocks differ; SQLite has the machine's.

    It is read once in a transaction, when it is first asked for.
    """
    moment: datetime | None = session.info.get("now")
    if moment is None:
        moment = session.info["now"] = _clock(session)
    return moment


def _clock(session: Session) -> datetime:
    """The database's time: asked for once a minute, and counted on from there."""
    if session.get_bind().dialect.name != "postgresql":
        return datetime.now(UTC)
    connection = session.connection()
    asked: float
    moment: datetime
    asked, moment = connection.info.get("clock", (-inf, datetime.min))
    if monotonic() - asked > _CLOCK_SECONDS:
        moment = session.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)
        asked = monotonic()
        connection.info["clock"] = asked, moment
    return moment + timedelta(seconds=monotonic() - asked)

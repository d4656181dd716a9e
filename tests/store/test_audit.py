"""The audit chain shows whatever was done to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError

from tests.store.makers import new_clinic
from transcribe.store import audit
from transcribe.store.audit import Broken
from transcribe.store.engine import reading, transaction


def with_entries(engine: Engine, count: int = 5) -> str:
    """A clinic whose chain has so many entries."""
    clinic = new_clinic(engine, "North")
    for number in range(count):
        with transaction(engine) as session:
            audit.record(session, clinic, "somebody", "read", f"job {number}", form="docx", size=number)
    return clinic


def verified(engine: Engine, clinic: str) -> Broken | None:
    """What checking the chain finds."""
    with reading(engine) as session:
        return audit.verify(session, clinic)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "UPDATE audit SET number = number + 10"]
)
def test_the_database_refuses_to_change_what_was_written(engine: Engine, statement: str) -> None:
    """Not even the product's own account can change or remove an entry in passing."""
    clinic = with_entries(engine)
    with pytest.raises(DatabaseError, match="only ever added"), engine.begin() as connection:
        connection.execute(text(statement))
    assert verified(engine, clinic) is None


def unguard(connection: Connection) -> None:
    """What somebody who owns the database can do first."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_only_added"))
        return
    for act in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER audit_no_{act}"))


def swap(connection: Connection) -> None:
    """Two entries change places."""
    for old, new in ((2, 90), (3, 2), (90, 3)):
        connection.execute(text(f"UPDATE audit SET number = {new} WHERE number = {old}"))


TAMPERED: dict[str, tuple[str | Callable[[Connection], None], int, str]] = {
    "one field changed": ("UPDATE audit SET subject = 'job 9' WHERE number = 3", 3, "has been changed"),
    "a detail changed": ("""UPDATE audit SET detail = '{"form": "pdf"}' WHERE number = 2""", 2, "has been changed"),
    "a time changed": ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE number = 4", 4, "has been changed"),
    "one removed": ("DELETE FROM audit WHERE number = 3", 3, "is missing"),
    "the first removed": ("DELETE FROM audit WHERE number = 1", 1, "is missing"),
    "the last removed": ("DELETE FROM audit WHERE number = 5", 5, "is missing"),
    "two swapped": (swap, 2, "has been changed"),
    "one added": (
        "INSERT INTO audit SELECT clinic_id, 6, at, actor, action, subject, detail, hash FROM audit WHERE number = 5",
        6,
        "has been changed",
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_the_first_broken_entry_is_named(engine: Engine, how: str) -> None:
    """Changed, removed, swapped or added: checking says where the chain breaks."""
    change, number, fault = TAMPERED[how]
    clinic = with_entries(engine)
    with engine.begin() as connection:
        unguard(connection)
        if callable(change):
            change(connection)
        else:
            connection.execute(text(change))
    assert verified(engine, clinic) == Broken(clinic, number, fault)


def test_an_act_that_is_rolled_back_leaves_no_entry(engine: Engine) -> None:
    """Act and entry are there together or not at all."""
    clinic = with_entries(engine, 1)
    with pytest.raises(RuntimeError), transaction(engine) as session:
        audit.record(session, clinic, "somebody", "read", "job")
        raise RuntimeError
    assert verified(engine, clinic) is None
    with reading(engine) as session:
        assert audit.head(session, clinic)[0] == 1


def test_those_who_write_at_once_make_one_chain(engine: Engine) -> None:
    """Twenty acts of four threads have twenty numbers without a gap."""
    clinic = new_clinic(engine, "North")

    def act(number: int) -> None:
        with transaction(engine) as session:
            audit.record(session, clinic, "somebody", "read", str(number), note="Ó Súilleabháin 王")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(act, range(20)))
    assert verified(engine, clinic) is None
    with reading(engine) as session:
        assert audit.head(session, clinic)[0] == 20


def test_clinics_have_chains_of_their_own(engine: Engine) -> None:
    """One clinic's entries do not reach into another's."""
    north, south = with_entries(engine), new_clinic(engine, "South")
    with transaction(engine) as session:
        audit.record(session, south, "somebody", "read", "job")
    with reading(engine) as session:
        assert audit.head(session, south)[0] == 1
    assert verified(engine, north) is verified(engine, south) is None

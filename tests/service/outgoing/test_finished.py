"""Finished reports: who finds which, and that it is noted who has them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.service.reports import drafted, person
from transcribe.errors import NotFound
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import finished
from transcribe.service.outgoing.finished import Search
from transcribe.store.engine import transaction
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import AuditEntry, Dictation, Job, State


def signed(house: House, who: Principal, **header: str) -> str:
    """A signed report with this header."""
    job = drafted(house, who.clinic, author=header.get("author", ""))
    with transaction(house.engine) as session:
        row = session.get_one(Job, job)
        session.get_one(Dictation, row.dictation_id).header = header
        version = session.scalars(select(Version).where(Version.job_id == job)).one()
        session.add(
            Signature(
                version_id=version.id, clinic_id=who.clinic, person_id=who.actor, printed_name=who.name,
                meaning="author", digest="0" * 64, signed_at=row.created_at, final=True,
            )
        )  # fmt: skip
        session.flush()
        row.state, row.signed_at = State.SIGNED, row.created_at
    return job


@pytest.fixture
def desk(house: House, clinic: str) -> Principal:
    return person(house, clinic, "Clara Desk", "clinic")


def found(house: House, desk: Principal, **wanted: object) -> list[str]:
    return [each.job for each in finished.search(house, desk, Search(**wanted))]  # type: ignore[arg-type]


def test_a_report_is_found_by_patient_author_and_day(house: House, desk: Principal) -> None:
    """Names in any order and case, a record number by its beginning; without a date of service the day it came."""
    roe = signed(
        house, desk, patient="Roe, Jane", record_number="A-17", author="Ines Moreau, MD", date_of_service="2026-03-02"
    )
    doe = signed(house, desk, patient="Doe, John", record_number="B-17", author="Anna Brook, MD")
    today = date.today()
    assert found(house, desk, patient="jane roe") == [roe]
    assert found(house, desk, patient="a-1") == [roe] and found(house, desk, patient="17") == []
    assert found(house, desk, author="brook") == [doe]
    assert found(house, desk, since=date(2026, 3, 2), until=date(2026, 3, 2)) == [roe]
    assert found(house, desk, since=today - timedelta(days=1), until=today + timedelta(days=1)) == [doe]
    assert found(house, desk, patient="%") == []


def test_only_what_is_signed_is_there(house: House, desk: Principal) -> None:
    """A draft is as if it did not exist, and so is another clinic's report."""
    draft = drafted(house, desk.clinic)
    other = person(house, accounts.add_clinic(house, "Other"), "Otto", "clinic")
    theirs = signed(house, other, patient="X")
    assert found(house, desk) == []
    for job in (draft, theirs):
        for ask in (finished.read, finished.acknowledge, finished.refuse_unfinished):
            with pytest.raises(NotFound):
                ask(house, desk, job)


def test_reading_and_acknowledging_are_noted(house: House, desk: Principal) -> None:
    """Who was first to acknowledge stays; each look is in the audit chain, without a word of the report."""
    job = signed(house, desk, patient="Roe, Jane")
    assert finished.count_new(house, desk.clinic) == 1
    line, report = finished.read(house, desk, job)
    assert line.taken is None and report.signatures[0].name == desk.name
    finished.acknowledge(house, desk, job)
    finished.acknowledge(house, person(house, desk.clinic, "Carl Late", "clinic"), job)
    [seen] = finished.search(house, desk, Search())
    assert seen.taken and seen.taken[0] == desk.name
    assert finished.count_new(house, desk.clinic) == 0 and found(house, desk, new=True) == []
    with transaction(house.engine) as session:
        entries = [(row.action, str(row.detail)) for row in session.scalars(select(AuditEntry))]
    assert [action for action, _ in entries].count("acknowledged") == 1
    assert {"read", "listed"} <= {action for action, _ in entries}
    assert "Roe" not in str(entries)

"""Finished reports for whoever receives them: found, read, and acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from transcribe import domain
from transcribe.errors import NotFound
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import notes
from transcribe.service.review.access import is_signed
from transcribe.service.review.claims import opened
from transcribe.service.review.of_record import of_record, signed_version
from transcribe.service.review.versions import latest
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person
from transcribe.store.receipts import Receipt
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Dictation, Job

PAGE = 50


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: words of the patient's name or the start of the record number, words of the author's name,
    days of service (of arrival where the header has none), reports that nobody has acknowledged; `after` is the last
    job of the page before.
    """

    patient: str = ""
    author: str = ""
    since: date | None = None
    until: date | None = None
    new: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A signed report as a list shows it; `taken` is who acknowledged it and when, None while nobody has.

    `versions` is how many there have been of record, `corrected` whether one more is being made.
    """

    job: str
    patient: str
    record_number: str
    author: str
    work_type: str
    day: date | None
    signed_at: datetime | None
    amended: bool
    adds_to: str | None
    taken: tuple[str, datetime] | None
    versions: int
    corrected: bool
    withdrawn_at: datetime | None


def search(house: House, who: Principal, wanted: Search) -> list[Finished]:
    """The finished reports that fit, those that arrived last first; that they were shown is audited."""
    with transaction(house.engine) as session:
        query = _wanted(session, who, wanted).order_by(Dictation.received_at.desc(), Job.id.desc()).limit(PAGE)
        found = _shown(session, [(row[0], row[1]) for row in session.execute(query)])
        audit.record(session, who.clinic, who.actor, "listed", who.clinic, what="reports", count=len(found))
    return found


def count_new(house: House, clinic: str) -> int:
    """How many finished reports nobody has acknowledged."""
    with reading(house.engine) as session:
        mine = (
            select(func.count()).select_from(Job).where(Job.clinic_id == clinic, Job.signed_at.is_not(None), ~_taken())
        )
        return session.scalar(mine) or 0


def read(house: House, who: Principal, job: str, version: int = 0) -> tuple[Finished, domain.Report]:
    """A finished report, or an earlier version of it, with its line of the list; that it was read is audited."""
    with transaction(house.engine) as session:
        row = _one(session, who, job)
        report = of_record(house, session, signed_version(session, row[0], version))
        audit.record(session, who.clinic, who.actor, "read", job, form="page")
        return _shown(session, [row])[0], report


def to_sign(house: House, who: Principal, job: str) -> tuple[int, domain.Report, list[dict[str, Any]]]:
    """The newest version of a report that waits for signatures, its number, and what people noted; audited as read."""
    with transaction(house.engine) as session:
        found, _ = opened(session, who, job)
        newest = latest(session, found)
        audit.record(session, who.clinic, who.actor, "read", job, version=newest.number)
        return newest.number, of_record(house, session, newest), notes.of(session, who, job)


def acknowledge(house: House, who: Principal, job: str) -> None:
    """Note that this person has the report; once it is noted, it stays with who did it first."""
    with transaction(house.engine) as session:
        _one(session, who, job)
        if session.get(Receipt, job) is None:
            session.add(Receipt(job_id=job, clinic_id=who.clinic, actor=who.actor, at=now(session)))
            audit.record(session, who.clinic, who.actor, "acknowledged", job)


def refuse_unfinished(house: House, who: Principal, job: str) -> None:
    """Raise `NotFound` for a report that is not finished: for whoever receives reports there is none yet."""
    with reading(house.engine) as session:
        _one(session, who, job)


def _one(session: Session, who: Principal, job: str) -> tuple[Job, Dictation]:
    found = session.execute(_of(who).where(Job.id == job)).one_or_none()
    if found is None:
        raise NotFound(f"There is no finished report {job}.")
    return found[0], found[1]


def _of(who: Principal) -> Select[Job, Dictation]:
    return (
        select(Job, Dictation)
        .join(Dictation, Dictation.id == Job.dictation_id)
        .where(Job.clinic_id == who.clinic, Dictation.clinic_id == who.clinic, Job.signed_at.is_not(None))
    )


def _wanted(session: Session, who: Principal, wanted: Search) -> Select[Job, Dictation]:
    query = _of(who)
    header = Dictation.header
    if wanted.patient:
        number = header["record_number"].as_string().istartswith(wanted.patient, autoescape=True)
        query = query.where(or_(_holds(header["patient"].as_string(), wanted.patient), number))
    if wanted.author:
        query = query.where(_holds(header["author"].as_string(), wanted.author))
    arrived = cast(func.date(Dictation.received_at), String)
    day = func.coalesce(header["date_of_service"].as_string(), arrived)
    if wanted.since:
        query = query.where(day >= wanted.since.isoformat())
    if wanted.until:
        query = query.where(day <= wanted.until.isoformat())
    if wanted.new:
        query = query.where(~_taken())
    if wanted.after:
        job, dictation = _one(session, who, wanted.after)
        query = query.where(tuple_(Dictation.received_at, Job.id) < (dictation.received_at, job.id))
    return query


def _holds(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether all the words stand in the column, in any order: names are written both ways round."""
    return and_(*(column.icontains(word, autoescape=True) for word in words.replace(",", " ").split()))


def _taken() -> ColumnElement[bool]:
    """Whether somebody acknowledged the job's report."""
    return select(Receipt.job_id).where(Receipt.job_id == Job.id).exists()


def _shown(session: Session, rows: Sequence[tuple[Job, Dictation]]) -> list[Finished]:
    jobs = [job.id for job, _ in rows]
    versions = dict(
        session.execute(
            select(Version.job_id, func.count())
            .join(Signature, Signature.version_id == Version.id)
            .where(Version.job_id.in_(jobs), Signature.final)
            .group_by(Version.job_id)
        ).all()
    )
    added = set(session.scalars(select(Job.parent_id).where(Job.parent_id.in_(jobs), Job.signed_at.is_not(None))))
    taken = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(Receipt.job_id, func.coalesce(Person.name, ""), Receipt.at)
            .outerjoin(Person, Person.id == Receipt.actor)
            .where(Receipt.job_id.in_(jobs))
        )
    }
    return [
        _line(job, dictation, job.id in added, taken.get(job.id), versions.get(job.id, 0)) for job, dictation in rows
    ]


def _line(job: Job, dictation: Dictation, added: bool, taken: tuple[str, datetime] | None, versions: int) -> Finished:
    said = dictation.header
    day = date.fromisoformat(said["date_of_service"]) if said.get("date_of_service") else None
    return Finished(
        job.id, said.get("patient", ""), said.get("record_number", ""), said.get("author", ""), job.work_type, day,
        job.signed_at, added or versions > 1, job.parent_id, taken, versions, not is_signed(job), job.withdrawn_at,
    )  # fmt: skip

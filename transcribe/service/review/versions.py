"""The versions of a report: shown with what was read from them, saved without gaps, restored, compared.

A version's body is JSON: text, words, marks and decisions as a person saved them. What a worker read from that text
(sections, entities, codes, checks) is kept beside it and never makes a version of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from transcribe.errors import NotFound
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, notes, status
from transcribe.service.review.access import may, refuse
from transcribe.service.review.refusals import Overtaken
from transcribe.store import audit
from transcribe.store.engine import now, transaction
from transcribe.store.people import Person
from transcribe.store.reports import Kind, Signature, Version
from transcribe.store.tables import Dictation, Job

READ = ("sections", "entities", "tables", "codes", "mentioned", "procedures")
"""What a reading holds beside the text."""

_NOTHING: dict[str, Any] = {
    **{key: [] for key in READ},
    "tables": {
        **{key: [] for key in ("medications", "problems", "allergies", "vitals", "laboratory")},
        "no_known_allergies": False,
    },
    "made_by": {},
}
"""The reading of a text that nobody has read yet."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a person saves: the text, how many places are still to be looked at, and the JSON of all of it."""

    text: str
    marks: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Saved:
    """The number of the version that was made, and when."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A version without its text."""

    number: int
    person: str | None
    name: str
    at: datetime
    kind: str
    hash: str


def show(house: House, who: Principal, job: str) -> dict[str, Any]:
    """The newest version of the report with all that is known of it, audited as read."""
    with transaction(house.engine) as session:
        found, dictation = claims.opened(session, who, job)
        newest = latest(session, found)
        read, facts = read_from(session, newest), _facts(session, who, found, dictation)
        audit.record(session, who.clinic, who.actor, "read", job, version=newest.number)
    return facts | _texts(house, newest, read)


def save(house: House, who: Principal, job: str, after: int, body: Body) -> Saved:
    """Keep an edit as the version `after` this one, and the claim with it.

    Raises `Overtaken` when another version came in between, `Claimed` when somebody else is at work.
    """
    return _add(house, who, job, after, body, Kind.EDIT)


def listing(house: House, who: Principal, job: str) -> list[Listed]:
    """All versions, oldest first; the newest of a report that is out of review is called released or signed."""
    with transaction(house.engine) as session:
        found, _ = claims.opened(session, who, job)
        rows = session.scalars(select(Version).where(Version.job_id == job).order_by(Version.number)).all()
        signed = set(session.scalars(select(Signature.version_id).join(Version).where(Version.job_id == job)))
        known = claims.names(session, [row.person_id for row in rows])
        last = rows[-1].id if rows else ""
        return [
            Listed(
                row.number, row.person_id, known.get(row.person_id or "", ""), row.created_at,
                status.kind(found, row, signed=row.id in signed, last=row.id == last), row.text_hash,
            )
            for row in rows
        ]  # fmt: skip


def one(house: House, who: Principal, job: str, number: int) -> dict[str, Any]:
    """One version as it was saved: text, words, marks and decisions; audited as read."""
    with transaction(house.engine) as session:
        found, _ = claims.opened(session, who, job)
        row = numbered(session, found, number)
        audit.record(session, who.clinic, who.actor, "read", job, version=number)
    return {"version": number, "at": row.created_at, **saved(house, row)}


def restore(house: House, who: Principal, job: str, number: int) -> Saved:
    """Make an earlier version the newest again, as a version of its own."""
    body = one(house, who, job, number)
    with transaction(house.engine) as session:
        found, _ = claims.opened(session, who, job)
        newest = latest(session, found).number
    return _add(house, who, job, newest, body_of(**{key: body[key] for key in _SAVED}), Kind.RESTORED)


def body_of(*, text: str, words: list[Any], marks: list[Any], decisions: list[Any]) -> Body:
    """A body of these parts."""
    plain = {"text": text, "words": words, "marks": marks, "decisions": decisions}
    return Body(text, len(marks), json.dumps(plain, ensure_ascii=False).encode())


_SAVED = ("text", "words", "marks", "decisions")


def latest(session: Session, job: Job) -> Version:
    """The newest version; `NotFound` where there is none (yet)."""
    query = select(Version).where(Version.job_id == job.id).order_by(Version.number.desc()).limit(1)
    found = session.scalar(query)
    if found is None or job.drafts_deleted_at:
        gone = "was deleted by a retention rule" if job.drafts_deleted_at else "is not there yet"
        raise NotFound(f"The report of job {job.id}, which is {job.state}, {gone}.")
    return found


def expected(house: House, session: Session, who: Principal, job: Job, dictation: Dictation, number: int) -> Version:
    """The newest version, which is the one of this number; `Overtaken` where it is another."""
    newest = latest(session, job)
    if newest.number != number:
        facts, read = _facts(session, who, job, dictation), read_from(session, newest)
        raise Overtaken(facts | _texts(house, newest, read))
    return newest


def numbered(session: Session, job: Job, number: int) -> Version:
    """The version of this number."""
    found = session.scalar(select(Version).where(Version.job_id == job.id, Version.number == number))
    if found is None or job.drafts_deleted_at:
        raise NotFound(f"There is no version {number} of the report of job {job.id}.")
    return found


def saved(house: House, version: Version) -> dict[str, Any]:
    """What a person saved, or the draft that a person begins with."""
    body = content(house, version, version.body)
    return {key: body.get(key, []) for key in _SAVED}


def content(house: House, version: Version, digest: str) -> dict[str, Any]:
    """The JSON of a blob of the version's job."""
    plain: dict[str, Any] = json.loads(house.blobs.read(version.clinic_id, digest, version.job_id))
    return plain


def read_from(session: Session, version: Version) -> Version | None:
    """The newest version up to this one that has been read; None where nothing was."""
    return session.scalar(
        select(Version)
        .where(Version.job_id == version.job_id, Version.number <= version.number, Version.reading.is_not(None))
        .order_by(Version.number.desc())
        .limit(1)
    )


def whole(house: House, version: Version, work_type: str) -> dict[str, Any]:
    """The version with what was read from it, as `record.read` takes it; with nothing where nobody has read it."""
    if not version.reading:
        return unread(house, version, work_type)
    return {**content(house, version, version.reading), "decisions": saved(house, version)["decisions"]}


def unread(house: House, version: Version, work_type: str) -> dict[str, Any]:
    """The version as it was saved, as `record.read` takes it."""
    body = saved(house, version)
    if not body["words"]:
        del body["words"]  # Nothing was heard: the text was typed.
    return {**_NOTHING, **body, "work_type": work_type, "status": "draft"}


def is_signed(session: Session, version: Version) -> bool:
    """Whether anybody has signed the version."""
    return bool(session.scalar(select(exists().where(Signature.version_id == version.id))))


def _texts(house: House, newest: Version, read: Version | None) -> dict[str, Any]:
    """What was saved, and what was read from it or from the last version that was read."""
    body = saved(house, newest)
    reading = content(house, read, read.reading) if read and read.reading else _NOTHING
    if read is newest:
        body["marks"] = reading["marks"]  # Those of its own checks, too.
    return {
        "version": newest.number,
        "at": newest.created_at,
        "read_version": read.number if read else 0,
        **body,
        **{key: reading[key] for key in (*READ, "made_by")},
        "commands": reading.get("commands", []) if read is newest else [],
    }


def _facts(session: Session, who: Principal, job: Job, dictation: Dictation) -> dict[str, Any]:
    """What is known of a report beside its text."""
    return {
        "job": job.id,
        "state": job.state,
        "stage": job.stage,
        "status": status.of(session, job),
        "parent": job.parent_id,
        "work_type": job.work_type,
        "header": dictation.header,
        "flaws": dictation.findings,
        "duration": dictation.seconds,
        "claim": claims.shown(session, who, job),
        "notes": notes.of(session, who, job.id),
        "may": may(who, job, dictation),
    }


def _add(house: House, who: Principal, job: str, after: int, body: Body, kind: Kind) -> Saved:
    """One more version; its bytes are on the disk before anybody waits for the row.

    Those of a save that is refused stay until `scrub` finds that nothing refers to them.
    """
    digest = house.blobs.put(who.clinic, job, body.content)
    with transaction(house.engine) as session:
        found, dictation = claims.opened(session, who, job)
        refuse(who, found, dictation, "edit")
        newest = expected(house, session, who, found, dictation, after)
        claims.take(session, who, found)
        person = session.get(Person, who.actor)
        row = Version(
            job_id=job, clinic_id=who.clinic, number=after + 1, kind=kind, draft_id=newest.draft_id,
            person_id=person and person.id, body=digest, created_at=now(session),
            text_hash=sha256(body.text.encode()).hexdigest(), marks=body.marks,
        )  # fmt: skip
        session.add(row)
        audit.record(session, who.clinic, who.actor, str(kind), job, version=row.number)
    return Saved(row.number, row.created_at)

"""What somebody has sent: their recordings with the jobs they became, and the uploads that are not complete."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from transcribe.errors import NotFound
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.jobs import JobView
from transcribe.store.engine import now, reading
from transcribe.store.tables import Author, Dictation, Job, State, Upload

PAGE = 50

_REMEMBERED = ("author_initials", "transcriptionist_initials", "work_type", "setting", "referring")
"""Of a header, what the author's next dictation is likely to have, too."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that was sent: its job, its file's name, for whom, and the first job of the same recording."""

    view: JobView
    file_name: str
    author: str
    patient: str
    same_as: str | None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload that is not complete: `length` in bytes (None while unknown), of which `offset` are here."""

    upload: str
    given: str
    """Its Upload-Metadata, as tus writes it."""
    length: int | None
    offset: int
    expires_at: datetime


def sent(house: House, clinic: str, actor: str = "", *, after: str = "", limit: int = PAGE) -> list[Recording]:
    """What `actor` sent, or everybody of the clinic, newest first; `after` is the last job of the page before."""
    query = select(Job).join(Dictation).where(Dictation.clinic_id == clinic)
    if actor:
        query = query.where(Dictation.received_by == actor)
    with reading(house.engine) as session:
        if after:
            last = session.scalar(select(Job.created_at).where(Job.id == after, Job.clinic_id == clinic))
            if last is None:
                raise NotFound(f"There is no job {after}.")
            query = query.where(tuple_(Dictation.received_at, Job.id) < (last, after))
        return _shown(session, query.order_by(Dictation.received_at.desc(), Job.id.desc()).limit(limit))


def one(house: House, clinic: str, job: str) -> Recording:
    """The recording of this job, as `sent` shows it."""
    with reading(house.engine) as session:
        found = _shown(session, select(Job).where(Job.clinic_id == clinic, Job.id == job))
    if not found:
        raise NotFound(f"There is no job {job}.")
    return found[0]


def _shown(session: Session, query: Select[Job]) -> list[Recording]:
    views = jobs.views(session, query)
    about = select(Job.id, Dictation).join(Dictation, Dictation.id == Job.dictation_id)
    recordings = {row[0]: row[1] for row in session.execute(about.where(Job.id.in_([view.job for view in views])))}
    firsts = _firsts(session, recordings.values())
    return [_sent(view, recordings[view.job], firsts) for view in views]


def _sent(view: JobView, dictation: Dictation, firsts: dict[str, str]) -> Recording:
    first = firsts.get(dictation.digest)
    header = dictation.header
    return Recording(
        view,
        dictation.file_name,
        header.get("author", ""),
        header.get("patient", ""),
        first if first != view.job else None,
    )


def _firsts(session: Session, recordings: Iterable[Dictation]) -> dict[str, str]:
    """By digest, the first job of the clinic for a recording that was not cancelled."""
    digests = {each.digest: each.clinic_id for each in recordings}
    query = (
        select(Dictation.digest, Job.id)
        .join(Job, Job.dictation_id == Dictation.id)
        .where(Dictation.clinic_id.in_(set(digests.values())), Dictation.digest.in_(digests))
        .where(Job.state != State.CANCELLED)
        .order_by(Job.created_at.desc(), Job.id.desc())
    )
    return {row[0]: row[1] for row in session.execute(query)}  # The last one named, which is the first sent, stays.


def unfinished(house: House, clinic: str, actor: str) -> list[Unfinished]:
    """The uploads that `actor` began and that can go on."""
    with reading(house.engine) as session:
        mine = select(Upload).where(Upload.clinic_id == clinic, Upload.actor == actor, Upload.job_id.is_(None))
        found = session.scalars(mine.where(Upload.expires_at > now(session)).order_by(Upload.created_at))
        return [Unfinished(row.id, row.metadata_["given"], row.length, row.offset, row.expires_at) for row in found]


def authors(house: House, clinic: str) -> list[str]:
    """Who has dictated for the clinic, by name."""
    with reading(house.engine) as session:
        return list(session.scalars(select(Author.name).where(Author.clinic_id == clinic).order_by(Author.name)))


def usual(house: House, clinic: str, author: str) -> dict[str, Any]:
    """What the newest dictation of this author has in its header and the next will likely have, too."""
    with reading(house.engine) as session:
        newest = (
            select(Dictation.header)
            .join(Author, Author.id == Dictation.author_id)
            .where(Dictation.clinic_id == clinic, Author.name == author)
            .order_by(Dictation.received_at.desc())
            .limit(1)
        )
        header = session.scalar(newest) or {}
    return {name: header[name] for name in _REMEMBERED if header.get(name)}

"""Reads every stored file again and says which are missing or damaged; removes what nothing refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe.errors import TranscribeError
from transcribe.service.ear import made_from
from transcribe.service.house import House
from transcribe.service.retention import recording_needed
from transcribe.store import audit
from transcribe.store.blobs import name_of
from transcribe.store.deliveries import Letterhead
from transcribe.store.engine import reading, transaction
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Clinic, Dictation, Job, Step, StepState

LEFT_OVER_AFTER = timedelta(days=1)
"""A file that nothing refers to may be on its way in; after so long it is left over from a crash."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A stored file that is not as it was kept: which job needs it, and for what."""

    clinic: str
    job: str
    what: str
    digest: str
    fault: str


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """How many files were read, what is wrong, and how many that nothing refers to were removed."""

    read: int
    faults: tuple[Fault, ...]
    removed: int


@dataclass(frozen=True, slots=True)
class _Needed:
    job: str
    what: str
    digest: str
    place: str
    """The job under which the file lies; empty for a recording."""


_MADE: tuple[tuple[Any, Any, str], ...] = (
    (Draft, Draft.body, "draft"),
    (Version, Version.body, "version"),
    (Version, Version.reading, "reading"),
    (Step, Step.result, "step"),
)
"""Tables, and their columns, that name files made for a job."""


def scrub(house: House, *, on_progress: Callable[[int, int], None] | None = None) -> Scrubbed:
    """Read all files of all clinics; `on_progress` gets files read and files in all."""
    with reading(house.engine) as session:
        needed = {clinic: list(_needed(session, clinic)) for clinic in session.scalars(select(Clinic.id))}
    total, read, faults, removed = sum(map(len, needed.values())), 0, [], 0
    for clinic, files in needed.items():
        for file in files:
            try:
                house.blobs.check(clinic, file.digest, file.place)
            except TranscribeError as error:
                faults.append(Fault(clinic, file.job, file.what, file.digest, str(error)))
            read += 1
            if on_progress:
                on_progress(read, total)
        removed += _remove_left_over(house, clinic, files)
    return Scrubbed(read, tuple(faults), removed + _remove_half_arrived(house))


def _needed(session: Session, clinic: str) -> Iterator[_Needed]:
    """Every file that a row of the clinic relies on."""
    recordings = select(Job.id, Dictation).join(Dictation).where(Job.clinic_id == clinic)
    for job, dictation in session.execute(recordings.where(Dictation.audio_deleted_at.is_(None))):
        yield _Needed(job, "recording", dictation.digest, "")
        for made in made_from(dictation):
            yield _Needed(job, "copy for the ear", made, job)
    kept = (Job.clinic_id == clinic, Job.drafts_deleted_at.is_(None))
    for table, column, what in _MADE:
        query = select(Job.id, column).join(table, table.job_id == Job.id).where(*kept, column.is_not(None))
        for job, made in session.execute(query):
            yield _Needed(job, what, made, job)
    for letterhead in session.scalars(select(Letterhead).where(Letterhead.clinic_id == clinic)):
        yield _Needed(letterhead.id, "letterhead", letterhead.body, letterhead.id)
    parts = select(Step).where(Step.clinic_id == clinic, Step.name == "hear")
    for step in session.scalars(parts.where(Step.state.not_in([StepState.DONE, StepState.CANCELLED]))):
        yield _Needed(step.job_id, "part", step.input["blob"], step.job_id)


def _remove_left_over(house: House, clinic: str, files: list[_Needed]) -> int:
    """Remove files of the clinic that are old and that nothing referred to when the needed `files` were listed."""
    names = {name_of(clinic, file.digest, file.place) for file in files}
    old = datetime.now(UTC) - LEFT_OVER_AFTER
    left = [name for name, kept_at in house.blobs.place.names(clinic) if name not in names and kept_at < old]
    for name in left:
        with transaction(house.engine) as session:
            audit.lock_chain(session, clinic)  # So that the same recording does not arrive just now.
            if not recording_needed(session, clinic, name.rpartition("/")[2]):
                house.blobs.place.delete(name)
    return len(left)


def _remove_half_arrived(house: House) -> int:
    """Remove what was on its way in when its process ended."""
    old = datetime.now().timestamp() - LEFT_OVER_AFTER.total_seconds()
    left = [path for path in house.blobs.arriving.iterdir() if path.stat().st_mtime < old]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)

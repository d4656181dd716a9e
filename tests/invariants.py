"""What must hold of the service whatever was done to it; each function returns the violations it found.

The numbers are those of a list of eleven; the others are about delivering, leaking and audio.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select, text

from transcribe.errors import TranscribeError
from transcribe.service.house import House
from transcribe.service.review import sign, versions
from transcribe.store.engine import reading
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Clinic, Dictation, Job, State, Step, StepState

SETTLED = frozenset({State.IN_REVIEW, State.RELEASED, State.SIGNED, State.DELIVERED, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a client holds the service to: it sent these bytes under this key and was told this job."""

    key: str
    digest: str
    job: str


def receipt(house: House, ledger: Iterable[Receipt]) -> list[str]:
    """I1: everything that was acknowledged has exactly one job, whose recording is there byte for byte."""
    ledger = list(ledger)
    with reading(house.engine) as session:
        rows = session.execute(select(Job.id, Job.clinic_id, Dictation.digest).join(Dictation)).all()
    kept = {job: (clinic, digest) for job, clinic, digest in rows}
    wrong = [f"{each.key} is lost" for each in ledger if each.job not in kept]
    for each in ledger:
        if each.job in kept and not _is_kept(house, kept[each.job][0], each.digest, kept[each.job][1]):
            wrong.append(f"{each.key} is not what was sent")
    if len({each.job for each in ledger}) != len({each.key for each in ledger}):
        wrong.append("two keys were answered with one job")
    return wrong + [f"nobody sent {job}" for job in kept.keys() - {each.job for each in ledger}]


def _is_kept(house: House, clinic: str, sent: str, kept: str) -> bool:
    try:
        return sent == kept == sha256(house.blobs.read(clinic, kept)).hexdigest()
    except (TranscribeError, OSError):
        return False


def progress(house: House) -> list[str]:
    """I2: every job has come to a state in which no machine owes it anything; one that failed says why."""
    with reading(house.engine) as session:
        jobs = session.execute(select(Job.id, Job.state, Job.reason)).all()
    stuck = [f"{job} is stuck: {state}" for job, state, _ in jobs if state not in SETTLED]
    return stuck + [f"{job} failed without a reason" for job, state, why in jobs if state == State.FAILED and not why]


def once(house: House) -> list[str]:
    """I3: what is in review has exactly one draft and one version, and its steps are done; what failed has none."""
    wrong = []
    with reading(house.engine) as session:
        drafts = _counted(session.execute(select(Draft.job_id, func.count()).group_by(Draft.job_id)).all())
        versions = _counted(session.execute(select(Version.job_id, func.count()).group_by(Version.job_id)).all())
        for job, state in session.execute(select(Job.id, Job.state)):
            due = 0 if state in (State.FAILED, State.CANCELLED) else 1
            if state in SETTLED and (drafts.get(job, 0), versions.get(job, 0)) != (due, due):
                wrong.append(f"{job} is {state} with {drafts.get(job, 0)} drafts, {versions.get(job, 0)} versions")
        undone = (StepState.WAITING, StepState.RUNNING)
        open_ = select(Step.job_id).join(Job, Job.id == Step.job_id).where(Step.state.in_(undone))
        wrong += [f"{job} has a step left" for job in session.scalars(open_.where(Job.state == State.IN_REVIEW))]
    return wrong


def clinics(house: House) -> list[str]:
    """The names of all clinics."""
    with reading(house.engine) as session:
        return list(session.scalars(select(Clinic.name)))


def _counted(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    return {job: count for job, count in rows}


def database(house: House) -> list[str]:
    """I11: the database is sound, and every blob that a row names is there."""
    wrong = []
    with reading(house.engine) as session:
        if house.engine.dialect.name == "sqlite":
            wrong += [row[0] for row in session.execute(text("PRAGMA integrity_check")) if row[0] != "ok"]
            wrong += [f"foreign key of {row[0]}" for row in session.execute(text("PRAGMA foreign_key_check"))]
        named = session.execute(select(Draft.clinic_id, Draft.job_id, Draft.body)).all()
    for clinic, job, digest in named:
        try:
            house.blobs.check(clinic, digest, job)
        except (TranscribeError, OSError):
            wrong.append(f"a result of {job} is not there")
    return wrong


def edits(house: House, kept: Mapping[str, Mapping[int, str]]) -> list[str]:
    """I4: every save that was answered is there to the letter under its number; versions have no gaps, and each but
    the first one parent. `kept` is, by job and number, the text that a client was told is kept.
    """
    wrong = []
    for job, texts in kept.items():
        with reading(house.engine) as session:
            rows = session.scalars(select(Version).where(Version.job_id == job).order_by(Version.number)).all()
        if [row.number for row in rows] != list(range(1, len(rows) + 1)):
            wrong.append(f"versions of {job} have gaps or twins")
        found = {row.number: versions.saved(house, row)["text"] for row in rows}
        wrong += [
            f"version {number} of {job} is not what was sent" for number in texts if found.get(number) != texts[number]
        ]
        wrong += [
            f"version {row.number} of {job} has another hash"
            for row in rows
            if row.text_hash != sha256(found[row.number].encode()).hexdigest()
        ]
    return wrong


def signed(house: House) -> list[str]:
    """I5: what was signed is as it was, in the database and in the report that is handed out."""
    wrong = []
    with reading(house.engine) as session:
        jobs = session.execute(
            select(Job.id, Job.clinic_id).where(Job.state.in_([State.SIGNED, State.DELIVERED]))
        ).all()
    for job, clinic in jobs:
        found = sign.verify(house, clinic, job)
        wrong += [f"a signature of {job} is broken" for each in found if not each["whole"]]
        if not found:
            wrong.append(f"{job} is signed by nobody")
    return wrong

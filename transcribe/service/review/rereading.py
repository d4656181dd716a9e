"""An edited text is read again by the workers of the text queue; what they find is kept beside the version."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe import checks, pipeline, record, report
from transcribe.domain import Dictation, Report
from transcribe.errors import NotFound
from transcribe.service import codes, headers
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import versions
from transcribe.service.review.claims import opened
from transcribe.store import jobs, tables
from transcribe.store.engine import reading, transaction
from transcribe.store.jobs import REREAD, Claim
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Job, Step, StepState


def ask(house: House, who: Principal, job: str) -> int:
    """Have the newest version read again; its number."""
    with transaction(house.engine) as session:
        found, _ = opened(session, who, job)
        newest = versions.latest(session, found)
        if wanted := newest.reading is None:
            put_down(session, found, newest)
    if wanted:
        house.ring("text", job)
    return newest.number


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest version, the last one that has been read, and whether reading the newest was given up."""

    version: int
    read_version: int
    failed: bool


def progress(house: House, who: Principal, job: str) -> Progress:
    """How far the reading of the newest version is."""
    with reading(house.engine) as session:
        found = session.get(Job, job)
        if found is None or found.clinic_id != who.clinic:
            raise NotFound(f"There is no job {job}.")
        newest = versions.latest(session, found)
        read = versions.read_from(session, newest)
        return Progress(newest.number, read.number if read else 0, failed(session, newest))


def put_down(session: Session, job: Job, version: Version) -> None:
    """A step that reads the version; the one there is is taken up again if it failed. The job is locked.

    Versions between that no worker has taken up yet need not be read any more.
    """
    steps = session.scalars(select(Step).where(Step.job_id == job.id, Step.name == REREAD)).all()
    for step in steps:
        if step.part < version.number and step.state == StepState.WAITING:
            step.state = StepState.CANCELLED
    mine = next((step for step in steps if step.part == version.number), None)
    if mine is None:
        jobs.add_step(session, job, REREAD, "text", part=version.number)
    elif mine.state not in (StepState.WAITING, StepState.RUNNING, StepState.HELD):
        mine.state, mine.attempts = StepState.WAITING, 0


def failed(session: Session, version: Version) -> bool:
    """Whether reading the version was given up."""
    step = (Step.job_id == version.job_id, Step.name == REREAD, Step.part == version.number)
    return session.scalar(select(Step.state).where(*step)) == StepState.FAILED


def reread(house: House, claim: Claim, tools: pipeline.Tools) -> None:
    """Read the version that the claim's step is about, and keep what was found."""
    version, about, kind, drafted, before = _wanted(house, claim)
    draft = versions.content(house, version, drafted) if drafted else {}
    machine = record.read(draft, about) if drafted else None
    ever = _found_before(house, before, machine)
    body = versions.unread(house, version, kind)
    body["marks"] = [mark for mark in body["marks"] if (mark["kind"], mark["reason"]) not in ever]
    edited = replace(record.read(body, about), made_by=machine.made_by if machine else {})
    read, found = pipeline.reread(edited, machine, tools)
    accepted, unknown = codes.answered_for(house, read, body["decisions"])
    read = codes.shifted(house, claim.clinic, replace(read, accepted=accepted))
    read = report.with_marks(read, unknown)
    ever |= {(str(mark.kind), mark.reason) for mark in (*found, *unknown)}
    plain = report.to_json(read) | ({"heard": draft["heard"]} if "heard" in draft else {})
    _keep(house, claim, read, {**plain, "checks": sorted(ever)})


def _wanted(house: House, claim: Claim) -> tuple[Version, Dictation, str, str, Version | None]:
    """The version, the dictation it is of, the job's work type, the digest of the machine's draft (empty where nothing
    was heard), and the version that was read last.
    """
    with reading(house.engine) as session:
        job = session.get_one(Job, claim.job)
        version = versions.numbered(session, job, claim.part)
        header = headers.from_json(session.get_one(tables.Dictation, job.dictation_id).header)
        newest = select(Draft.body).where(Draft.job_id == job.id).order_by(Draft.created_at.desc()).limit(1)
        before = versions.read_from(session, version)
        return version, Dictation(job.id, header), job.work_type, session.scalar(newest) or "", before


def _found_before(house: House, before: Version | None, machine: Report | None) -> set[tuple[str, str]]:
    """Kind and reason of every mark that was ever found in this report's texts, rather than in what was heard."""
    plain = versions.content(house, before, before.reading) if before and before.reading else {}
    if "checks" in plain:
        return {(kind, reason) for kind, reason in plain["checks"]}
    found = checks.check(replace(machine, marks=())) if machine else ()
    return {(str(mark.kind), mark.reason) for mark in found}


def _keep(house: House, claim: Claim, read: Report, plain: dict[str, Any]) -> None:
    digest = house.blobs.put(claim.clinic, claim.job, json.dumps(plain, ensure_ascii=False).encode())
    with transaction(house.engine) as session:
        job = jobs.locked(session, claim.job)
        jobs.finish(session, claim, result=digest, made_by=f"{read.made_by['clinical']}; {read.made_by['codes']}")
        version = versions.numbered(session, job, claim.part)
        if not versions.is_signed(session, version):
            version.reading, version.marks = digest, len(read.marks)

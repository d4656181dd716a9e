"""What a report is to those outside: draft, preliminary, final or amended; and what its versions are called."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from transcribe.service.review.access import is_signed
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Job, State


class Standing(StrEnum):
    """How much a report may be relied on."""

    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    """Released, but not every signature is there."""
    FINAL = "final"
    AMENDED = "amended"
    """Final in the place of an earlier version that was so, or with an addendum that is."""


def of(session: Session, job: Job) -> Standing:
    """The standing of the job's report."""
    if is_signed(job):
        added = exists().where(Job.parent_id == job.id, Job.signed_at.is_not(None))
        final = select(func.count(Signature.id)).join(Version, Version.id == Signature.version_id)
        corrected = (session.scalar(final.where(Version.job_id == job.id, Signature.final)) or 0) > 1
        return Standing.AMENDED if corrected or session.scalar(select(added)) else Standing.FINAL
    return Standing.PRELIMINARY if State.RELEASED in (job.state, job.held_from) else Standing.DRAFT


def kind(job: Job, version: Version, *, signed: bool, last: bool) -> str:
    """What a version is called: signed, or released where it is the one to be signed, else how it came about."""
    if signed:
        return "signed"
    return "released" if last and job.state == State.RELEASED else version.kind

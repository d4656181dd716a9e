"""What a report is to those outside: draft, preliminary, final or amended; and what its versions are called."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from transcribe.service.review.access import is_signed
from transcribe.store.reports import Version
from transcribe.store.tables import Job, State


class Standing(StrEnum):
    """How much a report may be relied on."""

    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    """Released, but not every signature is there."""
    FINAL = "final"
    AMENDED = "amended"
    """Final, and an addendum to it is so, too."""


def of(session: Session, job: Job) -> Standing:
    """The standing of the job's report."""
    if is_signed(job):
        added = exists().where(Job.parent_id == job.id, Job.state.in_([State.SIGNED, State.DELIVERED]))
        return Standing.AMENDED if session.scalar(select(added)) else Standing.FINAL
    return Standing.PRELIMINARY if State.RELEASED in (job.state, job.held_from) else Standing.DRAFT


def kind(job: Job, version: Version, *, signed: bool, last: bool) -> str:
    """What a version is called: signed, or released where it is the one to be signed, else how it came about."""
    if signed:
        return "signed"
    return "released" if last and job.state == State.RELEASED else version.kind

"""What a released report amounts to: characters, words, edits, codes; once for each job, for the figures."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from transcribe.domain import Band
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import versions
from transcribe.service.review.compare import changed_words
from transcribe.store.engine import now
from transcribe.store.reports import Kind, Tally, Version
from transcribe.store.tables import Dictation, Job


def count(
    house: House,
    session: Session,
    who: Principal,
    job: Job,
    dictation: Dictation,
    version: Version,
    plain: dict[str, Any],
) -> None:
    """Count the version that is released; `plain` is what it says, with what was read from it."""
    text: str = plain["text"]
    draft = session.scalars(
        select(Version).where(Version.job_id == job.id, Version.kind == Kind.DRAFT).order_by(Version.number.desc())
    ).first()
    machine = versions.content(house, draft, draft.body) if draft else None
    offered = {(code["system"], code["code"]) for code in plain["codes"] if code["band"] == Band.SUGGESTED}
    decided = Counter(
        "added" if each["decision"] in ("added", "replaced") else each["decision"]
        for each in plain["decisions"]
        if each["decision"] != "accepted" or (each["system"], each["code"]) in offered
    )
    moment = now(session)
    session.merge(
        Tally(
            job_id=job.id, clinic_id=job.clinic_id, editor=who.actor, author=dictation.header.get("author", ""),
            recogniser=machine["made_by"].get("recogniser", "") if machine else "", work_type=job.work_type,
            released_at=moment, hours=_hours(job, moment), signed_hours=None, on_time=moment <= job.due_at,
            seconds=dictation.seconds or 0.0, characters=len(text), visible=len("".join(text.split())),
            words=len(text.split()), edits=changed_words(machine["text"], text) if machine else 0,
            offered=len(offered), accepted=decided["accepted"], added=decided["added"],
        )
    )  # fmt: skip


def note_signed(session: Session, job: Job) -> None:
    """The job's report is final now."""
    session.execute(update(Tally).where(Tally.job_id == job.id).values(signed_hours=_hours(job, now(session))))


def _hours(job: Job, moment: datetime) -> float:
    return (moment - job.created_at).total_seconds() / 3600

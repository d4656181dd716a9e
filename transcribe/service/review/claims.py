"""Who works on a report just now: a claim is a lease that others see, and that a save renews."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review.access import refuse
from transcribe.service.review.refusals import Claimed
from transcribe.store import audit, jobs
from transcribe.store.engine import now, transaction
from transcribe.store.people import Person
from transcribe.store.tables import Dictation, Job

LEASE = timedelta(minutes=10)
"""How long a claim holds without a sign of life."""


def claim(house: House, who: Principal, job: str) -> dict[str, Any]:
    """Take the job, or keep it for another while; `Claimed` when somebody else has it."""
    with transaction(house.engine) as session:
        found, dictation = opened(session, who, job)
        refuse(who, found, dictation, "claim")
        fresh = found.claimed_by != who.actor
        take(session, who, found)
        if fresh:
            audit.record(session, who.clinic, who.actor, "claimed", job)
        return shown(session, who, found) or {}


def leave(house: House, who: Principal, job: str) -> None:
    """Give the job back to whoever comes next; nothing happens where it is not this person's."""
    with transaction(house.engine) as session:
        found, _ = opened(session, who, job)
        if found.claimed_by == who.actor:
            drop(found)


def opened(session: Session, who: Principal, job: str) -> tuple[Job, Dictation]:
    """The job, locked until the transaction ends, and its dictation; `NotFound` for another clinic's."""
    found = jobs.locked(session, job, clinic=who.clinic)
    return found, session.get_one(Dictation, found.dictation_id)


def take(session: Session, who: Principal, job: Job) -> None:
    """Claim the locked job for this person; `Claimed` when somebody else has it."""
    moment = now(session)
    if job.claimed_by not in (None, who.actor) and is_live(job, moment):
        raise Claimed(shown(session, who, job) or {})
    job.claimed_by, job.claimed_until = who.actor, moment + LEASE


def drop(job: Job) -> None:
    """End the claim on the job, whoever has it."""
    job.claimed_by = job.claimed_until = None


def is_live(job: Job, moment: datetime) -> bool:
    """Whether somebody has the job at this moment."""
    return job.claimed_until is not None and job.claimed_until > moment


def shown(session: Session, who: Principal, job: Job) -> dict[str, Any] | None:
    """The claim on the job as others see it; None when nobody has it."""
    if job.claimed_by is None or not is_live(job, now(session)):
        return None
    return as_seen(who, job, names(session, [job.claimed_by]))


def as_seen(who: Principal, job: Job, known: dict[str, str]) -> dict[str, Any]:
    """The live claim on the job, with the name of who has it from among the `known`."""
    person = job.claimed_by or ""
    name = who.name if person == who.actor else known.get(person, "")
    return {"person": person, "name": name, "until": job.claimed_until, "mine": person == who.actor}


def names(session: Session, actors: Iterable[str | None]) -> dict[str, str]:
    """The names of those among the actors who are people."""
    ids = {actor for actor in actors if actor}
    return {row[0]: row[1] for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))}

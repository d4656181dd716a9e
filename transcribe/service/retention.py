"""Recordings and drafts whose time is up, by each clinic's rules.

A clinic's settings may hold "retention": {"audio_days": days that a recording is kept after its report was signed,
"cancelled_days": days that recording and drafts of a cancelled job are kept}. What no rule names is kept for ever.
The row says that something is gone before its file goes, so that a crash leaves a file too many, never one too few.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from transcribe.service.ear import made_from
from transcribe.service.house import SYSTEM, House
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Clinic, Dictation, Job, State


def enforce(house: House, *, limit: int = 100) -> int:
    """End the life of what is due, at most `limit` of a kind and clinic, and remove the files; how many were removed.

    What an earlier round could not finish is finished.
    """
    with reading(house.engine) as session:
        ruled = {
            row.id: row.settings["retention"] for row in session.scalars(select(Clinic)) if "retention" in row.settings
        }
    for clinic, rules in ruled.items():
        with transaction(house.engine) as session:
            if days := rules.get("audio_days"):
                _end_audio(session, clinic, days, limit)
            if days := rules.get("cancelled_days"):
                _end_cancelled(session, clinic, days, limit)
    return _erase(house, limit)


def _end_audio(session: Session, clinic: str, days: float, limit: int) -> None:
    """Recordings of reports whose last signature is older than so many days."""
    before = now(session) - timedelta(days=days)
    signed = exists().where(Version.job_id == Job.id, Signature.version_id == Version.id)
    due = session.execute(
        select(Dictation, Job.id)
        .join(Job)
        .where(Dictation.clinic_id == clinic, Dictation.audio_deleted_at.is_(None))
        .where(Job.state.in_([State.SIGNED, State.DELIVERED]), signed, ~signed.where(Signature.signed_at >= before))
        .limit(limit)
        .with_for_update(of=Dictation, skip_locked=True)
    ).all()
    for dictation, job in due:
        dictation.audio_deleted_at = now(session)
        audit.record(session, clinic, SYSTEM, "audio deleted", job, rule="audio_days", days=days)


def _end_cancelled(session: Session, clinic: str, days: float, limit: int) -> None:
    """Recordings and drafts of jobs that were cancelled so many days ago."""
    moment = now(session)
    due = session.execute(
        select(Job, Dictation)
        .join(Dictation)
        .where(Job.clinic_id == clinic, Job.state == State.CANCELLED, Job.drafts_deleted_at.is_(None))
        .where(Job.changed_at < moment - timedelta(days=days))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for job, dictation in due:
        job.drafts_deleted_at = moment
        dictation.audio_deleted_at = dictation.audio_deleted_at or moment
        audit.record(session, clinic, SYSTEM, "cancelled job deleted", job.id, rule="cancelled_days", days=days)


def _erase(house: House, limit: int) -> int:
    """Remove the files of what is gone by its row."""
    with reading(house.engine) as session:
        audio = session.execute(
            select(Dictation.id, Dictation.clinic_id)
            .where(Dictation.audio_erased.is_(False), Dictation.audio_deleted_at.is_not(None))
            .limit(limit)
        ).all()
        drafts = session.execute(
            select(Job.id, Job.clinic_id)
            .where(Job.drafts_erased.is_(False), Job.drafts_deleted_at.is_not(None))
            .limit(limit)
        ).all()
    for dictation, clinic in audio:
        _erase_audio(house, clinic, dictation)
    for job, clinic in drafts:
        house.blobs.delete_job(clinic, job)
        with transaction(house.engine) as session:
            session.get_one(Job, job).drafts_erased = True
    return len(audio) + len(drafts)


def _erase_audio(house: House, clinic: str, dictation: str) -> None:
    """Remove a recording, unless another dictation of the clinic needs the same one, and what it is heard by."""
    with transaction(house.engine) as session:
        audit.lock_chain(session, clinic)  # So that the same recording does not arrive just now.
        row = session.get_one(Dictation, dictation)
        if not recording_needed(session, clinic, row.digest):
            house.blobs.delete(clinic, row.digest)
        job = session.scalars(select(Job.id).where(Job.dictation_id == dictation)).one()
        for made in made_from(row):
            house.blobs.delete(clinic, made, job)
        row.audio_erased = True


def recording_needed(session: Session, clinic: str, digest: str) -> bool:
    """Whether a dictation of the clinic relies on this recording; the clinic's audit chain is locked."""
    needed = exists().where(
        Dictation.clinic_id == clinic, Dictation.digest == digest, Dictation.audio_deleted_at.is_(None)
    )
    return bool(session.scalar(select(needed)))

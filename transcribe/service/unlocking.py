"""Passwords of encrypted dictations: of one recording, of all that a clinic's recorders make, of the machine."""

from __future__ import annotations

from transcribe.errors import PasswordNeeded, UsageError
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.jobs import JobView
from transcribe.service.review.refusals import WrongState
from transcribe.store import audit
from transcribe.store import jobs as queue
from transcribe.store.engine import reading, transaction
from transcribe.store.sealing import open_text, seal_text
from transcribe.store.tables import Clinic, Dictation, State

MOST_BYTES = 16
"""No recorder takes a longer password."""


def password(house: House, dictation: Dictation) -> str:
    """What to try for this dictation: what was said for it, else for its clinic, else for the machine."""
    with reading(house.engine) as session:
        kept = dictation.ds2_password or session.get_one(Clinic, dictation.clinic_id).ds2_password
    return open_text(kept, house.blobs.key_of(dictation.clinic_id)) if kept else house.settings.ds2_password


def unlock(house: House, clinic: str, actor: str, job: str, given: str) -> JobView:
    """Start a job again, which failed for want of the password, with this one. It is kept until it was of use."""
    _refuse(given)
    with transaction(house.engine) as session:
        found = queue.locked(session, job, clinic=clinic)
        if found.state != State.FAILED or found.reason_code != PasswordNeeded.code:
            raise WrongState("Only a dictation that failed for want of its password can be given one.")
        kept = seal_text(given, house.blobs.key_of(clinic))
        session.get_one(Dictation, found.dictation_id).ds2_password = kept
        audit.record(session, clinic, actor, "password given", job)
    return jobs.retry(house, clinic, actor, job)


def say_clinics(house: House, who: Principal, given: str) -> None:
    """Say what the clinic's recorders encrypt with; an empty one takes it back. Jobs that failed can be tried again."""
    if given:
        _refuse(given)
    with transaction(house.engine) as session:
        clinic = session.get_one(Clinic, who.clinic)
        clinic.ds2_password = seal_text(given, house.blobs.key_of(who.clinic))
        audit.record(session, who.clinic, who.actor, "rules changed", who.clinic, rules=["ds2_password"])


def is_said(house: House, clinic: str) -> bool:
    """Whether the clinic has said one."""
    with reading(house.engine) as session:
        return bool(session.get_one(Clinic, clinic).ds2_password)


def _refuse(given: str) -> None:
    if not 0 < len(given.encode()) <= MOST_BYTES:
        raise UsageError(f"The password of a DS2 recorder has between one and {MOST_BYTES} letters or digits.")

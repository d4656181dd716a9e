"""What a person may do with one report, by their roles and by how far it is."""

from __future__ import annotations

from transcribe.errors import NotAllowed
from transcribe.service.identity.accounts import Principal
from transcribe.service.review.refusals import WrongState
from transcribe.store.tables import Dictation, Job, State

EDITORS = frozenset({"editor", "admin"})
CORRECTING = frozenset({"clinician", "admin"})
QA, RETURNED = "qa", "returned"
"""The stages of a report in review that is not for every editor."""

_SIGNED = frozenset({State.SIGNED, State.DELIVERED})


def may(who: Principal, job: Job, dictation: Dictation) -> list[str]:
    """The acts that are open to this person now, by the names of their routes."""
    editor, clinician = bool(who.roles & EDITORS), "clinician" in who.roles
    asks = bool(who.roles & CORRECTING)
    own = "transcriptionist" in who.roles and dictation.received_by == who.actor
    if job.state == State.IN_REVIEW:
        acts = ["claim", "edit", "skip", "qa", "question"] if editor or own else []
        acts += ["assign", "hold", "release"] if editor else []
        acts += ["keep"] if asks and job.signed_at else []
        return acts + (["answer"] if job.stage and (editor or own or clinician) else [])
    if job.state == State.RELEASED:
        acts = ["send_back"] if editor or clinician else []
        return acts + (["claim", "edit", "sign"] if clinician else [])
    if job.state in _SIGNED and job.parent_id is None:
        return (["addenda"] if editor or clinician else []) + (["correct"] if asks else [])
    return []


def refuse(who: Principal, job: Job, dictation: Dictation, act: str) -> None:
    """Raise `WrongState` where nobody may do this now and `NotAllowed` where this person may not."""
    if act in may(who, job, dictation):
        return
    everybody = Principal(dictation.received_by, job.clinic_id, frozenset({*EDITORS, "clinician"}), "")
    if act in may(everybody, job, dictation):
        raise NotAllowed("Your roles do not include this for this report.")
    raise WrongState(f"A report that is {job.state}{f' ({job.stage})' if job.stage else ''} does not allow this.")


def is_signed(job: Job) -> bool:
    """Whether every signature is there."""
    return job.state in _SIGNED

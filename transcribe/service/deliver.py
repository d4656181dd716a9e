"""A signed report sets out for every target of its clinic."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from transcribe.delivery.hl7 import control_id
from transcribe.store.deliveries import Delivery, Target
from transcribe.store.engine import now
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Job


def signed(session: Session, job: Job, version: Version) -> None:
    """Put a row down for each target of the clinic; belongs in the transaction that signs `version`.

    The first signed version of a job is new, a later one replaces it.
    """
    earlier = (Version.job_id == job.id, Version.number < version.number, Signature.version_id == Version.id)
    event = "replace" if session.scalar(select(exists().where(*earlier))) else "new"
    moment = now(session)
    wanted = (Target.clinic_id == job.clinic_id, Target.removed_at.is_(None))
    for target in session.scalars(select(Target.id).where(*wanted)):
        session.add(
            Delivery(
                clinic_id=job.clinic_id, job_id=job.id, report_id=job.id, version_id=version.id, target_id=target,
                event=event, message_id=control_id(job.id, str(version.number), target, event), made_at=moment,
                changed_at=moment,
            )
        )  # fmt: skip

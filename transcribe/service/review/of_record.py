"""The report of record: one version as people signed it, with who signed it and what was added to it since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from transcribe import domain, record
from transcribe.errors import NotFound
from transcribe.service import headers
from transcribe.service.house import House
from transcribe.service.review import versions
from transcribe.service.review.access import is_signed
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Dictation, Job, State


def of_record(house: House, session: Session, version: Version, *, until: datetime | None = None) -> domain.Report:
    """The version as a Report with signatures, accepted codes and signed addenda (those until then).

    It is called by its job; its `version` counts the versions that were signed, not those that were saved.
    """
    job = session.get_one(Job, version.job_id)
    header = headers.from_json(session.get_one(Dictation, job.dictation_id).header)
    header = replace(header, transcribed_at=header.transcribed_at or version.created_at)
    read = record.read(versions.whole(house, version, job.work_type), domain.Dictation(job.id, header))
    return replace(
        read,
        identity=job.id,
        version=1 + _signed_before(session, version),
        status=_status(job),
        signatures=_signatures(session, version),
        addenda=tuple(_addenda(house, session, job, until)),
    )


def signed_version(session: Session, job: Job) -> Version:
    """The newest signed version of the job's report; `NotFound` where nobody has signed one."""
    signed = select(Signature.version_id).where(Signature.version_id == Version.id).exists()
    query = select(Version).where(Version.job_id == job.id, signed).order_by(Version.number.desc()).limit(1)
    found = session.scalar(query)
    if found is None or job.drafts_deleted_at:
        raise NotFound(f"There is no signed report of job {job.id}.")
    return found


def _status(job: Job) -> domain.Status:
    """A report of which a signature is still missing is not signed yet."""
    if is_signed(job):
        return domain.Status.SIGNED
    return domain.Status.RELEASED if job.state == State.RELEASED else domain.Status.DRAFT


def _signatures(session: Session, version: Version) -> tuple[domain.Signature, ...]:
    rows = session.scalars(select(Signature).filter_by(version_id=version.id).order_by(Signature.signed_at))
    return tuple(
        domain.Signature(row.printed_name, row.meaning, row.signed_at, digest=row.digest) for row in rows
    )  # fmt: skip


def _signed_before(session: Session, version: Version) -> int:
    """How many earlier versions of the report were signed."""
    query = (
        select(func.count(Version.id.distinct()))
        .join(Signature, Signature.version_id == Version.id)
        .where(Version.job_id == version.job_id, Version.number < version.number)
    )
    return session.scalar(query) or 0


def _addenda(house: House, session: Session, job: Job, until: datetime | None) -> Iterable[domain.Addendum]:
    """The signed texts that were added to the job's report, in the order in which they were made."""
    added = select(Job).where(Job.parent_id == job.id, Job.state.in_([State.SIGNED, State.DELIVERED]))
    for each in session.scalars(added.order_by(Job.created_at)):
        version = signed_version(session, each)
        signature = _signatures(session, version)[-1]
        if until is None or signature.signed_at <= until:
            yield domain.Addendum(versions.saved(house, version)["text"], signature, each.id)

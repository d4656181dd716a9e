"""The report of record: one version as people signed it, with who signed it and what was added to it since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from transcribe import domain, record
from transcribe.errors import NotFound
from transcribe.service import headers
from transcribe.service.house import House
from transcribe.service.review import versions
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Clinic, Dictation, Job, State


def of_record(house: House, session: Session, version: Version, *, until: datetime | None = None) -> domain.Report:
    """The version as a Report with signatures, accepted codes, signed addenda and what became of it, as known `until`.

    It is called by its job; its `version` counts the versions that were of record, not those that were saved.
    """
    job = session.get_one(Job, version.job_id)
    header = headers.from_json(session.get_one(Dictation, job.dictation_id).header)
    header = replace(header, transcribed_at=header.transcribed_at or version.created_at)
    read = record.read(versions.whole(house, version, job.work_type), domain.Dictation(job.id, header))
    finals = _finals(session, job, until)
    before = [signature for number, signature in finals if number < version.number]
    after = [signature for number, signature in finals if number > version.number]
    withdrawn = job.withdrawn_at if not after and (until is None or (job.withdrawn_at or until) <= until) else None
    whole = replace(
        read,
        identity=job.id,
        version=1 + len(before),
        status=_status(job, version, finals),
        signatures=_signatures(session, version),
        addenda=tuple(_addenda(house, session, job, until)),
        replaces=before[-1] if before else None,
        replaced_by=after[0] if after else None,
        withdrawn_at=withdrawn,
    )
    return local(whole, session.get_one(Clinic, job.clinic_id).settings.get("time_zone", ""))


def local(report: domain.Report, time_zone: str) -> domain.Report:
    """The report with its moments as the clocks of this time zone show them; as they are where there is none."""
    zone, header = _zone(time_zone), report.dictation.header
    if zone is None:
        return report

    def clock(at: datetime | None) -> datetime | None:
        return at.astimezone(zone) if at and at.tzinfo else at

    def signature(given: domain.Signature) -> domain.Signature:
        return replace(given, signed_at=given.signed_at.astimezone(zone))

    header = replace(header, dictated_at=clock(header.dictated_at), transcribed_at=clock(header.transcribed_at))
    return replace(
        report,
        dictation=replace(report.dictation, header=header),
        signatures=tuple(map(signature, report.signatures)),
        addenda=tuple(replace(each, signature=signature(each.signature)) for each in report.addenda),
        replaces=signature(report.replaces) if report.replaces else None,
        replaced_by=signature(report.replaced_by) if report.replaced_by else None,
        withdrawn_at=clock(report.withdrawn_at),
    )


@cache
def _zone(name: str) -> ZoneInfo | None:
    """The time zone of this name, as far as this machine knows it."""
    return ZoneInfo(name) if name in available_timezones() else None


def signed_version(session: Session, job: Job, number: int = 0) -> Version:
    """The version of record of the job's report, or that which was the first, second, … to be so.

    `NotFound` where there is none: a version of which a signature is still missing is not of record.
    """
    final = select(Signature.version_id).where(Signature.version_id == Version.id, Signature.final).exists()
    query = select(Version).where(Version.job_id == job.id, final).order_by(Version.number.desc())
    found = list(session.scalars(query.limit(None if number else 1)))
    if not found or number not in range(len(found) + 1) or job.drafts_deleted_at:
        raise NotFound(f"There is no signed report of job {job.id}.")
    return found[-number] if number else found[0]


def _finals(session: Session, job: Job, until: datetime | None) -> list[tuple[int, domain.Signature]]:
    """The versions that were of record by then, by number, each with its last signature."""
    query = (
        select(Version.number, Signature)
        .join(Signature, Signature.version_id == Version.id)
        .where(Version.job_id == job.id, Signature.final)
        .order_by(Version.number)
    )
    rows = session.execute(query.where(Signature.signed_at <= until) if until else query)
    return [(number, _shown(row)) for number, row in rows]


def _status(job: Job, version: Version, finals: list[tuple[int, domain.Signature]]) -> domain.Status:
    if version.number in [number for number, _ in finals]:
        return domain.Status.SIGNED
    return domain.Status.RELEASED if job.state == State.RELEASED else domain.Status.DRAFT


def _signatures(session: Session, version: Version) -> tuple[domain.Signature, ...]:
    rows = session.scalars(select(Signature).filter_by(version_id=version.id).order_by(Signature.signed_at))
    return tuple(map(_shown, rows))


def _shown(row: Signature) -> domain.Signature:
    return domain.Signature(row.printed_name, row.meaning, row.signed_at, digest=row.digest)


def _addenda(house: House, session: Session, job: Job, until: datetime | None) -> Iterable[domain.Addendum]:
    """The signed texts that were added to the job's report, in the order in which they were made."""
    added = select(Job).where(Job.parent_id == job.id, Job.signed_at.is_not(None))
    for each in session.scalars(added.order_by(Job.created_at)):
        version = signed_version(session, each)
        signature = _signatures(session, version)[-1]
        if until is None or signature.signed_at <= until:
            yield domain.Addendum(versions.saved(house, version)["text"], signature, each.id)

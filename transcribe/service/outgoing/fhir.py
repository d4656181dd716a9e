"""Signed reports as a clinic's FHIR client asks for them; every look is audited."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, false, func, select, tuple_
from sqlalchemy.orm import Session

from transcribe.delivery import forms
from transcribe.delivery.attachment import Attachment
from transcribe.delivery.fhir import reading
from transcribe.delivery.fhir.pieces import Resource
from transcribe.domain import Report
from transcribe.errors import NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import letterheads
from transcribe.service.outgoing.deliver import rendering
from transcribe.service.review.of_record import of_record, signed_version
from transcribe.store import audit
from transcribe.store import engine as database
from transcribe.store.reports import Signature, Version
from transcribe.store.tables import Dictation, Job, Patient
from transcribe.work_types import work_types

_LONGEST_PAGE = 50
_PREFIXES = ("eq", "ge", "gt", "le", "lt")


def search(house: House, who: Principal, base: str, asked: Mapping[str, str], link: str) -> Resource:
    """The clinic's signed reports that fit, newest first. Raises `UsageError` for what cannot be asked."""
    wanted = {key: value for key, value in asked.items() if value and key not in ("_count", "_after", "_format")}
    if unknown := sorted(wanted.keys() - reading.SEARCHED.keys()):
        raise UsageError(f"Documents cannot be looked for by '{unknown[0][:40]}'; see /fhir/metadata.")
    count = _count(asked.get("_count", ""))
    query = select(Job).join(Dictation).outerjoin(Patient, Patient.id == Dictation.patient_id)
    query = query.where(Job.clinic_id == who.clinic, Job.signed_at.is_not(None), Job.parent_id.is_(None))
    for name, value in wanted.items():
        query = query.where(_condition(name, value))
    with database.reading(house.engine) as session:
        if after := asked.get("_after", ""):
            last = _job(session, who.clinic, after)
            query = query.where(tuple_(Job.created_at, Job.id) < (last.created_at, last.id))
        found = session.scalars(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(count)).all()
        listed = [(job, number) for job in found for number in _wanted(session, job, wanted.get("status", ""))]
        made = [_reference(house, session, base, job, number) for job, number in listed]
    _note(house, who, "searched", who.clinic, found=[job.id for job in found])
    following = f"{re.sub(r'[?&]_after=[^&]*', '', link)}" if len(found) == count else ""
    if following:
        following += f"{'&' if '?' in following else '?'}_after={found[-1].id}"
    return reading.listed(made, base, link, following)


def _wanted(session: Session, job: Job, statuses: str) -> list[int]:
    """Which versions of record of the job are listed: the newest (0), and the earlier ones where they are asked for."""
    asked = statuses.split(",") if statuses else ["current", "entered-in-error"]
    earlier = range(1, _versions_of(session, job)) if "superseded" in asked else ()
    newest = "entered-in-error" if job.withdrawn_at else "current"
    return [*([0] if newest in asked else []), *reversed(earlier)]


def _versions_of(session: Session, job: Job) -> int:
    return session.scalar(select(_versions()).where(Job.id == job.id)) or 0


def _versions() -> ScalarSelect[int]:
    """How many versions of a job's report have been of record."""
    final = select(func.count(Signature.id)).join(Version, Version.id == Signature.version_id)
    return final.where(Version.job_id == Job.id, Signature.final).correlate(Job).scalar_subquery()


def _count(given: str) -> int:
    if not given:
        return _LONGEST_PAGE
    if not re.fullmatch(r"[1-9][0-9]{0,5}", given):
        raise UsageError("_count is a number.")
    return min(int(given), _LONGEST_PAGE)


def _condition(name: str, value: str) -> ColumnElement[bool]:
    """What a parameter asks of a job; several values apart by commas mean any of them."""
    values = [each.rpartition("|")[2] for each in value.split(",")]
    if name in ("_id", "identifier"):
        return Job.id.in_(values)
    if name.endswith("identifier"):
        return Patient.record_number.in_(values)
    if name == "type":
        return Job.work_type.in_([key for key, kind in work_types().items() if kind.loinc in values])
    if name == "status":
        withdrawn = {"current": False, "entered-in-error": True}
        kinds = {withdrawn[each] for each in values if each in withdrawn}
        earlier = (_versions() > 1) if "superseded" in values else false()
        return Job.withdrawn_at.is_not(None).in_(kinds) | earlier
    return _dated(value)


def _dated(value: str) -> ColumnElement[bool]:
    """By the day of the last signature, in UTC."""
    prefix, day = (value[:2], value[2:]) if value[:2] in _PREFIXES else ("eq", value)
    try:
        begin = datetime.combine(date.fromisoformat(day[:10]), datetime.min.time(), UTC)
    except ValueError as error:
        raise UsageError("A date is written as in ge2026-05-18.") from error
    end = begin + timedelta(days=1)
    signed = Job.signed_at
    conditions: Mapping[str, ColumnElement[bool]] = {
        "eq": (signed >= begin) & (signed < end),
        "ge": signed >= begin,
        "gt": signed >= end,
        "le": signed < end,
        "lt": signed < begin,
    }
    return conditions[prefix]


def document_reference(house: House, who: Principal, base: str, job: str, number: int = 0) -> Resource:
    """The DocumentReference of one signed report, or of the version of it that was signed first, second, …."""
    with database.reading(house.engine) as session:
        made = _reference(house, session, base, _job(session, who.clinic, job), number)
    _note(house, who, "read", job, form="DocumentReference")
    return made


def document(house: House, who: Principal, job: str, number: int = 0) -> Resource:
    """The document Bundle of one signed report, or of an earlier version of it."""
    with database.reading(house.engine) as session:
        report, signed_at = _report(house, session, _job(session, who.clinic, job), number)
    _note(house, who, "read", job, form="Bundle")
    return reading.document(report, signed_at, withdrawn=report.withdrawn_at is not None)


def binary(house: House, who: Principal, job: str, form: str, number: int = 0) -> Attachment:
    """A file of one signed report or of an earlier version of it, in one of `reading.FORMS`."""
    if form not in reading.FORMS:
        raise NotFound("A signed report has no such file.")
    with database.reading(house.engine) as session:
        report, signed_at = _report(house, session, _job(session, who.clinic, job), number)
        render = rendering(house, letterheads.desk(), session, who.clinic, report)
    _note(house, who, "read", job, form=form)
    if form == "txt":
        return Attachment(report.text.encode("utf-8", "replace"), "text/plain; charset=utf-8")
    return forms.export(report, form, signed_at, archival=house.settings.archival_pdf, render=render)


def _note(house: House, who: Principal, action: str, subject: str, **detail: Any) -> None:
    """Audit a look before anything of it is shown; by itself, as what was looked at may have taken a while to make."""
    with database.transaction(house.engine) as session:
        audit.record(session, who.clinic, who.actor, action, subject, **detail)


def _job(session: Session, clinic: str, job: str) -> Job:
    found = session.get(Job, job)
    if found is None or found.clinic_id != clinic or found.signed_at is None or found.parent_id:
        raise NotFound("There is no signed report of this id.")
    return found


def _reference(house: House, session: Session, base: str, job: Job, number: int) -> Resource:
    report, signed_at = _report(house, session, job, number)
    pdf = shutil.which("soffice") is not None
    return reading.reference(report, base, signed_at, pdf=pdf, withdrawn=report.withdrawn_at is not None)


def _report(house: House, session: Session, job: Job, number: int) -> tuple[Report, datetime]:
    """The report of record, or an earlier version of it, and when it was last signed."""
    report = of_record(house, session, signed_version(session, job, number))
    signatures = (*report.signatures, *(addendum.signature for addendum in report.addenda))
    return report, max(each.signed_at for each in signatures)

"""The codes of a clinic's reports: searched in the tables, decided by people, counted, and learnt from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from transcribe import coding
from transcribe.domain import AcceptedCode, CodeSystem, Mark, MarkKind, Report, Severity, Span
from transcribe.service.house import House
from transcribe.store.engine import reading
from transcribe.store.reports import CodeDecision, Version

Decision = Mapping[str, Any]
"""{"system", "code", "decision": accepted, rejected, replaced or added, "replaced_by"?}."""


def search(
    house: House, query: str, *, on: date | None = None, system: CodeSystem | None = None
) -> list[coding.Listed]:
    """Codes in force on that day (today without one) that answer the query, best first."""
    with coding.open_tables(house.settings.cache_dir, on=on or date.today()) as tables:
        return coding.find(tables, query, on or date.today(), system=system)


def shifted(house: House, clinic: str, report: Report) -> Report:
    """The report with its suggestions as the clinic's earlier decisions move them."""
    with reading(house.engine) as session:
        counts = _counts(session, clinic, {code.code for code in report.codes})
    return replace(report, codes=coding.shifted(report.codes, counts))


def _counts(session: Session, clinic: str, codes: Iterable[str]) -> dict[tuple[CodeSystem, str], coding.Counts]:
    columns = (CodeDecision.system, CodeDecision.code, CodeDecision.decision, CodeDecision.replaced_by)
    rows = session.execute(
        select(*columns, func.count())
        .where(CodeDecision.clinic_id == clinic, CodeDecision.code.in_(codes), CodeDecision.decision != "added")
        .group_by(*columns)
    )
    accepted: Counter[tuple[CodeSystem, str]] = Counter()
    refused: Counter[tuple[CodeSystem, str]] = Counter()
    instead: dict[tuple[CodeSystem, str], dict[str, int]] = {}
    for system, code, decision, other, count in rows:
        key = CodeSystem(system), code
        (accepted if decision == "accepted" else refused)[key] += count
        if decision == "replaced":
            instead.setdefault(key, {})[other] = count
    return {
        key: coding.Counts(accepted[key], refused[key], instead.get(key, {})) for key in {*accepted, *refused}
    }  # fmt: skip


def answered_for(
    house: House, report: Report, decisions: Iterable[Decision]
) -> tuple[tuple[AcceptedCode, ...], tuple[Mark, ...]]:
    """The codes that a person accepted, replaced or added, and a critical mark for each that no table has."""
    day = report.dictation.header.date_of_service or date.today()
    evidence = {(code.system, code.code): code.evidence for code in report.codes}
    accepted, unknown = [], []
    with coding.open_tables(house.settings.cache_dir, on=day) as tables:
        for each in decisions:
            if each["decision"] == "rejected":
                continue
            system = CodeSystem(each["system"])
            code = each.get("replaced_by") or each["code"]
            found = coding.known(tables, system, code, day)
            if found and found.billable:
                spans = evidence.get((system, each["code"]), ())
                accepted.append(AcceptedCode(system, found.code, found.title, found.release, spans))
            else:
                reason = f"{system} of {day} has no code {code} that a claim may hold: choose another."
                unknown.append(Mark(Span(0, 0), MarkKind.CHECK, reason, severity=Severity.CRITICAL))
    return tuple(accepted), tuple(unknown)


def note_decisions(session: Session, version: Version, decisions: Iterable[Decision]) -> None:
    """Count the decisions of a version that leaves its editor, instead of those of the job's versions before."""
    earlier = select(Version.id).where(Version.job_id == version.job_id)
    session.execute(delete(CodeDecision).where(CodeDecision.version_id.in_(earlier)))
    for each in decisions:
        session.add(
            CodeDecision(
                version_id=version.id, clinic_id=version.clinic_id, system=each["system"], code=each["code"],
                decision=each["decision"], replaced_by=each.get("replaced_by") or "",
            )
        )  # fmt: skip

"""Judges the difference between two versions of a report: critical faults weigh three, others one, 98 passes.

After the practice of the Association for Healthcare Documentation Integrity: a critical fault always fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from transcribe.errors import UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, versions
from transcribe.service.review.compare import Block, blocks
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Kind, Score, Tally, Version

CRITICAL, MINOR = "critical", "minor"
WEIGHTS = {CRITICAL: 3, MINOR: 1}
PASS = 98

By = Literal["editor", "author", "recogniser"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A block of the difference that should not have been; `category` says of what kind, as in "wrong drug"."""

    block: int
    severity: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reviewer found: faults by weight, the score, and whether it passes."""

    critical: int
    minor: int
    score: int
    passed: bool


def judged(faults: Sequence[Fault]) -> Judged:
    """The score of these faults, never below 0."""
    critical = sum(fault.severity == CRITICAL for fault in faults)
    score = max(0, 100 - sum(WEIGHTS[fault.severity] for fault in faults))
    return Judged(critical, len(faults) - critical, score, score >= PASS and not critical)


def difference(house: House, who: Principal, job: str, left: int = 1, right: int = 0) -> tuple[int, int, list[Block]]:
    """What is to be judged: two versions, by default the draft and the newest, and the blocks they differ in."""
    if not right:
        with reading(house.engine) as session:
            newest = select(func.max(Version.number)).where(Version.job_id == job, Version.clinic_id == who.clinic)
            right = session.scalar(newest) or 1
    texts = [versions.one(house, who, job, number)["text"] for number in (left, right)]
    return left, right, blocks(*texts)


def score(house: House, who: Principal, job: str, left: int, right: int, faults: Sequence[Fault]) -> Judged:
    """Keep a reviewer's judgement, instead of the one on the same two versions before.

    What differs from a machine's draft is the recogniser's, from a person's version that person's.
    """
    found = judged(faults)
    texts = [versions.one(house, who, job, number)["text"] for number in (left, right)]
    different = {at for at, block in enumerate(blocks(*texts)) if block.op != "equal"}
    if not {fault.block for fault in faults} <= different or len({fault.block for fault in faults}) < len(faults):
        raise UsageError("Each fault is another block in which the two versions differ.")
    with transaction(house.engine) as session:
        row, dictation = claims.opened(session, who, job)
        version = versions.numbered(session, row, left)
        before = select(Score).where(Score.job_id == job, Score.left == left, Score.right == right)
        kept = session.scalar(before) or Score(job_id=job, clinic_id=who.clinic, left=left, right=right)
        kept.reviewer, kept.at, kept.faults = who.actor, now(session), [asdict(fault) for fault in faults]
        kept.editor = (version.person_id or "") if version.kind != Kind.DRAFT else ""
        kept.author = dictation.header.get("author", "")
        kept.recogniser = _recogniser(session, job) if version.kind == Kind.DRAFT else ""
        kept.critical, kept.minor, kept.score, kept.passed = found.critical, found.minor, found.score, found.passed
        session.add(kept)
        audit.record(session, who.clinic, who.actor, "scored", job, left=left, right=right, score=found.score)
    return found


def _recogniser(session: Session, job: str) -> str:
    return session.scalar(select(Tally.recogniser).where(Tally.job_id == job)) or ""


def overview(house: House, who: Principal, by: By, begins: datetime, ends: datetime) -> list[dict[str, Any]]:
    """Scores of a period, by whose work was judged: how many, their mean, how many passed, and the faults in them."""
    column = getattr(Score, by)
    with reading(house.engine) as session:
        rows = session.execute(
            select(
                column, func.count(), func.avg(Score.score), func.count().filter(Score.passed),
                func.sum(Score.critical), func.sum(Score.minor),
            )
            .where(Score.clinic_id == who.clinic, Score.at >= begins, Score.at < ends, column != "")
            .group_by(column)
            .order_by(column)
        ).all()  # fmt: skip
        known = claims.names(session, [row[0] for row in rows]) if by == "editor" else {}
    return [
        {
            by: row[0], "name": known.get(row[0], row[0]), "reports": row[1], "mean": round(float(row[2]), 1),
            "passed": row[3], "critical": int(row[4]), "minor": int(row[5]),
        }
        for row in rows
    ]  # fmt: skip


def sample(house: House, who: Principal, begins: datetime, ends: datetime, *, percent: int, limit: int) -> list[str]:
    """Released reports of a period that are to be judged and are not yet: as good as drawn by lot.

    The same ones each time, as ids are random: those that begin low enough.
    """
    if not 1 <= percent <= 100:
        raise UsageError("A sample is from 1 to 100 percent.")
    below = f"{(percent * 0x10000) // 100:04x}" if percent < 100 else "g"
    with reading(house.engine) as session:
        query = (
            select(Tally.job_id)
            .where(Tally.clinic_id == who.clinic, Tally.released_at >= begins, Tally.released_at < ends)
            .where(Tally.job_id < below, ~exists().where(Score.job_id == Tally.job_id))
            .order_by(Tally.released_at)
            .limit(limit)
        )
        return list(session.scalars(query))

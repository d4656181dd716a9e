"""Judges the difference between two versions of a report: critical faults weigh three, others one, 98 passes.

After the practice of the Association for Healthcare Documentation Integrity: a critical fault always fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, exists, func, select
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
Unit = Literal["percent", "each"]


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


@dataclass(frozen=True, slots=True)
class Draw:
    """Which reports are drawn to be judged: `amount` percent of them or so many of each editor, author or recogniser;
    `of` one of these alone.
    """

    by: By = "editor"
    amount: int = 5
    unit: Unit = "percent"
    of: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        if not 1 <= self.amount <= 100:
            raise UsageError("A sample is from 1 to 100 percent, or as many reports of each.")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A report that is to be judged, and from which version on."""

    job: str
    left: int


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

    What differs from a machine's draft is the recogniser's (and of whoever released it as it was), from a person's
    version that person's.
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
        kept.editor = _unchanged_by(session, job) if version.kind == Kind.DRAFT else version.person_id or ""
        kept.author = dictation.header.get("author", "")
        kept.recogniser = _recogniser(session, job) if version.kind == Kind.DRAFT else ""
        kept.critical, kept.minor, kept.score, kept.passed = found.critical, found.minor, found.score, found.passed
        session.add(kept)
        audit.record(session, who.clinic, who.actor, "scored", job, left=left, right=right, score=found.score)
    return found


def _unchanged_by(session: Session, job: str) -> str:
    """Who released the machine's draft as it was, and so answers for it, too."""
    tally = session.get(Tally, job)
    edited = select(Version.id).where(Version.job_id == job, Version.person_id.is_not(None))
    if tally is None or session.scalar(edited.where(Version.created_at <= tally.released_at).limit(1)):
        return ""
    return tally.editor


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


def groups(house: House, who: Principal, by: By, begins: datetime, ends: datetime) -> list[tuple[str, str]]:
    """Whose reports were released in the period, by key and name."""
    column = getattr(Tally, by)
    with reading(house.engine) as session:
        query = select(column).where(*_released(who, begins, ends), column != "").distinct().order_by(column)
        found = list(session.scalars(query))
        known = claims.names(session, found) if by == "editor" else {}
    return [(each, known.get(each, each)) for each in found]


def sample(house: House, who: Principal, begins: datetime, ends: datetime, draw: Draw, *, limit: int) -> list[Drawn]:
    """Released reports of a period that are to be judged and are not yet: as good as drawn by lot.

    The same ones each time, as ids are random: those that begin low enough or, of each, the lowest. So what was judged
    leaves the list, and nothing comes instead.
    """
    column = getattr(Tally, draw.by)
    place = func.row_number().over(partition_by=column, order_by=Tally.job_id).label("place")
    drawn = select(Tally.job_id, Tally.editor, Tally.released_at, place).where(*_released(who, begins, ends))
    if draw.of:
        drawn = drawn.where(column == draw.of)
    rows = drawn.subquery()
    judged_ = exists().where(Score.job_id == rows.c.job_id, getattr(Score, draw.by) != "")
    with reading(house.engine) as session:
        query = select(rows).where(~judged_, _is_drawn(draw, rows.c)).order_by(rows.c.released_at).limit(limit)
        return [Drawn(row.job_id, _work_of(session, draw, row)) for row in session.execute(query).all()]


def _released(who: Principal, begins: datetime, ends: datetime) -> tuple[ColumnElement[bool], ...]:
    return Tally.clinic_id == who.clinic, Tally.released_at >= begins, Tally.released_at < ends


def _is_drawn(draw: Draw, row: Any) -> ColumnElement[bool]:
    if draw.unit == "each":
        within: ColumnElement[bool] = row.place <= draw.amount
        return within
    below = f"{(draw.amount * 0x10000) // 100:04x}" if draw.amount < 100 else "g"
    low: ColumnElement[bool] = row.job_id < below
    return low


def _work_of(session: Session, draw: Draw, row: Any) -> int:
    """The version whose faults are looked for: an editor's last before the release, else the machine's draft."""
    if draw.by != "editor":
        return 1
    mine = select(func.max(Version.number)).where(
        Version.job_id == row.job_id, Version.person_id == row.editor, Version.created_at <= row.released_at
    )
    return session.scalar(mine) or 1


def kept(house: House, who: Principal, job: str, left: int, right: int) -> list[Fault]:
    """The faults that were found in the difference of these two versions before, if it was judged."""
    with reading(house.engine) as session:
        mine = Score.clinic_id == who.clinic, Score.job_id == job, Score.left == left, Score.right == right
        return [Fault(**each) for each in session.scalar(select(Score.faults).where(*mine)) or []]

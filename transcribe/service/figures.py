"""Figures of a period: volumes, turnaround, lines, edits and how codes were taken, by editor, author or recogniser."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from statistics import median
from typing import Any, Literal

from sqlalchemy import Row, func, select

from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims
from transcribe.store.engine import reading
from transcribe.store.reports import Tally

LINE = 65
"""Characters of a line, as transcription is counted and paid: all of them, or the visible ones alone."""

By = Literal["editor", "author", "recogniser", "work_type", "day", "clinic_id"]
"""What the reports are grouped by; the clinic is all of them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The reports of one group that were released in the period.

    `turnaround_hours` is the median from receipt to release, `signed_hours` that to the last signature;
    `on_time` the share released before it was due; `lines` counts 65 characters each, `visible_lines` 65 that are no
    white space; `edits_per_100_words` words changed since the machine's draft; `codes_taken` the share of suggested
    codes that were accepted. None where nothing tells.
    """

    group: str
    name: str
    reports: int
    audio_minutes: float
    turnaround_hours: float
    signed_hours: float | None
    on_time: float
    words: int
    lines: float
    visible_lines: float
    edits_per_100_words: float | None
    codes_offered: int
    codes_taken: float | None
    codes_added: int


def figures(house: House, who: Principal, by: By, begins: datetime, ends: datetime) -> list[Figures]:
    """The figures of each group, by name."""
    key = func.date(Tally.released_at) if by == "day" else getattr(Tally, by)
    period = (Tally.clinic_id == who.clinic, Tally.released_at >= begins, Tally.released_at < ends)
    heard = Tally.recogniser != ""
    of_drafts = {name: func.sum(getattr(Tally, name)).filter(heard) for name in ("words", "edits")}
    with reading(house.engine) as session:
        sums = session.execute(
            select(
                key.label("key"), func.count().label("reports"), func.count().filter(Tally.on_time).label("on_time"),
                *(func.sum(getattr(Tally, name)).label(name) for name in _SUMMED),
                of_drafts["words"].label("drafted"), of_drafts["edits"].label("edits"),
            )
            .where(*period)
            .group_by("key")
        ).all()  # fmt: skip
        hours: dict[str, list[float]] = defaultdict(list)
        signed: dict[str, list[float]] = defaultdict(list)
        times = select(key, Tally.hours, Tally.signed_hours).where(*period)
        for group, released_after, signed_after in session.execute(times):
            hours[str(group)].append(released_after)
            if signed_after is not None:
                signed[str(group)].append(signed_after)
        known = claims.names(session, [row.key for row in sums]) if by == "editor" else {}
    found = [_figures(row, known, hours[str(row.key)], signed[str(row.key)]) for row in sums]
    return sorted(found, key=lambda each: each.name)


_SUMMED = ("seconds", "characters", "visible", "words", "offered", "accepted", "added")


def _figures(row: Row[Any], known: Mapping[str, str], hours: Sequence[float], signed: Sequence[float]) -> Figures:
    group = str(row.key)
    return Figures(
        group=group,
        name=known.get(group, group),
        reports=row.reports,
        audio_minutes=round(row.seconds / 60, 1),
        turnaround_hours=round(median(hours), 2),
        signed_hours=round(median(signed), 2) if signed else None,
        on_time=round(row.on_time / row.reports, 3),
        words=row.words,
        lines=round(row.characters / LINE, 1),
        visible_lines=round(row.visible / LINE, 1),
        edits_per_100_words=round(100 * row.edits / row.drafted, 1) if row.drafted else None,
        codes_offered=row.offered,
        codes_taken=round(row.accepted / row.offered, 3) if row.offered else None,
        codes_added=row.added,
    )


def as_csv(rows: Sequence[Figures]) -> str:
    """The figures as a table for a spreadsheet, in which no name is taken for a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Figures)])
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _harmless(value) for key, value in asdict(row).items()})
    return out.getvalue()


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value

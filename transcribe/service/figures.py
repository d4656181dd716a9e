"""Figures of a period: volumes, turnaround, lines, edits and how codes were taken, by editor, author or recogniser."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from statistics import median
from typing import Any, Literal

from sqlalchemy import Row, select

from transcribe.service import claims
from transcribe.service.accounts import Principal
from transcribe.service.house import House
from transcribe.store.engine import reading
from transcribe.store.reports import Tally

LINE = 65
"""Characters of a line, as transcription is counted and paid: all of them, or the visible ones alone."""

By = Literal["editor", "author", "recogniser", "work_type", "day"]


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
    key = Tally.released_at if by == "day" else getattr(Tally, by)
    columns = [getattr(Tally, name) for name in _COUNTED]
    with reading(house.engine) as session:
        query = select(key, *columns).where(
            Tally.clinic_id == who.clinic, Tally.released_at >= begins, Tally.released_at < ends
        )
        groups: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in session.execute(query):
            groups[row[0].date().isoformat() if by == "day" else row[0]].append(row)
        known = claims.names(session, groups) if by == "editor" else {}
    return sorted((_figures(group, known.get(group, group), rows) for group, rows in groups.items()), key=_by_name)


_COUNTED = (
    "received_at", "due_at", "released_at", "signed_at", "seconds", "characters", "visible", "words", "edits",
    "offered", "accepted", "added", "recogniser",
)  # fmt: skip


def _by_name(each: Figures) -> str:
    return each.name


def _figures(group: str, name: str, rows: Sequence[Row[Any]]) -> Figures:
    signed = [_hours(row.received_at, row.signed_at) for row in rows if row.signed_at]
    drafted = [row for row in rows if row.recogniser]
    words, offered = sum(row.words for row in drafted), sum(row.offered for row in rows)
    return Figures(
        group=group,
        name=name,
        reports=len(rows),
        audio_minutes=round(sum(row.seconds for row in rows) / 60, 1),
        turnaround_hours=round(median(_hours(row.received_at, row.released_at) for row in rows), 2),
        signed_hours=round(median(signed), 2) if signed else None,
        on_time=round(sum(row.released_at <= row.due_at for row in rows) / len(rows), 3),
        words=sum(row.words for row in rows),
        lines=round(sum(row.characters for row in rows) / LINE, 1),
        visible_lines=round(sum(row.visible for row in rows) / LINE, 1),
        edits_per_100_words=round(100 * sum(row.edits for row in drafted) / words, 1) if words else None,
        codes_offered=offered,
        codes_taken=round(sum(row.accepted for row in rows) / offered, 3) if offered else None,
        codes_added=sum(row.added for row in rows),
    )


def _hours(begins: datetime, ends: datetime) -> float:
    return (ends - begins).total_seconds() / 3600


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

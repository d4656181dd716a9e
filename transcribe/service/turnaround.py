"""When a report is promised, and which ones are getting late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from transcribe.work_types import DEFAULT_WORK_TYPE, work_type

STAT_HOURS = 1.0
"""Hours until a STAT report is due, where the clinic has no rule of its own."""

SOON = timedelta(hours=1)
"""A report that is due within this time asks for attention."""


def promised(kind: str, *, stat: bool, rules: dict[str, Any]) -> timedelta:
    """The time until a report of this work type is due; an empty `kind` is not known yet.

    The clinic's `rules` may hold "stat_hours" and "turnaround_hours", hours by work type, which win over the usual.
    """
    own = rules.get("turnaround_hours", {})
    chosen = work_type(kind or DEFAULT_WORK_TYPE)
    hours = float(own.get(chosen.key, chosen.turnaround_hours))
    if stat:
        hours = min(hours, float(rules.get("stat_hours", STAT_HOURS)))
    return timedelta(hours=hours)

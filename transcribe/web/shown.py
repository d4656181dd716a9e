"""How pages show times, lengths and names: the filters of the templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup

from transcribe.work_types import work_types

STATES = {
    "received": "Received",
    "queued": "Waiting",
    "recognising": "Being heard",
    "annotating": "Being written up",
    "drafting": "Being drafted",
    "in_review": "In review",
    "released": "Waits for signature",
    "signed": "Signed",
    "delivered": "Delivered",
    "on_hold": "On hold",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
"""What people call the states of a job."""

_KINDS = {
    "in_review": "info", "released": "info", "signed": "good", "delivered": "good", "on_hold": "warn", "failed": "bad",
    "cancelled": "quiet",
}  # fmt: skip


def state(key: str) -> str:
    """A job's state in words."""
    return STATES.get(key, key)


def state_kind(key: str) -> str:
    """The kind of badge for a job's state."""
    return _KINDS.get(key, "busy")


def work_type(key: str) -> str:
    """The title of a work type."""
    known = work_types().get(key)
    return known.title if known else "—"


def clock(seconds: float | None) -> str:
    """A length as minutes and seconds, with hours where there are any."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(at: datetime | None, form: str = "%b %-d, %H:%M") -> Markup:
    """A point in time as an element that scripts show in the reader's own zone."""
    if at is None:
        return Markup("—")
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Markup('<time datetime="{}">{}</time>').format(at.astimezone(UTC).isoformat(), f"{at:{form}} UTC")


def day(at: date | None) -> str:
    """A date in words."""
    return f"{at:%B} {at.day}, {at.year}" if at else "—"


def span(minutes: float) -> str:
    """A time span in its two largest units."""
    whole = abs(round(minutes))
    days, rest = divmod(whole, 24 * 60)
    hours, rest = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def until(at: datetime, now: datetime) -> float:
    """Minutes from `now` to `at`, negative when that is over."""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at - now).total_seconds() / 60


def bytes_(size: float) -> str:
    """A size for people."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def twice(value: str) -> tuple[str, str]:
    """An option of a field that is called what it is."""
    return value, value


_HEADING = re.compile(r"[A-Z][A-Z0-9 ,/&()'-]*:")
_ITEM = re.compile(r"\d+\. ")


def paragraphs(text: str) -> list[tuple[str, list[str]]]:
    """A report's text as ("heading", "list" or "text", its lines), as the house style writes them."""
    found = []
    for block in filter(None, text.split("\n\n")):
        lines = block.split("\n")
        if len(lines) == 1 and _HEADING.fullmatch(block):
            found.append(("heading", lines))
        elif all(_ITEM.match(line) for line in lines):
            found.append(("list", [_ITEM.sub("", line, count=1) for line in lines]))
        else:
            found.append(("text", lines))
    return found


_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "Windows": "Windows",
    "iPad": "iPad",
    "iPhone": "iPhone",
    "Mac OS": "macOS",
    "Android": "Android",
    "Linux": "Linux",
}


def browser(agent: str) -> str:
    """What somebody uses, from what their browser calls itself; the first that it names counts, as it names others."""
    known = next((name for sign, name in _BROWSERS.items() if f"{sign}/" in agent), agent[:60] or "—")
    system = next((name for sign, name in _SYSTEMS.items() if sign in agent), "")
    return f"{known}, {system}" if system else known


FILTERS: dict[str, Callable[..., Any]] = {
    "state": state, "state_kind": state_kind, "work_type": work_type, "clock": clock, "moment": moment, "day": day,
    "span": span, "until": until, "bytes": bytes_, "browser": browser, "paragraphs": paragraphs, "twice": twice,
}  # fmt: skip

"""What a receiver's no means, and how long to wait before something is sent again."""

from __future__ import annotations

from transcribe.errors import TranscribeError, TryLater

FIRST, LONGEST = 15.0, 3600.0
"""Seconds: a receiver that restarts is back in a quarter of a minute; one that is down is asked each hour."""


class Refused(TranscribeError):
    """The receiver has read this and does not take it; the same will not be taken another time."""

    code = "refused"


class Unwanted(TryLater):
    """The receiver has read this and does not want it; some say so too while their own database is down."""

    code = "unwanted"


def wait_after(attempts: int) -> float:
    """Seconds to wait after so many failed attempts: twice as long each time, an hour at most."""
    return min(LONGEST, FIRST * 2.0 ** min(max(attempts - 1, 0), 16))

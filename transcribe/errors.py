"""Every way the product can refuse: one tree, each error with a code, an exit status and a sentence for a person.

::

    TranscribeError            failed (1)
    ├── UsageError             usage (2)
    ├── UnusableInput          unusable_input (3)
    ├── NotFound               not_found (4)
    ├── MissingPart            missing_part (5)
    ├── NotAllowed             not_allowed (6)
    └── TryLater               try_later (75)

A message names files, identifiers and what to do next. It never repeats a patient's words.
"""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb
from typing import ClassVar


class TranscribeError(Exception):
    """Something failed in a way the product understands; `str()` is the sentence for the person."""

    code: ClassVar[str] = "failed"
    exit_status: ClassVar[int] = 1


class UsageError(TranscribeError):
    """The request itself makes no sense."""

    code = "usage"
    exit_status = 2


class UnusableInput(TranscribeError):
    """A file or a line cannot be processed; the sentence names it and the reason."""

    code = "unusable_input"
    exit_status = 3


class NotFound(TranscribeError):
    """The thing asked for does not exist."""

    code = "not_found"
    exit_status = 4


class MissingPart(TranscribeError):
    """A model, table or program is not on this machine; the sentence says how to get it."""

    code = "missing_part"
    exit_status = 5


class NotAllowed(TranscribeError):
    """The person may not do this."""

    code = "not_allowed"
    exit_status = 6


class TryLater(TranscribeError):
    """A resource is busy; the same request may work later."""

    code = "try_later"
    exit_status = 75


def refusal(error: Exception) -> TranscribeError:
    """Any error as the product tells it to a person.

    Of one that nobody foresaw only its kind and place are told: its own words may be a patient's.
    """
    if isinstance(error, TranscribeError):
        return error
    if isinstance(error, MemoryError):
        return TryLater("This machine ran out of memory; try again when less is running.")
    if isinstance(error, OSError) and error.strerror:
        return TranscribeError(f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}.")
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return TranscribeError(f"Something nobody foresaw went wrong ({type(error).__name__}{place}); please report it.")

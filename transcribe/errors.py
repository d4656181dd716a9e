"""Every way the product can refuse: one tree, each error with a code, an exit status and a sentence for a person.

::

    TranscribeError            failed (1)
    ├── UsageError             usage (2)
    ├── UnusableInput          unusable_input (3)
    │   ├── UnknownFormat      unknown_format (3)
    │   ├── TooLong            too_long (3)
    │   └── PasswordNeeded     password_needed (3)
    ├── NotFound               not_found (4)
    ├── MissingPart            missing_part (5)
    ├── NotAllowed             not_allowed (6)
    │   └── TooManyTries       too_many_tries (6)
    └── TryLater               try_later (75)

A message names files, identifiers and what to do next. It never repeats a patient's words.
"""

from __future__ import annotations

from pathlib import Path
from traceback import extract_tb
from typing import ClassVar

_SHOWN = 120


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


class UnknownFormat(UnusableInput):
    """A file is no recording, or one in a format that cannot be read; the sentence names it and the way out."""

    code = "unknown_format"


class TooLong(UnusableInput):
    """A recording is longer than the limit."""

    code = "too_long"


class PasswordNeeded(UnusableInput):
    """A recording is encrypted and the password is missing or wrong."""

    code = "password_needed"


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


class TooManyTries(NotAllowed):
    """Somebody has guessed too often; the sentence says how long to wait."""

    code = "too_many_tries"


class TryLater(TranscribeError):
    """A resource is busy; the same request may work later."""

    code = "try_later"
    exit_status = 75


def shown(name: str) -> str:
    r"""A file name as a message may show it: on one line, of bounded length, and with nothing invisible in it.

    Control characters, overrides of the writing direction and half surrogates become escapes such as \u202e.
    """
    visible = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in name)
    return visible if len(visible) <= _SHOWN else f"{visible[: _SHOWN // 2]}…{visible[-_SHOWN // 2 :]}"


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

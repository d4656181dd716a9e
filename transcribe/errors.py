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

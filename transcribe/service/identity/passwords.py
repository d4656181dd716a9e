"""Passwords, as Argon2id digests (RFC 9106, its second recommended choice: 64 MiB, three passes)."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from transcribe.errors import UsageError
from transcribe.service.identity import proof

SHORTEST = 12
_LONGEST = 200

_HASHER = PasswordHasher()

_AT_ONCE = BoundedSemaphore(2)
"""Each check takes 64 MiB and a core, so guesses from many places at once must not take the machine."""


def accepted(password: str, *about: str) -> str:
    """`password` if it may be one; `UsageError` when it is too short, or says what `about` says of its owner."""
    if not SHORTEST <= len(password) <= _LONGEST:
        raise UsageError(f"A password has {SHORTEST} characters or more, {_LONGEST} at most.")
    if len(set(password)) < 5 or password.casefold() in {each.casefold() for each in about}:
        raise UsageError("This password is too easy to guess; take another.")
    return password


def hashed(password: str) -> str:
    """The digest to keep."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def right(kept: str | None, password: str) -> bool:
    """Whether `password` is the one; where none is kept it takes as long to say no."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(kept or _nobodys(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _HASHER.hash(proof.fresh())

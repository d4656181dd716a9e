"""What people and programs show to prove who they are, and the digest of it, which is all that is kept."""

from __future__ import annotations

import secrets
from hashlib import sha256


def fresh() -> str:
    """A new proof: 256 random bits that can stand in a header, a cookie or an address."""
    return secrets.token_urlsafe(32)


def digest(shown: str) -> str:
    """SHA-256 of what is shown, in hexadecimal: proofs are random, so nothing slower is needed."""
    return sha256(shown.encode("utf-8", "surrogatepass")).hexdigest()

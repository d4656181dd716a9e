"""Tells a program of the clinic that something happened to a report, so that it can prove who told it and when."""

from __future__ import annotations

import hashlib
import hmac
import json
import re

from transcribe.domain import Report

SIGNATURE_HEADER = "Transcribe-Signature"
DELIVERY_HEADER = "Transcribe-Delivery"

TOLERANCE = 300
"""Seconds that the clocks of sender and receiver may differ, and that a copied message stays good for."""


def message(report: Report, event: str, delivery: str) -> bytes:
    """The body: what happened to which version; no word of the patient, which the receiver fetches by the id."""
    told = {
        "delivery": delivery,
        "event": event,
        "report": report.identity,
        "version": report.version,
        "status": str(report.status),
        "work_type": report.work_type.key,
        "sha256": report.digest,
    }
    return json.dumps(told, separators=(",", ":"), sort_keys=True).encode("utf-8")


def headers(body: bytes, secret: bytes, delivery: str, at: int) -> dict[str, str]:
    """What goes with the body: its type, the id by which a receiver drops a repeat, and the signature of `at`, the
    seconds since 1970.
    """
    return {
        "Content-Type": "application/json",
        DELIVERY_HEADER: re.sub(r"[^!-~]", "_", delivery),
        SIGNATURE_HEADER: sign(body, secret, at),
    }


def sign(body: bytes, secret: bytes, at: int) -> str:
    """The signature: t=SECONDS,v1=HMAC-SHA-256 of "SECONDS.BODY" in hexadecimal digits. Raises `ValueError` for a
    secret under 32 bytes, which could be guessed.
    """
    if len(secret) < 32:
        raise ValueError("A webhook's secret has at least 32 bytes.")
    return f"t={at},v1={_mac(body, secret, at)}"


def verify(body: bytes, signature: str, secret: bytes, now: int, *, tolerance: int = TOLERANCE) -> bool:
    """Whether `signature` is that of `body` and not older (or newer) than the tolerance; for receivers."""
    found = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", signature)
    if not found or abs(now - int(found[1])) > tolerance:
        return False
    return hmac.compare_digest(_mac(body, secret, int(found[1])), found[2])


def _mac(body: bytes, secret: bytes, at: int) -> str:
    return hmac.new(secret, b"%d.%b" % (at, body), hashlib.sha256).hexdigest()

"""The second factor: codes of six digits that change each half minute (TOTP, RFC 6238), and codes for its loss."""

from __future__ import annotations

import base64
import io
import secrets
import time
from hmac import compare_digest

import pyotp
import segno
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding, aes_key_wrap_with_padding
from sqlalchemy import delete
from sqlalchemy.orm import Session

from transcribe.service.identity import proof
from transcribe.store.engine import now
from transcribe.store.people import Person, RecoveryCode

_STEP_SECONDS = 30
_DRIFT = 1
"""Steps by which a telephone's clock may be off, either way."""

_SEALED = "sealed:"
_RECOVERY_CODES = 10


def prepare(person: Person, master: bytes | None) -> str:
    """The secret that the person's telephone is to be given, made if there is none yet; not in force until `begin`."""
    if person.totp is None:
        person.totp = _kept(pyotp.random_base32(), master)
    return _secret(person.totp, master)


def address(secret: str, email: str) -> str:
    """The secret as authenticator apps read it."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Transcribe")


def picture(secret: str, email: str) -> str:
    """The same as a QR code, in SVG without style or script."""
    drawn = io.BytesIO()
    segno.make(address(secret, email), error="m").save(
        drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False, title="QR code"
    )
    return drawn.getvalue().decode()


def take(person: Person, code: str, master: bytes | None, *, clock: float | None = None) -> bool:
    """Whether `code` is right now and was not taken before; one that is right is taken by this.

    The person's row is locked by the caller, so that of two who show the same code at once one is refused.
    """
    if person.totp is None:
        return False
    totp, step = pyotp.TOTP(_secret(person.totp, master)), int((clock or time.time()) / _STEP_SECONDS)
    given = code.replace(" ", "").encode()
    for each in range(step - _DRIFT, step + _DRIFT + 1):
        if compare_digest(totp.generate_otp(each).encode(), given) and each > (person.totp_step or 0):
            person.totp_step = each
            return True
    return False


def begin(session: Session, person: Person) -> list[str]:
    """Put the second factor in force, and the codes that stand in for it, which only their owner will ever see."""
    person.totp_at = now(session)
    return new_recovery_codes(session, person)


def stop(session: Session, person: Person) -> None:
    """Forget the second factor, which is set up anew at the next sign-in."""
    person.totp = person.totp_at = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def new_recovery_codes(session: Session, person: Person) -> list[str]:
    """Fresh codes; the ones before are no longer worth anything."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(_RECOVERY_CODES)]
    session.add_all(RecoveryCode(digest=_recovery(person, code), person_id=person.id) for code in codes)
    return codes


def take_recovery_code(session: Session, person: Person, code: str) -> bool:
    """Whether `code` is one of the person's recovery codes; it is used up by this."""
    found = session.get(RecoveryCode, _recovery(person, code.strip().lower()))
    if found is not None:
        session.delete(found)
    return found is not None


def _recovery(person: Person, code: str) -> str:
    return proof.digest(f"{person.id} {code}")


def _kept(secret: str, master: bytes | None) -> str:
    """The secret as the database holds it: under the master key (RFC 5649) where there is one."""
    if master is None:
        return secret
    return _SEALED + base64.b64encode(aes_key_wrap_with_padding(master, secret.encode())).decode()


def _secret(kept: str, master: bytes | None) -> str:
    if not kept.startswith(_SEALED) or master is None:
        return kept
    return aes_key_unwrap_with_padding(master, base64.b64decode(kept.removeprefix(_SEALED))).decode()

"""Sends a one-time link to whom it is for, where there is a mail server; else an admin hands it on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from transcribe.delivery import notice
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.engine import transaction

_SECONDS = 10.0
"""For the mail server to take it: an admin waits before the page."""

_INVITED = (
    "You are invited to Transcribe",
    "You are invited to work with dictations and reports at {host}.\n"
    "Choose a password here; the link works once, within a week:",
)
_RESET = (
    "Choose a new password",
    "An admin gave you a link with which you choose a new password at {host}; it works once, within a day:",
)
_CLOSE = "If you do not know why you get this, leave it alone: without the link nothing happens."


def can_send(house: House) -> bool:
    """Whether links can go by e-mail: there is a mail server, a sender, and an address that is surely our own.

    The address that a browser asked for is not enough: who forged it would have our links lead to themselves.
    """
    settings = house.settings
    return bool(settings.smtp_url and settings.mail_from and settings.public_url)


def send(house: House, who: Principal, person: str, to: str, link: str, *, invited: bool) -> None:
    """Send the link to the person's address, without a word beyond what it is for.

    Raises `Refused` where the address is not known to the mail server, `TryLater` where that is away, `UsageError`
    for what is no address.
    """
    settings = house.settings
    subject, text = _INVITED if invited else _RESET
    mail = notice.message(
        sender=settings.mail_from, to=to, subject=subject, at=datetime.now(UTC), message_id=uuid.uuid4().hex,
        content=f"{text.format(host=settings.public_url)}\n\n{link}\n\n{_CLOSE}\n",
    )  # fmt: skip
    notice.send(mail, settings.smtp_url, timeout=_SECONDS)
    with transaction(house.engine) as session:
        audit.record(session, who.clinic, who.actor, "link sent", person)

"""Brings a parcel to a target of each kind, and returns what proves that it has it."""

from __future__ import annotations

import json
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transcribe.delivery import folder, notice, sftp, webhook
from transcribe.delivery.fhir import document_bundle
from transcribe.delivery.fhir.checks import problems
from transcribe.delivery.forms import FHIR
from transcribe.delivery.hl7 import Envelope, Event, mdm, oru, send
from transcribe.delivery.kinds import Fhir, Folder, Kind, Mail, Mllp, Sftp, Webhook
from transcribe.delivery.parcel import Happened, Parcel
from transcribe.delivery.post import post
from transcribe.delivery.targets import Allowed, refuse_unlisted, resolve, target
from transcribe.errors import UnusableInput, UsageError


@dataclass(frozen=True, slots=True)
class Outside:
    """What this machine gives to sending: the clinic's folder, the places that may be reached, the mail server."""

    outbox: Path
    allowed: Allowed
    smtp_url: str = ""
    mail_from: str = ""
    public_url: str = ""


def bring(parcel: Parcel, kind: Kind, secret: str, outside: Outside) -> str:
    """Send, and return the acknowledgement.

    Raises `TryLater` for what may go better another time (`Unwanted`: the receiver has read this and does not want
    it), `Refused` where it will never take this; any other error is of our own side.
    """
    return _WAYS[type(kind)](parcel, kind, secret, outside)


def refuse(kind: Kind, secret: str, outside: Outside) -> None:
    """Raise what sending to this target would be refused for on this side, before anything is sent."""
    if isinstance(kind, (Webhook, Fhir)):
        target(kind.url, outside.allowed)
    if isinstance(kind, (Sftp, Mllp)):
        refuse_unlisted(kind.kind, kind.host, kind.port, outside.allowed)
    if isinstance(kind, Webhook) and len(secret.encode()) < 32:
        raise UsageError("A webhook needs a secret of at least 32 characters.")
    if isinstance(kind, Sftp) and secret.lstrip().startswith("-----BEGIN"):
        sftp.private_key(secret)
    if isinstance(kind, Mllp) and kind.tls:
        _tls(kind, secret)
    if isinstance(kind, Mail) and not (outside.smtp_url and outside.mail_from and outside.public_url):
        raise UsageError("Mail needs TRANSCRIBE_SMTP_URL, TRANSCRIBE_MAIL_FROM and TRANSCRIBE_PUBLIC_URL.")


def _to_folder(parcel: Parcel, kind: Folder, _secret: str, outside: Outside) -> str:
    outside.outbox.mkdir(parents=True, exist_ok=True, mode=0o750)
    made = [folder.drop(outside.outbox, path, content) for path, content in parcel.files(kind.names, kind.forms)]
    return "\n".join(str(path.relative_to(outside.outbox.resolve())) for path in made)


def _to_sftp(parcel: Parcel, kind: Sftp, secret: str, outside: Outside) -> str:
    refuse_unlisted("sftp", kind.host, kind.port, outside.allowed)
    files = list(parcel.files(kind.names, kind.forms))  # Made before the line is opened, which is not for ever.
    address = resolve(kind.host, kind.port, outside.allowed)
    return "\n".join(sftp.put(sftp.Login(address, kind.port, kind.user, kind.host_key, secret), kind.folder, files))


def _to_webhook(parcel: Parcel, kind: Webhook, secret: str, outside: Outside) -> str:
    body = parcel.notice()
    headers = webhook.headers(body, secret.encode(), parcel.message_id, int(time.time()))
    return f"HTTP {post(kind.url, body, headers, outside.allowed).status}"


def _to_fhir(parcel: Parcel, kind: Fhir, secret: str, outside: Outside) -> str:
    withdrawn = parcel.happened is Happened.CANCELLED
    attachments = [parcel.file(kind.attach)] if kind.attach and not withdrawn else []
    bundle = document_bundle(parcel.report, parcel.made_at, attachments=attachments, withdrawn=withdrawn)
    if found := problems(bundle):
        raise UnusableInput(f"The report makes no valid FHIR document: {found[0]}.")
    headers = {"Content-Type": FHIR, "Accept": FHIR}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    # The id is ours, so that the same document sent again is put in its own place.
    place = f"{kind.url.rstrip('/')}/Bundle/{bundle['id']}"
    content = json.dumps(bundle, ensure_ascii=False).encode("utf-8", "backslashreplace")
    answer = post(place, content, headers, outside.allowed, method="PUT")
    return f"HTTP {answer.status} Bundle/{bundle['id']}"


_EVENTS = {
    Happened.SIGNED: Event.NEW,
    Happened.REPLACED: Event.REPLACE,
    Happened.ADDENDUM: Event.ADDENDUM,
    Happened.CANCELLED: Event.CANCEL,
}


def message(parcel: Parcel, kind: Mllp) -> str:
    """The HL7 message that tells a receiver of these settings what happened."""
    withdrawn = parcel.happened is Happened.CANCELLED
    envelope = Envelope(
        parcel.message_id, parcel.made_at, sending_facility=kind.sending_facility,
        receiving_application=kind.receiving_application, receiving_facility=kind.receiving_facility,
        processing=kind.processing,
    )  # fmt: skip
    attachment = parcel.file(kind.attach) if kind.attach and not withdrawn else None
    if kind.message == "oru":
        return oru(parcel.report, envelope, attachment=attachment, withdrawn=withdrawn)
    event = _EVENTS[parcel.happened]
    if event is Event.REPLACE and kind.corrections == "edit":
        event = Event.EDIT
    return mdm(parcel.report, event, envelope, attachment=attachment, reason=parcel.reason)


def _to_mllp(parcel: Parcel, kind: Mllp, secret: str, outside: Outside) -> str:
    refuse_unlisted("mllp", kind.host, kind.port, outside.allowed)
    made = message(parcel, kind)
    address = resolve(kind.host, kind.port, outside.allowed)
    answer = send(made, kind.host, kind.port, address=address, tls=_tls(kind, secret) if kind.tls else None)
    return f"{answer.code} {answer.control_id} {answer.text}".rstrip()


def _tls(kind: Mllp, secret: str) -> ssl.SSLContext:
    """What the receiver must show, and what we show it. Raises `UsageError` for what is no PEM."""
    try:
        context = ssl.create_default_context(cadata=kind.authority or None)
        if secret:
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(secret)
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError("The certificate or key of this target is no PEM that can be used.") from error
    return context


def _to_mail(parcel: Parcel, kind: Mail, _secret: str, outside: Outside) -> str:
    mail = notice.notice(
        sender=outside.mail_from, to=kind.to, link=outside.public_url, identity=parcel.report.identity,
        at=parcel.made_at, message_id=parcel.message_id, happened=parcel.happened,
    )  # fmt: skip
    notice.send(mail, outside.smtp_url)
    return f"handed to the mail server as {mail['Message-ID']}"


_WAYS: Mapping[type[Kind], Callable[[Parcel, Any, str, Outside], str]] = {
    Folder: _to_folder,
    Sftp: _to_sftp,
    Webhook: _to_webhook,
    Fhir: _to_fhir,
    Mllp: _to_mllp,
    Mail: _to_mail,
}

"""E-mails that say that something happened, and nothing about whom: e-mail is a postcard."""

from __future__ import annotations

import re
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from transcribe.delivery.retry import Refused
from transcribe.errors import MissingPart, TranscribeError, TryLater, UsageError

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")

_READY = "Report {identity} is ready. Sign in to read it:"
_SUBJECTS = {
    "signed": ("A report is ready", _READY),
    "replaced": ("A report was replaced", "A new version of report {identity} is ready. Sign in to read it:"),
    "addendum": ("A report has an addendum", "Something was added to report {identity}. Sign in to read it:"),
    "cancelled": ("A report was withdrawn", "Report {identity} does not count any more. Sign in to see why:"),
    "stuck": ("Reports do not arrive", "{identity} reports did not reach their receiver. Sign in to see which:"),
}


def refuse_address(address: str) -> None:
    """Raise `UsageError` for what is no e-mail address; a line end in one would forge a header."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError("This is no e-mail address.")


def notice(
    *, sender: str, to: str, link: str, identity: str, at: datetime, message_id: str, happened: str = "signed"
) -> EmailMessage:
    """The message for one recipient; `identity` is the opaque id of the report (or, for "stuck", how many), `link` a
    page behind the log-in; `message_id` lets a mailbox drop a repeat.

    Raises `UsageError` for what is no address, link or id.
    """
    if not re.fullmatch(r"https?://[!-~]+", link):
        raise UsageError("A notice needs the address of this server: set TRANSCRIBE_PUBLIC_URL.")
    if not all(re.fullmatch(r"[\w.-]{1,64}", each, re.ASCII) for each in (identity, message_id)):
        raise UsageError("A notice needs the id of a report.")
    subject, text = _SUBJECTS[happened]
    content = f"{text.format(identity=identity)}\n\n{link}\n"
    return message(sender=sender, to=to, subject=subject, content=content, at=at, message_id=message_id)


def message(*, sender: str, to: str, subject: str, content: str, at: datetime, message_id: str) -> EmailMessage:
    """An e-mail that a program wrote; raises `UsageError` for what is no address."""
    refuse_address(sender)
    refuse_address(to)
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<{message_id}@{sender.partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(content)
    return made


def send(message: EmailMessage, server: str, *, timeout: float = 30.0) -> None:
    """Hand the message to the mail server at `server`: smtps://USER:PASSWORD@HOST, or smtp:// with STARTTLS.

    Raises `MissingPart` where none is set, `Refused` for a recipient whom it does not know, else `TryLater`.
    """
    parts = urlsplit(server)
    if not parts.hostname:
        raise MissingPart("There is no mail server: set TRANSCRIBE_SMTP_URL and TRANSCRIBE_MAIL_FROM.")
    try:
        with _connected(parts.scheme, parts.hostname, parts.port or 0, timeout) as line:
            if parts.username:
                if not isinstance(line.sock, ssl.SSLSocket):
                    raise TryLater("The mail server offers no TLS; a password does not go there in the open.")
                line.login(unquote(parts.username), unquote(parts.password or ""))
            line.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _judged(error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise TryLater(f"The mail server does not take it ({type(error).__name__}).") from error


def _connected(scheme: str, host: str, port: int, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=timeout, context=context)
    line = smtplib.SMTP(host, port or 587, timeout=timeout)
    line.ehlo()
    if line.has_extn("starttls"):
        line.starttls(context=context)
    return line


def _judged(error: smtplib.SMTPException) -> TranscribeError:
    """Codes from 500 on are for good, those from 400 on for now."""
    codes = [getattr(error, "smtp_code", 0)]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    kind = Refused if min(codes) >= 500 else TryLater
    return kind(f"The mail server refuses the message (code {min(codes)}).")

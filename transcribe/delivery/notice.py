"""An e-mail that says that a report is there, and nothing about whom: e-mail is a postcard."""

from __future__ import annotations

import re
from email.message import EmailMessage

from transcribe.errors import UsageError

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9.-]+")


def notice(*, sender: str, to: str, link: str, identity: str) -> EmailMessage:
    """The message for one recipient; `identity` is the opaque id of the report, `link` its page behind the log-in.

    Raises `UsageError` for what is no address, link or id: a line end in one of them would forge a header.
    """
    if not _ADDRESS.fullmatch(sender) or not _ADDRESS.fullmatch(to):
        raise UsageError("This is no e-mail address.")
    if not re.fullmatch(r"https?://[!-~]+", link) or not re.fullmatch(r"[\w.-]{1,64}", identity, re.ASCII):
        raise UsageError("A notice needs a link and the id of a report.")
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, "A report is ready"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(f"Report {identity} is ready. Sign in to read it:\n\n{link}\n")
    return made

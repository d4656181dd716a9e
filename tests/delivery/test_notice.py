"""An e-mail says that there is something to read, and nothing else."""

from __future__ import annotations

import smtplib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from tests.naughty import TEXTS
from transcribe.delivery.notice import notice, send
from transcribe.delivery.retry import Refused
from transcribe.errors import MissingPart, TranscribeError, TryLater, UsageError

AT = datetime(2026, 5, 19, 9, 0, tzinfo=UTC)
GOOD = {"sender": "no-reply@example.org", "to": "a.b@example.org", "link": "https://x.example.org/r/1"}


def made(**other: str) -> EmailMessage:
    return notice(**{**GOOD, "identity": "R-1", "message_id": "M1", **other}, at=AT)


def test_notice_names_report_and_link_only() -> None:
    """Another reader finds the id, the link, the addresses, and an id by which a repeat is known."""
    read = message_from_bytes(bytes(made()), policy=policy.default)
    assert (read["To"], read["Subject"]) == ("a.b@example.org", "A report is ready")
    assert (read["Message-ID"], read["Date"]) == ("<M1@example.org>", "Tue, 19 May 2026 09:00:00 +0000")
    assert read.get_content() == "Report R-1 is ready. Sign in to read it:\n\nhttps://x.example.org/r/1\n"


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_header_can_be_forged(text: str) -> None:
    """What is no address or link is refused, whatever it holds."""
    for key in GOOD:
        with pytest.raises(UsageError):
            made(**{key: text})
    for key in ("identity", "message_id"):
        with pytest.raises(UsageError):
            made(**{key: f"1 {text}"})


class Mailbox(socketserver.StreamRequestHandler):
    """A mail server that answers the recipient as it is told, and keeps what it takes."""

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().strip().upper():
            if line.startswith(b"DATA"):
                self.say("354 go on")
                while (part := self.rfile.readline()) != b".\r\n":
                    self.server.kept.append(part)  # type: ignore[attr-defined]
                self.say("250 kept")
            elif line.startswith(b"RCPT"):
                self.say(self.server.answer)  # type: ignore[attr-defined]
            elif line.startswith(b"QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mailing(answer: str) -> Iterator[tuple[str, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        server.answer, server.kept = answer, []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        try:
            yield f"smtp://127.0.0.1:{server.server_address[1]}", server.kept  # type: ignore[attr-defined]
        finally:
            server.shutdown()


@pytest.mark.enable_socket
def test_mail_is_handed_over() -> None:
    """The mail server has the message when `send` returns."""
    with mailing("250 ok") as (server, kept):
        send(made(), server, timeout=3)
    assert b"Message-ID: <M1@example.org>\r\n" in kept


@pytest.mark.enable_socket
@pytest.mark.parametrize(("answer", "kind"), [("550 nobody", Refused), ("451 later", TryLater)])
def test_refusals_are_told_apart(answer: str, kind: type[TranscribeError]) -> None:
    """A recipient whom nobody knows is for a person; a busy server is for later. Neither repeats the server's words."""
    with mailing(answer) as (server, _), pytest.raises(kind) as refused:
        send(made(), server, timeout=3)
    assert type(refused.value) is kind
    assert "nobody" not in str(refused.value)
    assert isinstance(refused.value.__cause__, smtplib.SMTPException)


@pytest.mark.enable_socket
def test_a_password_does_not_travel_in_the_open() -> None:
    """A server without TLS is not given it."""
    with mailing("250 ok") as (server, kept), pytest.raises(TryLater, match="TLS"):
        send(made(), server.replace("smtp://", "smtp://me:secret@"), timeout=3)
    assert not kept


def test_without_a_mail_server_it_is_said_how_to_name_one() -> None:
    """Nothing is sent."""
    with pytest.raises(MissingPart, match="TRANSCRIBE_SMTP_URL"):
        send(made(), "")

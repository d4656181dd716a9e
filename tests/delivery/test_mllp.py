"""Every report arrives at a receiver that misbehaves, and each is one report there however often it was sent."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.delivery.examples import signed
from transcribe.delivery.hl7 import Envelope, Event, acknowledge, control_id, mdm, send
from transcribe.delivery.hl7.read import parse
from transcribe.delivery.retry import LONGEST, wait_after
from transcribe.errors import TranscribeError, TryLater

pytestmark = pytest.mark.enable_socket

NOW = datetime.datetime(2026, 5, 19, 9, 0, tzinfo=datetime.UTC)


@dataclass
class Receiver:
    """A real MLLP receiver on this machine that behaves, one connection after the other, as `plan` says.

    `kept` are the messages it has committed, by their id; `seen` counts how often each arrived.
    """

    plan: list[str]
    kept: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    port: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        listener.settimeout(0.05)
        while not self.stop.is_set():
            try:
                line, _ = listener.accept()
            except (TimeoutError, ssl.SSLError, ConnectionError):
                continue
            with line:
                line.settimeout(2)
                self.answer(line, self.plan.pop(0) if self.plan else "AA")

    def answer(self, line: socket.socket, how: str) -> None:
        if how == "drops":
            return
        got = b""
        while not got.endswith(b"\x1c\r"):
            piece = line.recv(65536)
            if not piece:
                return
            got += piece
        message = got[1:-2].decode("utf-8")
        identity = parse(message).value("MSH", 10)
        self.seen.append(identity)
        if how not in ("AE", "CE", "AR", "CR", "ZZ"):
            self.kept[identity] = message
        self.acknowledge(line, how, message, identity)

    def acknowledge(self, line: socket.socket, how: str, message: str, identity: str) -> None:
        framed = b"\x0b" + acknowledge(message, how if len(how) == 2 else "AA", NOW).encode() + b"\x1c\r"
        if how == "hangs":
            self.stop.wait(1)
        elif how == "half":
            line.sendall(framed[: len(framed) // 2])
        elif how == "another":
            line.sendall(framed.replace(identity.encode(), b"X"))
        elif how == "noise":
            line.sendall(b"\x0bHTTP/1.1 400 Bad Request\r\n\x1c\r")
        elif how == "slow":
            for at in range(len(framed)):
                line.sendall(framed[at : at + 1])
        elif how == "twice":
            line.sendall(framed * 2)
        elif how != "cuts after commit":
            line.sendall(framed)


@contextmanager
def receiving(*plan: str, wrap: Callable[[socket.socket], socket.socket] | None = None) -> Iterator[Receiver]:
    receiver = Receiver(list(plan))
    with socket.create_server(("127.0.0.1", 0)) as plain:
        receiver.port = plain.getsockname()[1]
        listener = wrap(plain) if wrap else plain
        thread = threading.Thread(target=receiver.serve, args=(listener,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.stop.set()
            thread.join()
            listener.close()


def message(number: int = 1) -> str:
    identity = f"R-{number}"
    return mdm(replace(signed(), identity=identity), Event.NEW, Envelope(control_id(identity, "1", "clinic"), NOW))


@pytest.mark.parametrize("how", ["AA", "CA", "slow", "twice"])
def test_accepted_message_is_proven(how: str) -> None:
    """What the receiver says is returned as proof, however it arrives."""
    with receiving(how) as receiver:
        answer = send(message(), "127.0.0.1", receiver.port, timeout=3)
        assert answer.code == ("CA" if how == "CA" else "AA")
        assert receiver.kept == {answer.control_id: message()}


@pytest.mark.parametrize("how", ["drops", "cuts after commit", "half", "another", "noise", "AR", "CR"])
def test_doubt_asks_to_send_again(how: str) -> None:
    """Where nobody knows, or the receiver cannot now, the message may be sent again."""
    with receiving(how) as receiver, pytest.raises(TryLater):
        send(message(), "127.0.0.1", receiver.port, timeout=2)


@pytest.mark.parametrize("how", ["AE", "CE", "ZZ"])
def test_refusal_is_told_as_one(how: str) -> None:
    """A message that was read and refused says so for a person to see; the receiver's words are not repeated."""
    with receiving(how) as receiver, pytest.raises(TryLater, match="refuses it") as refused:
        send(message(), "127.0.0.1", receiver.port, timeout=2)
    assert "Ann" not in str(refused.value)


def test_receiver_that_hangs_is_left() -> None:
    """The time limit holds for the whole exchange."""
    with receiving("hangs") as receiver:
        began = time.monotonic()
        with pytest.raises(TryLater):
            send(message(), "127.0.0.1", receiver.port, timeout=0.3)
        assert time.monotonic() - began < 1.5


def test_nobody_there_is_told() -> None:
    """A refused connection is no crash."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(TryLater):
        send(message(), "127.0.0.1", port, timeout=1)


def test_every_report_arrives_once() -> None:
    """Through every misbehaviour in turn each report is kept under one id, and the waits between are bounded."""
    plan = (
        "drops",
        "hangs",
        "AE",
        "AR",
        "cuts after commit",
        "half",
        "AA",
        "another",
        "noise",
        "CR",
        "AA",
        "half",
        "CA",
    )
    due = {number: 0 for number in range(1, 7)}
    waits = []
    with receiving(*plan) as receiver:
        while due:
            number = min(due, key=lambda each: due[each])
            try:
                send(message(number), "127.0.0.1", receiver.port, timeout=0.3)
                del due[number]
            except TryLater:
                due[number] += 1
                waits.append(wait_after(due[number]))
        assert set(receiver.kept.values()) == {message(number) for number in range(1, 7)}
        assert len(receiver.seen) > len(receiver.kept) == 6
    assert max(waits) <= LONGEST


def test_waits_grow_and_are_bounded() -> None:
    """Each wait is twice the one before until it is an hour, after however many attempts."""
    assert [wait_after(number) for number in (1, 2, 3)] == [15, 30, 60]
    assert wait_after(10) == wait_after(10**6) == LONGEST == 3600


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_line_is_encrypted_for_the_right_receiver_only(certificate: tuple[Path, Path]) -> None:
    """With TLS the message goes to the receiver whose certificate is trusted, and to nobody else."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)

    def wrap(plain: socket.socket) -> socket.socket:
        return server.wrap_socket(plain, server_side=True)

    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    with receiving("AA", wrap=wrap) as receiver:
        assert send(message(), "localhost", receiver.port, tls=trusting, timeout=3).code == "AA"
    with receiving("AA", wrap=wrap) as receiver, pytest.raises(TranscribeError, match="not trusted"):
        send(message(), "localhost", receiver.port, tls=ssl.create_default_context(), timeout=3)
    assert not receiver.kept

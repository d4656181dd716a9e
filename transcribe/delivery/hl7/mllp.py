"""Sends one HL7 message over MLLP and waits for what the receiver says to it."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass

from transcribe.delivery.hl7.read import parse
from transcribe.delivery.retry import Unwanted
from transcribe.errors import TranscribeError, TryLater

START, END = b"\x0b", b"\x1c\r"
"""What stands before and after a message (HL7 Transport Specification: MLLP, release 1)."""

MAX_ANSWER = 2**20

ACCEPTED, REJECTED = frozenset({"AA", "CA"}), frozenset({"AR", "CR"})


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The receiver has the message: its code, the id it answers and its words, to be kept as proof."""

    code: str
    control_id: str
    text: str


def send(
    message: str,
    host: str,
    port: int,
    *,
    address: str = "",
    tls: ssl.SSLContext | None = None,
    timeout: float = 30.0,
) -> Acknowledgement:
    """Send `message` and return the acknowledgement that accepts it; `address` is that of the host, if it is known.

    Raises `TryLater` where nobody knows whether it arrived (no connection, no answer in `timeout` seconds in all, a
    line that is cut, an answer to something else) or the receiver did not take it: the same message may be sent
    again. For AE and CE that is `Unwanted`. No error repeats the receiver's words, which may be a patient's.
    """
    identity = parse(message).value("MSH", 10)
    until = time.monotonic() + timeout
    try:
        with socket.create_connection((address or host, port), timeout) as plain:
            plain.settimeout(_left(until))
            with tls.wrap_socket(plain, server_hostname=host) if tls else plain as line:
                line.sendall(START + message.encode("utf-8") + END)
                answer = _answer(line, until)
    except ssl.SSLCertVerificationError as error:
        raise TryLater(f"{host}:{port} shows a certificate that is not trusted.") from error
    except OSError as error:
        raise TryLater(f"{host}:{port} cannot be reached or gives no answer ({type(error).__name__}).") from error
    return _judged(answer, identity, f"{host}:{port}")


def _left(until: float) -> float:
    """The seconds until then; `TimeoutError` when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(line: socket.socket, until: float) -> bytes:
    """All of one framed answer; `OSError` where it breaks off or comes too slowly."""
    got = bytearray()
    while END not in got:
        line.settimeout(_left(until))
        piece = line.recv(2**16)
        if not piece or len(got) > MAX_ANSWER:
            raise ConnectionError
        got += piece
    return bytes(got)


def _judged(answer: bytes, identity: str, place: str) -> Acknowledgement:
    start = answer.rfind(START, 0, answer.index(END))
    try:
        read = parse(answer[start + 1 : answer.index(END)])
    except TranscribeError as error:
        raise TryLater(f"{place} gives an answer that is no HL7 message.") from error
    code, answers, text = (read.value("MSA", number) for number in (1, 2, 3))
    if answers != identity:
        raise TryLater(f"{place} answers another message.")
    if code in ACCEPTED:
        return Acknowledgement(code, answers, text)
    if code in REJECTED:
        raise TryLater(f"{place} cannot take the message now ({code}).")
    kind = code if code in ("AE", "CE") else "an unknown code"
    raise Unwanted(f"{place} has read the message and refuses it ({kind}); the reason is in its own log.")

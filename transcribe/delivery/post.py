"""Sends bytes to a listed target over HTTP: to the address that was checked, without redirects, in bounded time."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from transcribe.delivery.targets import Allowed, Target, resolve, target
from transcribe.errors import TranscribeError, TryLater

MAX_ANSWER = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Answer:
    """The receiver's status and the beginning of its words, to be kept as proof."""

    status: int
    body: bytes


def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    allowed: Allowed,
    *,
    tls: ssl.SSLContext | None = None,
    timeout: float = 30.0,
) -> Answer:
    """POST `content` and return the answer that accepts it (2xx).

    Raises `NotAllowed` for a target that is not listed, `TryLater` where it is not known whether it arrived or the
    receiver cannot now (408, 425, 429, 5xx), and `TranscribeError` where the receiver refuses it or sends elsewhere.
    """
    place = target(url, allowed)
    address = resolve(place.host, place.port, allowed)
    try:
        answer = _exchanged(place, address, content, headers, tls or ssl.create_default_context(), timeout)
    except ssl.SSLCertVerificationError as error:
        raise TranscribeError("The target shows a certificate that is not trusted.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TryLater(f"The target cannot be reached or gives no answer ({type(error).__name__}).") from error
    if 200 <= answer.status < 300:
        return answer
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise TryLater(f"The target cannot take it now (status {answer.status}).")
    elsewhere = " and sends elsewhere, which is not followed" if 300 <= answer.status < 400 else ""
    raise TranscribeError(f"The target refuses it (status {answer.status}){elsewhere}.")


def _exchanged(
    place: Target, address: str, content: bytes, headers: Mapping[str, str], context: ssl.SSLContext, timeout: float
) -> Answer:
    line = socket.create_connection((address, place.port), timeout)
    # A receiver that sends a byte now and then would never run into the time limit of a single read.
    alarm = threading.Timer(timeout, _cut, (line,))
    alarm.start()
    try:
        if place.tls:
            line = context.wrap_socket(line, server_hostname=place.host)
        connection = http.client.HTTPConnection(place.host, place.port)
        connection.sock = line
        standard = 443 if place.tls else 80
        host = f"[{place.host}]" if ":" in place.host else place.host
        named = host if place.port == standard else f"{host}:{place.port}"
        connection.request("POST", place.path, content, {**headers, "Host": named, "Connection": "close"})
        with connection.getresponse() as response:
            return Answer(response.status, response.read(MAX_ANSWER))
    finally:
        alarm.cancel()
        line.close()


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It ended by itself.

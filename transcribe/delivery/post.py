"""Sends bytes to a listed target over HTTP: to the address that was checked, without redirects, in bounded time."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from transcribe.delivery.retry import Refused
from transcribe.delivery.targets import Allowed, Target, resolve, target
from transcribe.errors import TryLater

MAX_ANSWER = 64 * 2**10

_MENDED = frozenset({401, 403, 404, 405, 408, 425, 429})
"""Refusals that are not about what was sent: of who sends, of the address, of the moment."""


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
    method: str = "POST",
    tls: ssl.SSLContext | None = None,
    timeout: float = 30.0,
) -> Answer:
    """POST (or PUT) `content` and return the answer that accepts it (2xx).

    Raises `NotAllowed` for a target that is not listed, `Refused` where the receiver does not take this content, and
    `TryLater` for all that a person may mend: no connection, a certificate that is not trusted, a receiver that
    cannot now, does not know us, or sends elsewhere.
    """
    place = target(url, allowed)
    address = resolve(place.host, place.port, allowed)
    try:
        request = (method, content, headers)
        answer = _exchanged(place, address, request, tls or ssl.create_default_context(), timeout)
    except ssl.SSLCertVerificationError as error:
        raise TryLater("The target shows a certificate that is not trusted.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TryLater(f"The target cannot be reached or gives no answer ({type(error).__name__}).") from error
    if 200 <= answer.status < 300:
        return answer
    if 400 <= answer.status < 500 and answer.status not in _MENDED:
        raise Refused(f"The target refuses it (status {answer.status}).")
    elsewhere = " and sends elsewhere, which is not followed" if 300 <= answer.status < 400 else ""
    raise TryLater(f"The target does not take it now (status {answer.status}){elsewhere}.")


def _exchanged(
    place: Target, address: str, request: tuple[str, bytes, Mapping[str, str]], context: ssl.SSLContext, timeout: float
) -> Answer:
    method, content, headers = request
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
        connection.request(method, place.path, content, {**headers, "Host": named, "Connection": "close"})
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

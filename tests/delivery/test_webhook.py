"""A webhook proves who sent it, says nothing of the patient, and goes nowhere but where it may."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.examples import signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.delivery import webhook
from transcribe.delivery.post import post
from transcribe.delivery.retry import Refused
from transcribe.delivery.targets import Allowed, Target, resolve, target
from transcribe.errors import NotAllowed, TranscribeError, TryLater

SECRET = b"s" * 32
LISTED = Allowed(frozenset({"https://hooks.example.org", "https://other.example.org:8443", "http://plain.example.org"}))


def test_signature_is_checked() -> None:
    """A changed body, another secret, another time and a late copy are found."""
    signature = webhook.sign(b"{}", SECRET, 1_000)
    assert webhook.verify(b"{}", signature, SECRET, 1_100)
    assert not webhook.verify(b"{ }", signature, SECRET, 1_100)
    assert not webhook.verify(b"{}", signature, b"t" * 32, 1_100)
    assert not webhook.verify(b"{}", signature.replace("1000", "1001"), SECRET, 1_100)
    assert not webhook.verify(b"{}", signature, SECRET, 2_000)
    # As another program computes it: printf "1000.{}" | openssl dgst -sha256 -hmac sssss…
    assert signature == "t=1000,v1=3b20f4e8ff286a644da8fa3ba461e2803384471efa2f5de2896a73b2f3be7ade"


@settings(deadline=None)
@given(st.text(), st.binary())
def test_any_signature_is_judged(signature: str, body: bytes) -> None:
    """What is no signature is wrong, never an error."""
    assert not webhook.verify(body, signature, SECRET, 1_000)


def test_short_secret_is_refused() -> None:
    """A secret that could be guessed is none."""
    with pytest.raises(ValueError, match="32 bytes"):
        webhook.sign(b"", b"short", 0)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_message_says_nothing_of_the_patient(text: str) -> None:
    """The body holds ids and hashes; no header can be split."""
    body = webhook.message(signed(), "report.signed", text)
    assert "Ann" not in body.decode()
    assert json.loads(body)["delivery"] == text
    assert json.loads(webhook.message(with_everywhere(text), "report.signed", "1"))["report"] == text
    for value in webhook.headers(body, SECRET, text, 0).values():
        assert value.isascii()
        assert value.isprintable()


def test_listed_target_is_taken_apart() -> None:
    """Host, port, path and query of an origin on the list; capitals do not matter."""
    assert target("https://HOOKS.example.org/a?b=1", LISTED) == Target(True, "hooks.example.org", 443, "/a?b=1")
    assert target("https://other.example.org:8443", LISTED) == Target(True, "other.example.org", 8443, "/")
    assert target("http://plain.example.org:80/x", LISTED).tls is False


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/",
        "https://hooks.example.org.evil.example/",
        "https://hooks.example.org:8443/",
        "http://hooks.example.org/",
        "https://hooks.example.org@evil.example/",
        "https://user:password@hooks.example.org/",
        "https://evil.example\\@hooks.example.org/",
        "file:///etc/passwd",
        "gopher://hooks.example.org/",
        "//hooks.example.org/",
        "https://hooks.example.org/\r\nX: y",
        "https://hooks.example.org:99999/",
        "https://[::1/",
        *TEXTS,
    ],
)
def test_other_targets_are_refused(url: str) -> None:
    """Only a listed origin is a target, however another is dressed up; the address is not repeated."""
    with pytest.raises(NotAllowed) as refused:
        target(url, LISTED)
    assert "evil" not in str(refused.value)


def found(*addresses: str) -> Any:
    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return look_up


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
        ),
        *("::1", "::", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "ff02::1"),
        *("2002:7f00:1::", "224.0.0.1", "255.255.255.255", "192.0.2.1", "2001:db8::1"),
    ],
)
def test_private_addresses_are_refused(address: str) -> None:
    """A host at an address that is private, special or packs a private one is not connected to, nor one with both."""
    with pytest.raises(NotAllowed):
        resolve("h", 1, LISTED, look_up=found(address))
    with pytest.raises(NotAllowed):
        resolve("h", 1, LISTED, look_up=found("93.184.216.34", address))


def test_listed_network_may_be_reached() -> None:
    """A private network on the list is reached, and a public address needs no list."""
    allowed = Allowed(networks=frozenset({"10.2.0.0/16"}))
    assert resolve("h", 1, allowed, look_up=found("10.2.3.4")) == "10.2.3.4"
    assert resolve("h", 1, allowed, look_up=found("93.184.216.34")) == "93.184.216.34"
    with pytest.raises(NotAllowed):
        resolve("h", 1, allowed, look_up=found("10.3.0.1"))
    with pytest.raises(TryLater):
        resolve("h", 1, allowed, look_up=found())


class Hook(BaseHTTPRequestHandler):
    """Answers as its path says and keeps what came."""

    kept: list[tuple[bytes, dict[str, str]]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept.append((body, dict(self.headers)))
        how = self.path.strip("/")
        if how == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if how == "drip":
            for _ in range(40):
                self.wfile.write(b"H")
                time.sleep(0.05)
            return
        self.send_response(int(how))
        self.send_header("Location", "/200")
        self.end_headers()
        self.wfile.write(b"x" * 200_000)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def hooked() -> Iterator[tuple[str, Allowed, list[tuple[bytes, dict[str, str]]]]]:
    kept: list[tuple[bytes, dict[str, str]]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Kept", (Hook,), {"kept": kept}))
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield origin, Allowed(frozenset({origin}), frozenset({"127.0.0.0/8"})), kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.enable_socket
def test_message_arrives_signed() -> None:
    """The receiver gets the body as it was signed, and its answer is returned as proof, cut to size."""
    body = webhook.message(signed(), "report.signed", "D-1")
    with hooked() as (origin, allowed, kept):
        answer = post(f"{origin}/200", body, webhook.headers(body, SECRET, "D-1", 1_000), allowed, timeout=3)
    assert (answer.status, len(answer.body)) == (200, 65536)
    ((got, headers),) = kept
    assert webhook.verify(got, headers[webhook.SIGNATURE_HEADER], SECRET, 1_000)
    assert headers[webhook.DELIVERY_HEADER] == "D-1"


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("how", "error"),
    [
        *(("301", TryLater), ("307", TryLater), ("400", Refused), ("410", Refused), ("422", Refused)),
        *((how, TryLater) for how in ("401", "404", "429", "500", "503", "cut", "drip")),
    ],
)
def test_other_answers_are_told_apart(how: str, error: type[TranscribeError]) -> None:
    """Redirects are not followed, refusals of the content are final, the rest may be mended; all in bounded time."""
    with hooked() as (origin, allowed, kept):
        began = time.monotonic()
        with pytest.raises(TranscribeError) as told:
            post(f"{origin}/{how}", b"{}", {}, allowed, timeout=0.5)
        assert time.monotonic() - began < 2
        assert len(kept) == 1
    assert type(told.value) is error


@pytest.mark.enable_socket
def test_this_machine_is_no_target_unless_listed() -> None:
    """Without its network on the list nothing is sent to a listed origin at a private address."""
    with hooked() as (origin, allowed, kept):
        with pytest.raises(NotAllowed):
            post(f"{origin}/200", b"{}", {}, Allowed(allowed.origins), timeout=1)
        assert not kept

"""What is left when the line breaks, over a real server and a socket that is closed half-way."""

from __future__ import annotations

import hashlib
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from tests.web.conftest import Site
from tests.web.test_uploads import CHUNK, TUS, begin, jobs, offset_of

SOUND = bytes(range(256)) * 4000


@pytest.fixture
def line(site: Site, tmp_path: Path) -> Iterator[Callable[[bytes], None]]:
    """Sends some bytes to a server and hangs up."""
    place = tmp_path / "web.sock"
    server = uvicorn.Server(uvicorn.Config(site.app, uds=str(place), log_config=None, lifespan="off"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)

    def send(data: bytes) -> None:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.connect(str(place))
            talk.sendall(data)

    yield send
    server.should_exit = True
    thread.join(20)


def request(site: Site, method: str, path: str, length: int, **heads: str) -> bytes:
    """The head of a request with a body of `length` bytes."""
    lines = {"Host": "localhost", "Authorization": f"Bearer {site.tokens['a editor']}", "Content-Length": str(length)}
    given = "".join(f"{name}: {value}\r\n" for name, value in {**lines, **heads}.items())
    return f"{method} {path} HTTP/1.1\r\n{given}\r\n".encode()


def settles(look: Callable[[], int], wanted: int) -> bool:
    """Whether `look` comes to see `wanted` within some seconds."""
    deadline = time.monotonic() + 10
    while look() != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return look() == wanted


def test_a_chunk_that_breaks_off_counts_as_far_as_it_came(site: Site, line: Callable[[bytes], None]) -> None:
    """The bytes that arrived are kept, and the upload goes on behind them."""
    place = begin(site, length=len(SOUND))
    line(request(site, "PATCH", place, len(SOUND), **CHUNK, **{"Upload-Offset": "0"}) + SOUND[:300_000])
    assert settles(lambda: offset_of(site, place), 300_000)
    heads = {**CHUNK, "Upload-Offset": "300000"}
    last = site.client().patch(place, content=SOUND[300_000:], headers=heads)
    assert last.headers["Transcribe-Sha256"] == hashlib.sha256(SOUND).hexdigest()


def test_a_chunk_with_a_checksum_that_breaks_off_does_not_count(site: Site, line: Callable[[bytes], None]) -> None:
    """Nobody knows whether its bytes are right; and it keeps nobody out."""
    place = begin(site, length=len(SOUND))
    check = b64encode(hashlib.sha1(SOUND).digest()).decode()
    heads = {**CHUNK, "Upload-Offset": "0", "Upload-Checksum": f"sha1 {check}"}
    line(request(site, "PATCH", place, len(SOUND), **heads) + SOUND[:300_000])

    def again() -> int:
        site.client().patch(place, content=SOUND, headers=heads)  # 423 until the server has noticed.
        return offset_of(site, place)

    assert settles(again, len(SOUND))
    assert "Transcribe-Job" in site.client().head(place, headers=TUS).headers


def test_a_form_that_breaks_off_leaves_nothing(site: Site, line: Callable[[bytes], None]) -> None:
    """No job, no bytes."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + SOUND
    heads = {"Content-Type": "multipart/form-data; boundary=b"}
    line(request(site, "POST", "/api/v1/dictations", len(body) * 2, **heads) + body)
    time.sleep(0.3)
    assert settles(lambda: len(list(site.house.blobs.arriving.iterdir())), 0)
    assert jobs(site) == 0

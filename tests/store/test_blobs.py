"""What was kept is read back as it was, or not at all."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transcribe.errors import NotFound, TranscribeError, UnusableInput
from transcribe.store.blobs import Arriving, Blobs, name_of
from transcribe.store.places import open_place
from transcribe.store.sealing import PIECE

CLINIC, JOB = "c" * 32, "j" * 32
KEY = bytes(range(32))
CANARY = b"Zebedee Quackenbush"


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real S3 server in a process of its own."""
    moto = shutil.which("moto_server", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if moto is None or find_spec("obstore") is None:
        pytest.skip("moto's server or obstore is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("s3") / "log").open("wb")
    server = subprocess.Popen([moto, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
        log.close()


def open_bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new bucket on the server."""
    import urllib.request

    name = f"b{os.urandom(6).hex()}"
    given = {"ENDPOINT_URL": endpoint, "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "REGION": "us-east-1"}
    for variable, value in given.items():
        monkeypatch.setenv(f"AWS_{variable}", value)
    for _ in range(100):
        try:
            urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT"), timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return f"s3://{name}/ours"
    raise AssertionError("the S3 server did not start")


@pytest.fixture(params=["folder", pytest.param("s3", marks=[pytest.mark.service, pytest.mark.enable_socket])])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sealed: bool) -> Blobs:
    """Blobs in a folder and in a bucket, plain and encrypted."""
    url = "" if request.param == "folder" else open_bucket(request.getfixturevalue("s3"), monkeypatch)
    return Blobs(open_place(url, tmp_path), tmp_path / "arriving", lambda _: KEY if sealed else None)


@pytest.fixture(params=[False, True], ids=["plain", "sealed"])
def sealed(request: pytest.FixtureRequest) -> bool:
    """Whether the clinic has a key."""
    return bool(request.param)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5])
def test_what_was_kept_is_read_back(blobs: Blobs, size: int) -> None:
    """Bytes of any size, by digest, whole or through a path that other processes can open."""
    data = os.urandom(size)
    digest = blobs.put(CLINIC, JOB, data)
    assert digest == sha256(data).hexdigest()
    assert blobs.read(CLINIC, digest, JOB) == data
    with blobs.local(CLINIC, digest, JOB) as path:
        assert subprocess.run(["cat", path], capture_output=True, check=True).stdout == data


def test_a_recording_is_shared_within_a_clinic_and_not_beyond(blobs: Blobs) -> None:
    """The same recording twice is one file; another clinic cannot see that it is there."""
    for _ in range(2):
        with Arriving(blobs, CLINIC) as recording:
            recording.write(b"same")
            recording.settle()
            digest = recording.keep()
    assert [name for name, _ in blobs.place.names(CLINIC)] == [name_of(CLINIC, digest)]
    assert blobs.read(CLINIC, digest) == b"same"
    with pytest.raises(NotFound):
        blobs.read("d" * 32, digest)


def test_what_was_not_kept_leaves_nothing(blobs: Blobs) -> None:
    """A recording that stops arriving is gone."""
    with Arriving(blobs, CLINIC) as recording:
        recording.write(b"half")
    assert list(blobs.arriving.iterdir()) == []
    assert list(blobs.place.names("")) == []


def test_what_was_deleted_is_not_found(blobs: Blobs) -> None:
    """One blob, or everything that was made for a job; deleting twice is no fault."""
    first, second = blobs.put(CLINIC, JOB, b"one"), blobs.put(CLINIC, JOB, b"two")
    for _ in range(2):
        blobs.delete(CLINIC, first, JOB)
    with pytest.raises(NotFound):
        blobs.read(CLINIC, first, JOB)
    assert blobs.read(CLINIC, second, JOB) == b"two"
    blobs.delete_job(CLINIC, JOB)
    assert list(blobs.place.names(CLINIC)) == []


def test_a_names_age_is_known(blobs: Blobs) -> None:
    """What was kept just now is not taken for something left over."""
    blobs.put(CLINIC, JOB, b"one")
    ((_, kept_at),) = blobs.place.names("")
    assert abs(datetime.now(UTC) - kept_at) < timedelta(minutes=5)


def test_a_blob_that_was_removed_on_its_way_in_is_sent_again(blobs: Blobs) -> None:
    """A retention rule may remove the same recording between its sending and its transaction."""
    with Arriving(blobs, CLINIC) as recording:
        recording.write(b"same")
        recording.settle()
        blobs.delete(CLINIC, recording.digest)
        digest = recording.keep()
    assert blobs.read(CLINIC, digest) == b"same"


def file_of(blobs: Blobs, digest: str) -> Path:
    """The file that holds a blob of the job."""
    path = blobs.place.file(name_of(CLINIC, digest, JOB))
    assert path is not None
    return path


@pytest.fixture(scope="module")
def sealed_folder(tmp_path_factory: pytest.TempPathFactory) -> Blobs:
    """Encrypted blobs in a folder."""
    folder = tmp_path_factory.mktemp("sealed")
    return Blobs(open_place("", folder), folder / "arriving", lambda _: KEY)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2 * PIECE + 100), st.integers(0, 10**9), st.integers(1, 255))
def test_no_changed_byte_is_ever_read_as_if_nothing_were(sealed_folder: Blobs, size: int, at: int, flip: int) -> None:
    """Any one byte of an encrypted file that differs makes it unreadable."""
    digest = sealed_folder.put(CLINIC, JOB, bytes(size))
    path = file_of(sealed_folder, digest)
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= flip
    path.write_bytes(content)
    with pytest.raises(TranscribeError):
        sealed_folder.read(CLINIC, digest, JOB)


@pytest.mark.parametrize("cut", [1, 17, PIECE + 16, PIECE + 17, PIECE])
def test_an_encrypted_file_that_lacks_its_end_is_not_read(sealed_folder: Blobs, cut: int) -> None:
    """Neither bytes nor whole pieces can be cut off unseen, nor can pieces change places."""
    digest = sealed_folder.put(CLINIC, JOB, os.urandom(2 * PIECE + 1))
    path = file_of(sealed_folder, digest)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with pytest.raises(TranscribeError):
        sealed_folder.read(CLINIC, digest, JOB)
    begin, piece = len(whole) - (2 * (PIECE + 16) + 17), PIECE + 16
    pieces = [whole[begin : begin + piece], whole[begin + piece : begin + 2 * piece], whole[begin + 2 * piece :]]
    path.write_bytes(whole[:begin] + pieces[1] + pieces[0] + pieces[2])
    with pytest.raises(TranscribeError):
        sealed_folder.read(CLINIC, digest, JOB)


def test_a_damaged_plain_file_is_not_handed_out(tmp_path: Path) -> None:
    """A flipped bit of a recording is told, whether it is read whole or decoded from its path."""
    blobs = Blobs(open_place("", tmp_path), tmp_path / "arriving", lambda _: None)
    digest = blobs.put(CLINIC, JOB, b"right")
    file_of(blobs, digest).write_bytes(b"wrong")
    with pytest.raises(TranscribeError, match="damaged"):
        blobs.read(CLINIC, digest, JOB)
    with pytest.raises(TranscribeError, match="damaged"), blobs.local(CLINIC, digest, JOB):
        pass


def test_the_disk_of_an_encrypted_clinic_holds_no_plain_word(tmp_path: Path) -> None:
    """Neither while a recording arrives, nor when it is kept, nor while it is decoded."""
    blobs = Blobs(open_place("", tmp_path), tmp_path / "arriving", lambda _: KEY)
    with Arriving(blobs, CLINIC) as recording:
        recording.write(CANARY * 1000)
        recording.settle()
        assert all(CANARY not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        digest = recording.keep()
    with blobs.local(CLINIC, digest) as path:
        assert path.read_bytes() == CANARY * 1000
        assert all(CANARY not in each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "a" * 63, "A" * 64, f"{'a' * 64}/x"])
def test_only_digests_name_blobs(digest: str) -> None:
    """A name cannot lead out of the clinic's folder."""
    with pytest.raises(UnusableInput):
        name_of(CLINIC, digest)

"""A person listens to a recording over HTTP, in the pieces that players ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from tests.sounds import encoded, tone
from tests.web.conftest import Prepared, Site, opened
from transcribe.store.engine import now, reading, transaction
from transcribe.store.tables import Dictation, Job

COPY = bytes(range(250)) * 4


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[tuple[Site, str]]:
    """An application and a job of it whose recording was decoded."""
    site = opened(prepared, tmp_path_factory.mktemp("heard") / "data")
    job = site.job()
    made(site, job)
    yield site, job
    site.house.close()


def made(site: Site, job: str) -> None:
    """Put down what a worker makes for the ear."""
    clinic = site.clinics["a"]
    with transaction(site.house.engine) as session:
        row = session.scalars(select(Dictation).join(Job).where(Job.id == job)).one()
        row.playable, row.peaks = (site.house.blobs.put(clinic, job, content) for content in (COPY, b"\xff\x01"))
        row.findings = [{"kind": "damaged", "seconds": 1.5, "reason": "something is missing", "audio": [2.0, 3.5]}]


def test_the_recording_comes_whole(heard: tuple[Site, str]) -> None:
    """With its type, to be saved when it is opened alone, never guessed at, and each time on record."""
    site, job = heard
    answer = site.client().get(f"/api/v1/jobs/{job}/audio")
    assert (answer.status_code, answer.content) == (200, COPY)
    assert (answer.headers["content-type"], answer.headers["accept-ranges"]) == ("audio/webm", "bytes")
    assert answer.headers["content-disposition"] == f'attachment; filename="{job}.webm"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    with reading(site.house.engine) as session:
        assert "listened" in session.scalars(text("SELECT action FROM audit")).all()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-0", 0, 0), ("0-", 0, 999), ("990-", 990, 999), ("5-9", 5, 9), ("900-5000", 900, 999), ("-10", 990, 999),
     ("-5000", 0, 999)],
)  # fmt: skip
def test_a_part_is_a_part(heard: tuple[Site, str], asked: str, first: int, last: int) -> None:
    """206 with exactly these bytes and their place."""
    site, job = heard
    answer = site.client().get(f"/api/v1/jobs/{job}/audio", headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.content) == (206, COPY[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/1000"


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=9-5", "bytes=-0"])
def test_a_part_that_is_not_there_is_416(heard: tuple[Site, str], asked: str) -> None:
    """And the size is told."""
    site, job = heard
    answer = site.client().get(f"/api/v1/jobs/{job}/audio", headers={"Range": asked})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1000")


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=0-1,5-6", "bytes=x-", "lines=1-2", "bytes=1 -2", "bytes=²-"])
def test_what_is_no_range_is_as_if_it_were_not_said(heard: tuple[Site, str], asked: str) -> None:
    """200 with everything."""
    site, job = heard
    answer = site.client().get(f"/api/v1/jobs/{job}/audio", headers={"Range": asked.encode("latin-1")})
    assert (answer.status_code, len(answer.content)) == (200, 1000)


def test_a_part_of_another_recording_is_never_mixed_in(heard: tuple[Site, str]) -> None:
    """If-Range with another ETag gives the whole."""
    site, job = heard
    tag = site.client().get(f"/api/v1/jobs/{job}/audio").headers["etag"]
    for named, status in ((tag, 206), ('"other"', 200)):
        heads = {"Range": "bytes=1-2", "If-Range": named}
        assert site.client().get(f"/api/v1/jobs/{job}/audio", headers=heads).status_code == status


def test_the_wave_comes_as_bytes(heard: tuple[Site, str]) -> None:
    """Two for each hundredth of a second."""
    site, job = heard
    answer = site.client().get(f"/api/v1/jobs/{job}/peaks")
    assert (answer.content, answer.headers["content-type"]) == (b"\xff\x01", "application/octet-stream")


@pytest.mark.parametrize("what", ["audio", "peaks"])
def test_there_is_nothing_to_hear_before_and_after_its_time(site: Site, what: str) -> None:
    """Not decoded yet, deleted by a rule, another clinic's: 404."""
    job = site.job()
    place = f"/api/v1/jobs/{job}/{what}"
    assert site.client().get(place).status_code == 404
    made(site, job)
    assert site.client().get(place).status_code == 200
    assert site.client("b editor").get(place).status_code == 404
    with transaction(site.house.engine) as session:
        session.scalars(select(Dictation)).one().audio_deleted_at = now(session)
    assert "retention" in site.client().get(place).json()["detail"]


def test_what_is_wrong_with_a_recording_is_in_its_status(heard: tuple[Site, str]) -> None:
    """The kind for programs, the sentence for people, seconds and place."""
    site, job = heard
    finding = {"kind": "damaged", "seconds": 1.5, "reason": "something is missing", "audio": [2.0, 3.5]}
    assert site.client().get(f"/api/v1/jobs/{job}").json()["findings"] == [finding]


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("a.wav", b"Dictated but not read. " * 9, 415),
        ("a.m4a", b"PK\x03\x04" + bytes(100), 415),
        ("a.mp3", b"MZ" + bytes(100), 415),
        ("a.mp3", b"#EXTM3U\n/etc/passwd", 415),
        ("a.mp3", b"ffconcat version 1.0\nfile /etc/passwd\n", 415),
        ("a.mp3", b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nm=audio 1 RTP/AVP 0\r\n", 415),
        ("a.wav", b"", 400),
        ("a.wav", encoded(tone(0.2)[None], kind="m4a"), 201),
        ("a.wav", b"RIFF and then nothing", 201),
    ],
)
def test_what_is_no_recording_is_refused_by_its_content(site: Site, name: str, content: bytes, status: int) -> None:
    """Whatever its name says: 415 with the way out, 400 for nothing at all; no job is made of it."""
    answer = site.client().post("/api/v1/dictations", files={"file": (name, content)})
    assert answer.status_code == status, answer.text
    if status == 415:
        assert answer.json()["code"] == "unknown_format"
        assert "send" in answer.json()["detail"]
    assert len(site.client().get("/api/v1/jobs").json()["jobs"]) == (status == 201)


@given(st.binary(min_size=1, max_size=400))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_bytes_are_taken_or_refused(shared: Site, content: bytes) -> None:
    """Whatever comes is a job, whose worker will say what it is, or 415; the server never fails."""
    answer = shared.client().post("/api/v1/dictations", files={"file": ("a.wav", content)})
    assert answer.status_code in (201, 415)

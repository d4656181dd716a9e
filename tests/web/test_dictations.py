"""A recording in one request."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from tests.web.conftest import CANARY, HEADER, Site, sha256
from transcribe.settings import Settings
from transcribe.store.engine import reading
from transcribe.store.tables import Dictation, Job
from transcribe.web.app import make_app

SOUND = bytes(range(256)) * 9000  # Larger than one block.


def counted(site: Site) -> int:
    with reading(site.house.engine) as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_a_recording_becomes_a_job_with_its_header(site: Site) -> None:
    """201 names the job and the digest; bytes, name and header are kept, and the workers are rung."""
    answer = site.client().post(
        "/api/v1/dictations",
        files={"file": ("folder\\take 1.wav", SOUND)},
        data={**HEADER, "stat": "true", "copies_to": ["Dr. One", "Dr. Two"], "date_of_service": "2026-03-03"},
    )
    assert answer.status_code == 201
    assert answer.json() == {"job": answer.json()["job"], "duplicate_of": None, "sha256": sha256(SOUND)}
    with reading(site.house.engine) as session:
        kept = session.execute(select(Dictation)).scalar_one()
    assert kept.file_name == "take 1.wav"
    assert kept.header["patient"] == HEADER["patient"]
    assert kept.header["clinic"] == "Clinic A"
    assert list(kept.header["copies_to"]) == ["Dr. One", "Dr. Two"]
    assert site.house.blobs.read(site.clinics["a"], kept.digest) == SOUND
    deadline = time.monotonic() + 5
    while not site.rung and time.monotonic() < deadline:
        time.sleep(0.01)
    assert site.rung == [("speech", answer.json()["job"])]


def test_a_recording_of_another_clinic_is_not_taken(site: Site) -> None:
    """A header that names another clinic than the token's is refused, with what to do, and nothing is kept."""
    files = {"file": ("a.wav", SOUND)}
    answer = site.client().post("/api/v1/dictations", files=files, data={**HEADER, "clinic": "Clinic B"})
    assert answer.status_code == 404
    assert "leave it out" in answer.json()["detail"]
    assert counted(site) == 0


def test_the_demo_prints_any_clinic(tmp_path: Path) -> None:
    """The demo has one clinic; the name that a header gives is the one on the report."""
    app = make_app(Settings(data_dir=tmp_path, demo=True), lambda queue, job: None)
    heads = {"Authorization": "Bearer demo"}
    client = TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5), headers=heads)
    answer = client.post("/api/v1/dictations", files={"file": ("a.wav", SOUND)}, data={"clinic": "Hill Clinic"})
    assert answer.status_code == 201
    with reading(app.state.house.engine) as session:
        assert session.execute(select(Dictation.header)).scalar_one()["clinic"] == "Hill Clinic"
    app.state.house.close()


def test_the_same_recording_twice_is_two_jobs_and_says_so(site: Site) -> None:
    """The second job names the first; another clinic's does not."""
    first = site.job()
    again = site.client().post("/api/v1/dictations", files={"file": ("b.wav", b"RIFF sound")})
    assert again.json()["duplicate_of"] == first
    other = site.client("b editor").post("/api/v1/dictations", files={"file": ("b.wav", b"RIFF sound")})
    assert other.json()["duplicate_of"] is None


def test_the_same_key_gets_the_same_job(site: Site) -> None:
    """A repeated request is answered as before; the same key with other bytes is refused with 422."""
    send = {"files": {"file": ("a.wav", b"one")}, "headers": {"Idempotency-Key": "k1"}}
    first = site.client().post("/api/v1/dictations", **send)
    assert site.client().post("/api/v1/dictations", **send).json() == first.json()
    assert counted(site) == 1
    other = site.client().post("/api/v1/dictations", files={"file": ("a.wav", b"two")}, headers=send["headers"])
    assert other.status_code == 422
    # Somebody else's keys are their own.
    theirs = site.client("b editor").post("/api/v1/dictations", **send)
    assert theirs.json()["job"] != first.json()["job"]


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"files": {"patient": (None, CANARY)}}, 422, "body.file"),
        ({"data": {**HEADER, "date_of_birth": CANARY}, "files": {"file": b"x"}}, 422, "body.date_of_birth"),
        ({"data": {**HEADER, "work_type": CANARY}, "files": {"file": b"x"}}, 422, "body.work_type"),
        ({"data": {**HEADER, CANARY: "x"}, "files": {"file": b"x"}}, 422, "body"),
        ({"data": {**HEADER, "patient": f"{CANARY}\x00"}, "files": {"file": b"x"}}, 422, "body.patient"),
        ({"data": {**HEADER, "patient": CANARY * 100}, "files": {"file": b"x"}}, 422, "body.patient"),
        ({"data": {**HEADER, "patient": CANARY * 1000}, "files": {"file": b"x"}}, 413, ""),
        ({"data": HEADER, "files": {"file": b""}}, 400, ""),
        ({"data": {**HEADER, "sha256": "0" * 64}, "files": {"file": b"x"}}, 422, ""),
        ({"data": {**HEADER, "clinic": "Clinic B"}, "files": {"file": b"x"}}, 404, ""),
        ({"data": {f"f{number}": "x" for number in range(100)}, "files": {"file": b"x"}}, 413, ""),
        ({"files": [("file", b"x"), ("file", b"y")]}, 400, ""),
        ({"json": HEADER}, 415, ""),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 400, ""),
        ({"content": b"--b\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, ""),
        ({"content": b"", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, 400, ""),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_repeated(site: Site, form: dict, status: int, field: str) -> None:  # type: ignore[type-arg]
    """A problem names the field, never what was in it; nothing is kept."""
    answer = site.client().post("/api/v1/dictations", **form)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ([field] if field else [])
    assert counted(site) == 0
    assert list(site.house.blobs.arriving.iterdir()) == []


def test_a_recording_that_is_too_large_is_refused(site: Site) -> None:
    """413, whether its length was announced or not, and nothing stays behind."""
    large = b"x" * 7_000_000
    announced = site.client().post("/api/v1/dictations", files={"file": large})
    assert announced.status_code == 413

    def body():  # type: ignore[no-untyped-def]
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(70):
            yield b"x" * 100_000
        yield b"\r\n--b--\r\n"

    heads = {"Content-Type": "multipart/form-data; boundary=b"}
    streamed = site.client().post("/api/v1/dictations", content=body(), headers=heads)
    assert streamed.status_code == 413
    assert streamed.headers["content-type"] == "application/problem+json"
    assert counted(site) == 0
    assert list(site.house.blobs.arriving.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["Ó Súilleabháin", "王", "عبد الله", "'; DROP TABLE jobs--", "<img onerror>", "=cmd|x"]
)
def test_names_are_kept_as_they_are_written(site: Site, name: str) -> None:
    """Whatever a name looks like, it comes back the same."""
    files = {"file": (f"{name}.wav", b"x")}
    assert site.client().post("/api/v1/dictations", files=files, data={"patient": name}).status_code == 201
    with reading(site.house.engine) as session:
        kept = session.execute(select(Dictation)).scalar_one()
    assert kept.header["patient"] == name
    assert json.dumps(kept.file_name)

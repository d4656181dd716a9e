"""Resumable uploads, point by point of tus 1.0; the names of the tests follow the protocol's parts."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Event, Thread
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update

from tests.web.conftest import CANARY, HEADER, Site, sha256
from transcribe.service import uploads
from transcribe.store.engine import reading, transaction
from transcribe.store.tables import Job, Upload

PLACE = "/api/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}
SOUND = bytes(range(256)) * 2000


def metadata(**fields: str) -> str:
    return ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in fields.items())


def begin(site: Site, who: str = "a editor", *, length: int = len(SOUND), **heads: str) -> str:
    """Begin an upload and return its place."""
    given = {**TUS, "Upload-Length": str(length), "Upload-Metadata": metadata(filename="a.wav", **HEADER), **heads}
    answer = site.client(who).post(PLACE, headers=given)
    assert answer.status_code == 201, answer.text
    place: str = answer.headers["Location"]
    return place


def send(site: Site, place: str, offset: int, data: Any, who: str = "a editor", **heads: str) -> Any:
    """Send a chunk."""
    given = {**CHUNK, "Upload-Offset": str(offset), **heads}
    return site.client(who).patch(place, content=data, headers=given)


def offset_of(site: Site, place: str) -> int:
    """How far the server says it is."""
    return int(site.client().head(place, headers=TUS).headers["Upload-Offset"])


def jobs(site: Site) -> int:
    with reading(site.house.engine) as session:
        return session.scalar(select(func.count()).select_from(Job)) or 0


def test_core_a_recording_in_pieces_becomes_a_job(site: Site) -> None:
    """Each chunk is answered 204 with the new offset; the last names the job and the digest of the whole."""
    place = begin(site)
    first = send(site, place, 0, SOUND[:100_000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "100000")
    assert "Transcribe-Job" not in first.headers
    last = send(site, place, 100_000, SOUND[100_000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(SOUND)))
    assert last.headers["Transcribe-Sha256"] == sha256(SOUND)
    shown = site.client().get(f"/api/v1/jobs/{last.headers['Transcribe-Job']}").json()
    assert (shown["state"], shown["work_type"]) == ("queued", "progress_note")
    # Whoever missed that answer can ask for it.
    again = site.client().head(place, headers=TUS)
    assert again.headers["Transcribe-Job"] == last.headers["Transcribe-Job"]
    assert list((site.house.settings.data_dir / "uploads").iterdir()) == []


def test_core_the_version_stands_on_every_request_and_answer(shared: Site) -> None:
    """Another version, or none, is 412 with the versions known, and nothing is done; OPTIONS does not look at it."""
    place = begin(shared)
    for heads in ({"Tus-Resumable": "0.2.2"}, {}):
        client = shared.client()
        for answer in (
            client.post(PLACE, headers={"Upload-Length": "1", **heads}),
            client.head(place, headers=heads),
            client.patch(
                place, headers={**CHUNK, "Upload-Offset": "0", "Tus-Resumable": heads.get("Tus-Resumable", "")}
            ),
            client.delete(place, headers=heads),
        ):
            assert answer.status_code == 412
            assert answer.headers["Tus-Version"] == "1.0.0"
            assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert offset_of(shared, place) == 0
    assert shared.client().options(PLACE, headers={"Tus-Resumable": "9"}).status_code == 204


def test_core_options_say_what_there_is(shared: Site) -> None:
    """OPTIONS tells version, extensions, largest size and checksums, to anyone."""
    answer = shared.client("").options(PLACE)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == "5000000"
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert set(answer.headers["Tus-Extension"].split(",")) == {
        "creation", "creation-defer-length", "creation-with-upload", "expiration", "checksum", "termination",
    }  # fmt: skip


def test_core_head_tells_the_offset(shared: Site) -> None:
    """Offset, even 0, and length, and it must not be cached; of what is not there nothing is told."""
    answer = shared.client().head(begin(shared), headers=TUS)
    assert answer.status_code == 200
    assert answer.headers["Upload-Offset"] == "0"
    assert answer.headers["Upload-Length"] == str(len(SOUND))
    assert answer.headers["Cache-Control"] == "no-store"
    for unknown in (f"{PLACE}/{'0' * 32}", f"{PLACE}/x", f"{PLACE}/%00"):
        missing = shared.client().head(unknown, headers=TUS)
        assert missing.status_code == 404
        assert "Upload-Offset" not in missing.headers


def test_core_a_chunk_has_its_content_type(shared: Site) -> None:
    """Anything else is 415."""
    place = begin(shared)
    assert send(shared, place, 0, b"x", **{"Content-Type": "application/octet-stream"}).status_code == 415
    assert offset_of(shared, place) == 0


@pytest.mark.parametrize("offset", ["1", "999999999", "100001"])
def test_core_a_chunk_that_belongs_elsewhere_is_409(shared: Site, offset: str) -> None:
    """The upload stays as it was."""
    place = begin(shared)
    assert send(shared, place, 0, SOUND[:100_000]).status_code == 204
    assert send(shared, place, int(offset), b"x").status_code == 409
    assert offset_of(shared, place) == 100_000


@pytest.mark.parametrize("offset", ["", "-1", "x", "٣", "1e3", "9" * 30])
def test_core_an_offset_that_is_no_number_is_400(shared: Site, offset: str) -> None:
    """So is none."""
    place = begin(shared)
    answer = shared.client().patch(place, content=b"x", headers={**CHUNK, "Upload-Offset": offset.encode()})
    assert answer.status_code == 400
    assert shared.client().patch(place, content=b"x", headers=CHUNK).status_code == 400


def test_core_the_method_may_stand_in_a_header(shared: Site) -> None:
    """POST with X-HTTP-Method-Override does what that method does."""
    place = begin(shared)
    client = shared.client()
    heads = {**CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert client.post(place, content=SOUND[:10], headers=heads).headers["Upload-Offset"] == "10"
    assert client.post(place, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert client.head(place, headers=TUS).status_code == 404
    assert client.post(place, headers={**TUS, "X-HTTP-Method-Override": "TRACE"}).status_code == 405


def test_creation_needs_a_length_that_fits(shared: Site) -> None:
    """Too large is 413, none or nonsense 400, and an empty recording is refused at once."""
    client = shared.client()
    for length, status in (("5000001", 413), ("-1", 400), ("x", 400), ("0", 400)):
        assert client.post(PLACE, headers={**TUS, "Upload-Length": length}).status_code == status
    assert client.post(PLACE, headers=TUS).status_code == 400
    assert client.post(PLACE, headers={**TUS, "Upload-Length": "1", "Upload-Defer-Length": "1"}).status_code == 400
    assert client.post(PLACE, headers={**TUS, "Upload-Defer-Length": "2"}).status_code == 400


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("filename YQ==,filename YQ==", 400),
        ("filename", 201),
        (",", 400),
        (" ", 201),
        ("patient !!!", 400),
        ("patient /w==", 400),
        ("ключ YQ==", 400),
        (metadata(work_type=CANARY), 422),
        (metadata(nonsense="x"), 422),
        (metadata(patient="a\nb"), 422),
        (metadata(clinic="Clinic B"), 404),
        (metadata(clinic="Clinic A", filetype="audio/wav"), 201),
        ("patient " + "A" * 20_000, 413),
    ],
)
def test_creation_metadata_is_what_the_protocol_says(shared: Site, given: str, status: int) -> None:
    """Keys once, not empty, ASCII; values Base64; a header that cannot be used is refused before the first byte."""
    heads = {**TUS, "Upload-Length": "1", "Upload-Metadata": given.encode()}
    answer = shared.client().post(PLACE, headers=heads)
    assert answer.status_code == status, answer.text
    assert CANARY not in answer.text


def test_creation_metadata_is_told_again(shared: Site) -> None:
    """HEAD gives back what was given."""
    place = begin(shared)
    given = shared.client().head(place, headers=TUS).headers["Upload-Metadata"]
    assert given == metadata(filename="a.wav", **HEADER)


def test_creation_a_deferred_length_is_set_once(site: Site) -> None:
    """Until then HEAD says that it is not known; a length that changes is 400."""
    client = site.client()
    place = client.post(PLACE, headers={**TUS, "Upload-Defer-Length": "1"}).headers["Location"]
    assert client.head(place, headers=TUS).headers["Upload-Defer-Length"] == "1"
    assert send(site, place, 0, b"abc").headers["Upload-Offset"] == "3"
    assert send(site, place, 3, b"", **{"Upload-Length": "2"}).status_code == 400
    assert send(site, place, 3, b"", **{"Upload-Length": "99999999"}).status_code == 413
    assert send(site, place, 3, b"", **{"Upload-Length": "5"}).status_code == 204
    assert send(site, place, 3, b"d", **{"Upload-Length": "6"}).status_code == 400
    assert "Transcribe-Job" in send(site, place, 3, b"de").headers


def test_creation_may_bring_the_first_bytes(site: Site) -> None:
    """The answer tells the offset; all of them make a job at once."""
    heads = {**CHUNK, "Upload-Length": str(len(SOUND))}
    part = site.client().post(PLACE, content=SOUND[:100], headers=heads)
    assert (part.status_code, part.headers["Upload-Offset"]) == (201, "100")
    whole = site.client().post(PLACE, content=SOUND, headers=heads)
    assert whole.status_code == 201
    assert whole.headers["Transcribe-Sha256"] == sha256(SOUND)


def test_expiration_is_told_and_kept(site: Site) -> None:
    """Every answer says until when; afterwards the upload is not there and the sweep removes its bytes."""
    place = begin(site)
    answer = send(site, place, 0, SOUND[:10])
    left = parsedate_to_datetime(answer.headers["Upload-Expires"]) - datetime.now(UTC)
    assert timedelta(days=1, hours=23) < left <= timedelta(days=2)
    with transaction(site.house.engine) as session:
        session.execute(update(Upload).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert send(site, place, 10, SOUND[10:]).status_code == 404
    assert site.client().head(place, headers=TUS).status_code == 404
    assert uploads.drop_expired(site.house) == 1
    assert list((site.house.settings.data_dir / "uploads").iterdir()) == []


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_checksum_decides_whether_a_chunk_counts(site: Site, algorithm: str) -> None:
    """A chunk that is not what was announced is 460 and forgotten."""
    place = begin(site)
    good = b64encode(hashlib.new(algorithm, SOUND[:1000]).digest()).decode()
    bad = send(site, place, 0, SOUND[1:1001], **{"Upload-Checksum": f"{algorithm} {good}"})
    assert bad.status_code == 460
    assert offset_of(site, place) == 0
    right = send(site, place, 0, SOUND[:1000], **{"Upload-Checksum": f"{algorithm} {good}"})
    assert right.headers["Upload-Offset"] == "1000"
    assert send(site, place, 1000, SOUND[1000:]).headers["Transcribe-Sha256"] == sha256(SOUND)


@pytest.mark.parametrize("given", ["md5 YQ==", "sha1", "sha1 !!", "", " "])
def test_checksum_of_another_kind_is_400(shared: Site, given: str) -> None:
    """An algorithm that is not offered, or a value that is none."""
    place = begin(shared)
    assert send(shared, place, 0, b"x", **{"Upload-Checksum": given}).status_code in (400, 460)
    assert offset_of(shared, place) == 0


def test_termination_forgets_the_upload(site: Site) -> None:
    """204, then 404, and its bytes are gone."""
    place = begin(site)
    send(site, place, 0, SOUND[:10])
    assert site.client().delete(place, headers=TUS).status_code == 204
    assert site.client().head(place, headers=TUS).status_code == 404
    assert send(site, place, 10, b"x").status_code == 404
    assert list((site.house.settings.data_dir / "uploads").iterdir()) == []


def test_more_bytes_than_announced_are_refused(site: Site) -> None:
    """413, and no job of it."""
    place = begin(site, length=10)
    assert send(site, place, 0, b"x" * 11).status_code == 413
    assert jobs(site) == 0
    assert send(site, place, offset_of(site, place), b"x" * (10 - offset_of(site, place))).status_code == 204


def test_another_digest_than_announced_makes_no_job(site: Site) -> None:
    """422, and the upload must begin again, as nobody knows which of its bytes are wrong."""
    given = metadata(filename="a.wav", sha256=sha256(b"other"))
    place = begin(site, **{"Upload-Metadata": given})
    assert send(site, place, 0, SOUND).status_code == 422
    assert jobs(site) == 0
    assert site.client().head(place, headers=TUS).status_code == 404
    good = begin(site, **{"Upload-Metadata": metadata(filename="a.wav", sha256=sha256(SOUND))})
    assert "Transcribe-Job" in send(site, good, 0, SOUND).headers


def test_an_upload_is_its_owners(site: Site) -> None:
    """Neither another clinic nor another person of the same one can see it, add to it or end it."""
    place = begin(site)
    for who in ("b editor", "a clinician"):
        client = site.client(who)
        assert client.head(place, headers=TUS).status_code == 404
        assert send(site, place, 0, b"x", who).status_code == 404
        assert client.delete(place, headers=TUS).status_code == 404
    assert offset_of(site, place) == 0


def test_two_writers_at_once_do_not_mix(site: Site) -> None:
    """While one request brings bytes, another is 423; the first goes on undisturbed."""
    place = begin(site)
    here, go_on = Event(), Event()

    def slowly():  # type: ignore[no-untyped-def]
        yield SOUND[:1000]
        here.set()
        go_on.wait(10)
        yield SOUND[1000:]

    answers: list[httpx2.Response] = []
    first = Thread(target=lambda: answers.append(send(site, place, 0, slowly())))
    first.start()
    assert here.wait(10)
    second = send(site, place, 0, b"y" * len(SOUND))
    ended = site.client().delete(place, headers=TUS)
    go_on.set()
    first.join(20)
    assert (second.status_code, ended.status_code) == (423, 423)
    assert answers[0].headers["Transcribe-Sha256"] == sha256(SOUND)


def test_a_writer_that_went_silent_is_followed_by_the_next(site: Site) -> None:
    """When the lease of a writer is over, another takes its place, and what the first still writes does not count."""
    place = begin(site)
    upload = uploads.find(site.house, site.clinics["a"], owner(site), place.rpartition("/")[2])
    silent = uploads.open_writer(site.house, upload)
    silent.write(b"lost")
    with pytest.raises(uploads.Busy):
        uploads.open_writer(site.house, upload)
    with transaction(site.house.engine) as session:
        session.execute(update(Upload).values(locked_until=datetime.now(UTC) - timedelta(seconds=1)))
    next_one = uploads.open_writer(site.house, upload)
    next_one.write(b"good")
    next_one.save()
    with pytest.raises(uploads.Busy):
        silent.save()
    silent.close()
    next_one.close()
    assert offset_of(site, place) == 4
    assert b"".join(uploads.pieces(site.house, upload, 4)) == b"good"


def owner(site: Site) -> str:
    with reading(site.house.engine) as session:
        return session.execute(select(Upload.actor)).scalar_one()


def test_a_crash_before_the_answer_makes_no_second_job(site: Site) -> None:
    """Bytes that are all here and became a job nobody was told of: sent again, it is the same job."""
    place = begin(site)
    identity = place.rpartition("/")[2]
    job = send(site, place, 0, SOUND).headers["Transcribe-Job"]
    # As it was on disk before the upload knew its job.
    (site.house.settings.data_dir / "uploads" / identity).write_bytes(SOUND)
    with transaction(site.house.engine) as session:
        row = session.get_one(Upload, identity)
        row.job_id, row.metadata_ = None, {key: value for key, value in row.metadata_.items() if key != "answer"}
    again = send(site, place, len(SOUND), b"")
    assert again.headers["Transcribe-Job"] == job
    assert jobs(site) == 1


def test_a_key_outlives_the_upload(site: Site) -> None:
    """An upload that was begun anew with the same Idempotency-Key becomes the same job."""
    key = {"Idempotency-Key": "k1"}
    first = send(site, begin(site, **key), 0, SOUND).headers["Transcribe-Job"]
    assert send(site, begin(site, **key), 0, SOUND).headers["Transcribe-Job"] == first
    assert jobs(site) == 1

"""What a person listens with is made once by the worker and ends with the recording."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import select, text

from tests.service.test_keeping import signed
from tests.service.workers import load, send, work_off
from tests.sounds import bursts, encoded, encrypted, saved
from transcribe.audio import formats
from transcribe.errors import NotFound, UnknownFormat, UsageError
from transcribe.service import ear, jobs, retention, unlocking
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.identity.accounts import Principal
from transcribe.service.process import work
from transcribe.service.review.refusals import WrongState
from transcribe.service.scrub import scrub
from transcribe.store.blobs import Blobs
from transcribe.store.engine import reading, transaction
from transcribe.store.tables import AuditEntry, Clinic, Dictation, Step, StepState

pytestmark = pytest.mark.slow


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three seconds of something like speech."""
    return saved(tmp_path / "a.wav", bursts(3.0))


def made(house: House, clinic: str, job: str) -> set[str]:
    """The digests of what lies under the job."""
    return {name.rpartition("/")[2] for name, _ in house.blobs.place.names(f"{clinic}/{job}")}


def for_ears(house: House) -> set[str]:
    """The digests that the one dictation names."""
    with reading(house.engine) as session:
        return set(ear.made_from(session.scalars(select(Dictation)).one()))


def test_the_copy_plays_as_long_as_the_recording_and_the_wave_has_its_hundredths(
    house: House, clinic: str, recording: Path
) -> None:
    """Opus in WebM of the same seconds; a lowest and a highest sample a hundredth; each listening is audited."""
    job = send(house, clinic, recording).job
    with pytest.raises(NotFound, match="not been decoded"):
        ear.listen(house, clinic, "me", job, "audio")
    assert work(house, "speech", load(), worker="w")
    copy = ear.listen(house, clinic, "me", job, "audio")
    with av.open(io.BytesIO(copy.content)) as file:
        (stream,) = file.streams
        assert stream.codec_context.name in ("opus", "libopus")
        assert file.duration == pytest.approx(3_000_000, abs=50_000)
    assert (copy.media_type, copy.file_name) == ("audio/webm", f"{job}.webm")
    outline = np.frombuffer(ear.listen(house, clinic, "me", job, "peaks").content, np.int8).reshape(-1, 2)
    assert len(outline) == 300
    assert outline[:, 1].max() == pytest.approx(0.3 * 127, abs=2)
    with reading(house.engine) as session:
        assert session.scalars(text("SELECT action FROM audit")).all().count("listened") == 2


def test_it_is_made_once(house: House, clinic: str, recording: Path) -> None:
    """A step that is done again finds what its predecessor made."""
    job = send(house, clinic, recording).job
    work(house, "speech", load(), worker="w")
    first = for_ears(house)
    with transaction(house.engine) as session:
        session.scalars(select(Step).where(Step.name == "recognise")).one().state = StepState.WAITING
    work(house, "speech", load(), worker="w")
    assert for_ears(house) == first
    assert first < made(house, clinic, job)


def test_nobody_listens_to_another_clinics_recordings(house: House, clinic: str, recording: Path) -> None:
    """To the others there is no such job."""
    job = send(house, clinic, recording).job
    work(house, "speech", load(), worker="w")
    with pytest.raises(NotFound, match="no job"):
        ear.listen(house, accounts.add_clinic(house, "South"), "me", job, "audio")


def test_it_goes_with_the_recording(house: House, recording: Path) -> None:
    """When a rule ends the recording, nothing that can be heard or seen of it is left; the draft stays."""
    clinic = accounts.add_clinic(house, "Strict", {"retention": {"audio_days": 30}})
    job = send(house, clinic, recording).job
    work_off(house)
    gone = for_ears(house)
    assert len(gone) == 2
    signed(house, clinic, job, days_ago=31)
    assert retention.enforce(house) == 1
    assert not gone & made(house, clinic, job)
    with pytest.raises(NotFound, match="retention"):
        ear.listen(house, clinic, "me", job, "audio")
    assert jobs.result(house, clinic, "me", job, "docx").content
    assert scrub(house).faults == ()


def test_scrub_knows_it(house: House, clinic: str, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not taken for left over, and a damaged copy is a fault."""
    monkeypatch.setattr("transcribe.service.scrub.LEFT_OVER_AFTER", timedelta(days=-1))
    job = send(house, clinic, recording).job
    work_off(house)
    assert (scrub(house).removed, scrub(house).faults) == (0, ())
    (copy, _) = sorted(for_ears(house))
    house.blobs.delete(clinic, copy, job)
    assert [(fault.job, fault.what) for fault in scrub(house).faults] == [(job, "copy for the ear")]


def test_what_is_wrong_with_a_recording_is_shown(house: House, clinic: str, tmp_path: Path) -> None:
    """A file without its second half: the job is done, and its view names the seconds and says so in a sentence."""
    whole = encoded(np.stack([bursts(8.0)]))
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    job = send(house, clinic, tmp_path / "cut.wav").job
    assert jobs.status(house, clinic, job).findings == ()
    work_off(house)
    (finding,) = jobs.status(house, clinic, job).findings
    assert (finding.kind, finding.seconds) == ("cut_short", pytest.approx(4.0, abs=0.1))
    assert "breaks off after 4.0 s" in finding.reason
    assert jobs.listing(house, clinic)[0].findings == (finding,)


@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [
        ("bytes without a form", "unknown_format", "unknown"),
        ("a header alone", "unusable_input", "no sound"),
        ("M4A without its index", "unusable_input", "send it again"),
        ("longer than the limit", "too_long", "in parts"),
    ],
)
def test_a_refusal_keeps_its_kind_and_is_not_repeated(
    house: House, clinic: str, tmp_path: Path, kind: str, code: str, says: str
) -> None:
    """Failed after one attempt, with a code of its own and a sentence that says what it is, or the way out."""
    path = tmp_path / "a.wav"
    path.write_bytes(unusable(kind))
    job = send(house, clinic, path).job
    work_off(house)
    view = jobs.status(house, clinic, job)
    assert (view.state, view.attempts) == ("failed", 1)
    assert view.reason_code == code
    assert view.reason.startswith("The recording ")
    assert says in view.reason


@pytest.mark.parametrize("installed", [True, False])
def test_an_encrypted_dictation_waits_for_its_password(
    house: House, clinic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    """Where DS2 can be read it is kept, and failed until somebody gives the password; elsewhere it is refused."""
    monkeypatch.setattr(formats, "has_dictation_codec", lambda: installed)
    path = tmp_path / "a.ds2"
    path.write_bytes(b"\x03enc" + bytes(2000))
    if not installed:
        with pytest.raises(UnknownFormat, match="ds2"):
            send(house, clinic, path)
        return
    job = send(house, clinic, path).job
    work_off(house)
    view = jobs.status(house, clinic, job)
    assert (view.state, view.reason_code, view.attempts) == ("failed", "password_needed", 1)


def test_an_encrypted_dictation_goes_on_with_its_password(
    house: House, clinic: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong one is asked for again; the right one is forgotten when it was of use, and stands nowhere in the log."""
    pytest.importorskip("pydsscodec")
    path = tmp_path / "a.ds2"
    path.write_bytes(encrypted("s3cr3t word"))
    job = send(house, clinic, path).job
    work_off(house)
    with pytest.raises(UsageError, match="between one and 16"):
        unlocking.unlock(house, clinic, "me", job, "x" * 17)
    for given, state in (("other", "failed"), ("s3cr3t word", "in_review")):
        assert unlocking.unlock(house, clinic, "me", job, given).state == "queued"
        work_off(house)
        assert jobs.status(house, clinic, job).state == state
    with pytest.raises(WrongState):
        unlocking.unlock(house, clinic, "me", job, "s3cr3t word")
    with reading(house.engine) as session:
        assert session.scalars(select(Dictation.ds2_password)).all() == [""]
        told = [str(row.detail) + row.action for row in session.scalars(select(AuditEntry))]
    assert "s3cr3t" not in caplog.text + "".join(told)
    assert any("password given" in each for each in told)


def test_a_clinics_recorders_have_one_password(house: House, clinic: str, tmp_path: Path) -> None:
    """It is kept sealed where the clinic has a key, used for whatever comes, and another clinic's is another."""
    pytest.importorskip("pydsscodec")
    sealed = replace(house, blobs=Blobs(house.blobs.place, house.blobs.arriving, lambda _clinic: bytes(32)))
    admin = Principal("me", clinic, frozenset({"admin"}), "Me")
    other = accounts.add_clinic(house, "Other")
    unlocking.say_clinics(sealed, admin, "s3cr3t word")
    with reading(house.engine) as session:
        kept = dict(session.execute(select(Clinic.id, Clinic.ds2_password)).all())
    assert kept[clinic].startswith("sealed:") and "s3cr3t" not in kept[clinic] and kept[other] == ""
    assert unlocking.password(sealed, Dictation(clinic_id=clinic, ds2_password="")) == "s3cr3t word"
    unlocking.say_clinics(house, admin, "s3cr3t word")
    assert unlocking.is_said(house, clinic) and not unlocking.is_said(house, other)
    path = tmp_path / "a.ds2"
    path.write_bytes(encrypted("s3cr3t word"))
    sent = [send(house, each, path).job for each in (clinic, other)]
    work_off(house)
    assert jobs.status(house, clinic, sent[0]).state == "in_review"
    assert jobs.status(house, other, sent[1]).reason_code == "password_needed"


def unusable(kind: str) -> bytes:
    """The bytes of a file that cannot be transcribed."""
    if kind == "M4A without its index":
        return encoded(np.stack([bursts(3.0)]), kind="m4a")[:6000]
    if kind == "longer than the limit":
        return header(8000 * 3600 * 5)
    made = {
        "bytes without a form": bytes(range(256)) * 20,
        "a header alone": header(0),
    }
    return made[kind]


def header(samples: int) -> bytes:
    """A WAV header for so many samples of 8 bits at 8 kHz."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 1, 8000, samples, "NONE", "not compressed"))
        file.writeframes(bytes(samples))
    return buffer.getvalue()

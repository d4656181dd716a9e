"""What is kept can be checked, saved and brought back, and goes when its time is up."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from tests.databases import Postgres, program
from tests.service.workers import send
from tests.sounds import saved, tone
from transcribe.errors import MissingPart, NotAllowed, NotFound, UnusableInput, UsageError
from transcribe.service import backup, jobs, retention, sweep
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.service.scrub import scrub
from transcribe.settings import Settings
from transcribe.store import audit
from transcribe.store.engine import now, reading, transaction
from transcribe.store.people import Person
from transcribe.store.reports import Draft, Signature, Version
from transcribe.store.tables import Dictation, IdempotencyKey, Job, State

KEY = "0123456789abcdef" * 4


def drafted(house: House, clinic: str, path: Path, **more: str) -> str:
    """A job in review, whose draft is a stand-in."""
    job = send(house, clinic, path, **more).job
    body = house.blobs.put(clinic, job, b'{"text": "No pneumonia."}')
    with transaction(house.engine) as session:
        row, moment = session.get_one(Job, job), now(session)
        row.state, row.work_type = State.IN_REVIEW, "letter"
        draft = Draft(job_id=job, clinic_id=clinic, pipeline="p", body=body, created_at=moment)
        session.add(draft)
        session.flush()
        session.add(Version(job_id=job, clinic_id=clinic, number=1, draft_id=draft.id, body=body, created_at=moment))
    return job


def signed(house: House, clinic: str, job: str, *, days_ago: float) -> None:
    """A clinician signed the newest version so long ago."""
    with transaction(house.engine) as session:
        person = Person(name="A. Name, MD", email=f"{os.urandom(4).hex()}@b.c", created_at=now(session))
        session.add(person)
        session.flush()
        version = session.scalars(select(Version.id).where(Version.job_id == job)).first()
        session.add(
            Signature(
                version_id=version, clinic_id=clinic, person_id=person.id, printed_name=person.name,
                meaning=f"author {days_ago}", digest="0", final=True, signed_at=now(session) - timedelta(days=days_ago),
            )
        )  # fmt: skip
        row = session.get_one(Job, job)
        row.state, row.signed_at = State.SIGNED, now(session)


def aged(house: House, job: str, *, days: float) -> None:
    """The job was changed last so long ago."""
    with transaction(house.engine) as session:
        session.get_one(Job, job).changed_at = now(session) - timedelta(days=days)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A short recording."""
    return saved(tmp_path / "a.wav", tone(0.2))


@pytest.fixture
def strict(house: House) -> str:
    """A clinic that keeps recordings for 30 days after signing and what was cancelled for 7."""
    return accounts.add_clinic(house, "Strict", {"retention": {"audio_days": 30, "cancelled_days": 7}})


def recordings(house: House, clinic: str) -> int:
    """How many recordings of the clinic are kept."""
    return sum(name.count("/") == 3 for name, _ in house.blobs.place.names(clinic))


def test_a_recording_goes_when_its_report_was_signed_long_enough_ago(
    house: House, strict: str, recording: Path, tmp_path: Path
) -> None:
    """Not a day before, not after an addendum signed since, not in a clinic without the rule; the report stays."""
    clinic = accounts.add_clinic(house, "Keeps all")
    other = saved(tmp_path / "b.wav", tone(0.3))
    due, young, ever = (
        drafted(house, strict, recording),
        drafted(house, strict, other),
        drafted(house, clinic, recording),
    )
    signed(house, strict, due, days_ago=30.1)
    signed(house, strict, young, days_ago=40)
    signed(house, strict, young, days_ago=29)
    signed(house, clinic, ever, days_ago=4000)
    assert retention.enforce(house) == 1
    assert retention.enforce(house) == 0
    assert (recordings(house, strict), recordings(house, clinic)) == (1, 1)
    assert jobs.result(house, strict, "me", due, "docx").content.startswith(b"PK")
    with reading(house.engine) as session:
        assert "audio deleted" in session.scalars(text("SELECT action FROM audit")).all()
        assert audit.verify(session, strict) is None


def test_a_recording_that_another_dictation_needs_stays(house: House, strict: str, recording: Path) -> None:
    """The same bytes may have come twice; they go with the last that needs them."""
    first, second = drafted(house, strict, recording), drafted(house, strict, recording)
    signed(house, strict, first, days_ago=31)
    retention.enforce(house)
    assert recordings(house, strict) == 1
    signed(house, strict, second, days_ago=31)
    retention.enforce(house)
    assert recordings(house, strict) == 0
    third = drafted(house, strict, recording)
    assert recordings(house, strict) == 1
    assert scrub(house).faults == ()
    assert jobs.status(house, strict, third).state == "in_review"


def test_what_was_cancelled_goes_with_all_its_drafts(house: House, strict: str, recording: Path) -> None:
    """After its days; that it was there, and that it is gone, stays known."""
    job, kept = drafted(house, strict, recording), drafted(house, strict, recording)
    for each, days in ((job, 8), (kept, 6)):
        jobs.cancel(house, strict, "me", each)
        aged(house, each, days=days)
    assert sweep.tidy(house) == 2
    assert [name for name, _ in house.blobs.place.names(f"{strict}/{job}")] == []
    with pytest.raises(NotFound, match="retention"):
        jobs.result(house, strict, "me", job, "json")
    assert jobs.result(house, strict, "me", kept, "json").content
    assert jobs.status(house, strict, job).state == "cancelled"
    assert scrub(house).faults == ()


def test_a_deletion_that_was_interrupted_is_finished(house: House, strict: str, recording: Path) -> None:
    """The row knew that it is gone before the file went, so the next round removes the file."""
    job = drafted(house, strict, recording)
    with transaction(house.engine) as session:
        session.execute(update(Dictation).values(audio_deleted_at=now(session)))
    assert recordings(house, strict) == 1
    assert retention.enforce(house) == 1
    assert recordings(house, strict) == 0
    assert jobs.status(house, strict, job).state == "in_review"


def test_old_idempotency_keys_are_forgotten(house: House, clinic: str, recording: Path) -> None:
    """After a week a repeated request is a new one."""
    first = send(house, clinic, recording, key="k").job
    with transaction(house.engine) as session:
        session.execute(update(IdempotencyKey).values(created_at=now(session) - timedelta(days=8)))
    sweep.tidy(house)
    assert send(house, clinic, recording, key="k").job != first


def test_scrubbing_names_what_is_damaged_or_missing(house: House, clinic: str, recording: Path) -> None:
    """By job and purpose, and nothing else; sound files are counted."""
    damaged, missing, _ = (drafted(house, clinic, recording) for _ in range(3))
    assert (scrub(house).read, scrub(house).faults) == (9, ())
    with reading(house.engine) as session:
        bodies = {row.job_id: row.body for row in session.scalars(select(Draft))}
    path = house.blobs.place.file(f"{clinic}/{damaged}/{bodies[damaged]}")
    assert path is not None
    path.write_bytes(b'{"text": "Pneumonia."}')
    house.blobs.delete(clinic, bodies[missing], missing)
    faults = {(fault.job, fault.what) for fault in scrub(house).faults}
    assert faults == {(job, what) for job in (damaged, missing) for what in ("draft", "version")}


def test_scrubbing_removes_what_a_crash_left_over(house: House, clinic: str, recording: Path) -> None:
    """Old files that no row knows; those that just came may be on their way into a row."""
    job = drafted(house, clinic, recording)
    young, old = (house.blobs.put(clinic, job, content) for content in (b"young", b"old"))
    half = house.blobs.arriving / "half"
    half.write_bytes(b"half")
    for path in (house.blobs.place.file(f"{clinic}/{job}/{old}"), half):
        assert path is not None
        os.utime(path, (0, 0))
    for name, _ in house.blobs.place.names(clinic):
        if young not in name:
            os.utime(house.settings.data_dir / "blobs" / name, (0, 0))
    assert scrub(house).removed == 2
    assert not half.exists()
    assert house.blobs.place.has(f"{clinic}/{job}/{young}")
    assert scrub(house).faults == ()
    assert jobs.result(house, clinic, "me", job, "json").content


@pytest.fixture(params=["plain", "sealed"])
def full(request: pytest.FixtureRequest, database_url: str, tmp_path: Path, recording: Path) -> Iterator[House]:
    """A house with a drafted job, whose clinic has a key or not."""
    key = KEY if request.param == "sealed" else ""
    house = open_house(Settings(data_dir=tmp_path / "data", database_url=database_url, master_key=key))
    drafted(house, accounts.add_clinic(house, "North"), recording)
    yield house
    house.close()


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, full: House, tmp_path: Path) -> Iterator[Settings]:
    """Settings of another machine: an empty folder and an empty database of the same kind."""
    url = ""
    if full.engine.dialect.name == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        name = f"r_{os.urandom(6).hex()}"
        server.execute(f"CREATE DATABASE {name}")
        url = server.url(name)
    yield Settings(data_dir=tmp_path / "there", database_url=url, master_key=full.settings.master_key)
    if url:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def with_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the programs of PostgreSQL that fit its server on PATH."""
    if dump := program("pg_dump"):
        monkeypatch.setenv("PATH", os.pathsep.join([str(Path(dump).parent), os.environ["PATH"]]))


def test_a_backup_brings_everything_back(
    full: House, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs, drafts, recordings and an unbroken audit chain, on another machine."""
    with_programs(monkeypatch)
    made = backup.backup(full, tmp_path / "b.tar")
    assert made.files == 2
    assert backup.restore(elsewhere, tmp_path / "b.tar") == made
    there = open_house(elsewhere)
    try:
        clinic = accounts.find_clinic(there, "North")
        (view,) = jobs.listing(there, clinic)
        assert view == jobs.listing(full, clinic)[0]
        assert jobs.result(there, clinic, "me", view.job, "docx").content.startswith(b"PK")
        assert (scrub(there).read, scrub(there).faults) == (3, ())
        with reading(there.engine) as session:
            assert audit.verify(session, clinic) is None
    finally:
        there.close()


def test_a_backup_overwrites_nothing(full: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an older backup, nor a database that is in use."""
    with_programs(monkeypatch)
    backup.backup(full, tmp_path / "b.tar")
    with pytest.raises(UsageError):
        backup.backup(full, tmp_path / "b.tar")
    with pytest.raises(NotAllowed):
        backup.restore(full.settings, tmp_path / "b.tar")


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9, 0.999])
def test_a_backup_without_its_end_is_refused(
    full: House, elsewhere: Settings, tmp_path: Path, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it becomes a database, and a whole one can be restored afterwards."""
    with_programs(monkeypatch)
    backup.backup(full, tmp_path / "b.tar")
    whole = (tmp_path / "b.tar").read_bytes()
    end = whole.index(b"end.json")
    (tmp_path / "cut.tar").write_bytes(whole[: int(end * share)])
    with pytest.raises(UnusableInput):
        backup.restore(elsewhere, tmp_path / "cut.tar")
    backup.restore(elsewhere, tmp_path / "b.tar")


def test_a_database_that_pg_dump_must_save_needs_it(
    full: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the backup of PostgreSQL is refused, not made without the database."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("pg_dump") is None
    if full.engine.dialect.name == "sqlite":
        backup.backup(full, tmp_path / "b.tar")
        return
    with pytest.raises(MissingPart, match="pg_dump"):
        backup.backup(full, tmp_path / "b.tar")
    assert not (tmp_path / "b.tar").exists()


def test_the_wrong_master_key_opens_nothing(full: House, tmp_path: Path) -> None:
    """An encrypted clinic's report cannot be read without the key that wrapped its own, and says so."""
    if not full.settings.master_key:
        return
    clinic = accounts.find_clinic(full, "North")
    (view,) = jobs.listing(full, clinic)
    for key in ("", "f" * 64):
        other = open_house(full.settings.model_copy(update={"master_key": key}))
        with pytest.raises(MissingPart, match=r"(?i)key"):
            jobs.result(other, clinic, "me", view.job, "docx")
        other.close()

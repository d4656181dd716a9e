"""A recording that was received is safe, and is received once."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.databases import Bell
from tests.service.workers import SAMPLE, send
from transcribe.domain import Header
from transcribe.errors import NotFound, UnusableInput, UsageError
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.receive import arriving, receive
from transcribe.store import audit
from transcribe.store.engine import reading
from transcribe.store.tables import Author, Dictation, Encounter, IdempotencyKey, Job, Patient

HEADER = Header(
    patient="José Doe", record_number="17", date_of_birth=date(1950, 2, 3), author="A. Name, MD", encounter="E5",
    work_type="letter", date_of_service=date(2026, 5, 18), copies_to=("B. Name, MD",),
)  # fmt: skip


def test_a_recording_is_kept_with_its_header_and_workers_are_called(house: House, clinic: str, bell: Bell) -> None:
    """Its bytes, its job in the queue, and one call; the audit chain knows who brought it."""
    job = send(house, clinic, header=HEADER).job
    assert bell.rung == [("speech", job)]
    assert jobs.status(house, clinic, job).state == "queued"
    with reading(house.engine) as session:
        row = session.scalars(select(Dictation)).one()
        assert house.blobs.read(clinic, row.digest) == SAMPLE.read_bytes()
        assert session.get_one(Patient, row.patient_id or "").name == "José Doe"
        assert session.get_one(Author, row.author_id or "").name == "A. Name, MD"
        assert session.get_one(Encounter, row.encounter_id or "").patient_id == row.patient_id
        assert audit.verify(session, clinic) is None
    assert list(house.blobs.arriving.iterdir()) == []


def test_the_same_patient_and_author_are_known_again(house: House, clinic: str) -> None:
    """A second dictation adds none of them, and another clinic's are its own."""
    for _ in range(2):
        send(house, clinic, header=HEADER)
    send(house, accounts.add_clinic(house, "South"), header=HEADER)
    with reading(house.engine) as session:
        for table in (Patient, Author, Encounter):
            assert session.scalar(select(func.count()).select_from(table)) == 2


def test_bytes_that_come_in_pieces_are_one_recording(house: House, clinic: str) -> None:
    """A stream and an upload piece by piece give what the file would."""
    recording = arriving(house, clinic)
    for at in range(0, 100_000, 999):
        recording.write(SAMPLE.read_bytes()[at : at + 999])
    first = receive(house, recording, clinic=clinic, actor="me", file_name="a", header=Header())
    stream = io.BytesIO(SAMPLE.read_bytes()[:100_899])
    second = receive(house, stream, clinic=clinic, actor="me", file_name="a", header=Header())
    assert second.duplicate_of == first.job


def test_the_same_recording_again_is_a_job_that_names_the_first(house: House, clinic: str) -> None:
    """It may belong to another header, so it is taken, and told; another clinic's recordings are not told about."""
    first = send(house, clinic)
    assert first.duplicate_of is None
    assert send(house, clinic).duplicate_of == first.job
    assert send(house, accounts.add_clinic(house, "South")).duplicate_of is None
    jobs.cancel(house, clinic, "me", first.job)
    assert send(house, clinic).duplicate_of not in (None, first.job)


def test_a_repeated_request_gets_the_first_answer(house: House, clinic: str, bell: Bell) -> None:
    """One job for one key; the same key for something else is refused, and another person's key is another key."""
    first = send(house, clinic, key="k")
    again = send(house, clinic, key="k")
    assert (again.job, again.duplicate_of, again.repeated) == (first.job, None, True)
    assert len(bell.rung) == 1
    with pytest.raises(UsageError, match="idempotency key"):
        send(house, clinic, key="k", header=HEADER)
    other = receive(house, SAMPLE, clinic=clinic, actor="you", file_name=SAMPLE.name, header=Header(), key="k")
    assert other.job != first.job


def test_a_request_that_is_sent_twice_at_once_is_received_once(house: House, clinic: str) -> None:
    """Whichever comes first, both get the same job."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(house, clinic, key="k"), range(6)))
    assert len({answer.job for answer in answers}) == 1
    assert sum(not answer.repeated for answer in answers) == 1
    with reading(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
        assert session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


def test_what_cannot_be_received_leaves_nothing(house: House, clinic: str, tmp_path: Path) -> None:
    """No bytes, no file, no clinic: refused, and nothing is kept of it."""
    empty = tmp_path / "empty.wav"
    empty.touch()
    with pytest.raises(UnusableInput):
        send(house, clinic, empty)
    with pytest.raises(NotFound):
        send(house, clinic, tmp_path / "none.wav")
    with pytest.raises(NotFound):
        send(house, "0" * 32)
    assert list(house.blobs.arriving.iterdir()) == list(house.blobs.place.names("")) == []
    with reading(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0


@pytest.mark.parametrize(("kind", "stat", "hours"), [
    ("letter", False, 48), ("operative_report", False, 4), ("", False, 24), ("letter", True, 1),
    ("radiology_report", False, 2), ("radiology_report", True, 0.5),
])  # fmt: skip
def test_a_report_is_due_as_the_work_type_and_the_clinic_say(house: House, kind: str, stat: bool, hours: float) -> None:
    """The work type's hours, the clinic's own where it has them, and the STAT rule."""
    rules = {"turnaround_hours": {"radiology_report": 2}}
    clinic = accounts.add_clinic(house, "West", {**rules, "stat_hours": 0.5} if hours == 0.5 else rules)
    view = jobs.status(house, clinic, send(house, clinic, header=Header(work_type=kind, stat=stat)).job)
    assert view.due - view.received == timedelta(hours=hours)
    assert view.priority == ("stat" if stat else "routine")


RECEIVE_ONE = """
import os, sys
from pathlib import Path
from transcribe.domain import Header
from transcribe.service.identity import accounts
from transcribe.service.house import open_house
from transcribe.service.receive import receive
from transcribe.settings import Settings
house = open_house(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2]))
clinic = accounts.find_clinic(house, "North")
os.write(1, b"BEGIN")
receive(house, Path(sys.argv[3]), clinic=clinic, actor="me", file_name="a", header=Header())
os.write(1, b"RECEIVED")
"""


@pytest.mark.service
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_everything_is_on_disk_before_anybody_is_told(
    house: House, clinic: str, database_url: str, tmp_path: Path
) -> None:
    """File synced, renamed, its folders synced, the transaction durable, and only then the answer."""
    trace = tmp_path / "trace"
    seen = "trace=fsync,fdatasync,rename,renameat,renameat2,write,sendto,recvfrom"
    command = [sys.executable, "-c", RECEIVE_ONE, str(house.settings.data_dir), database_url, str(SAMPLE)]
    subprocess.run(["strace", "-f", "-y", "-e", seen, "-o", trace, *command], check=True, capture_output=True)
    lines = trace.read_text().partition('"BEGIN"')[2].splitlines()
    blobs = str(house.settings.data_dir / "blobs")

    def first(*words: str, after: int = 0) -> int:
        return next(at for at in range(after, len(lines)) if all(word in lines[at] for word in words))

    synced = first("fsync(", "/arriving/")
    renamed = first("rename", "/arriving/", after=synced)
    folder = first("fsync(", blobs, after=renamed)
    # Every folder that got a new entry is synced: the innermost, and those that were made for it.
    digest = lines[renamed].split('"')[3]
    for parent in list(Path(digest).parents)[:3]:
        assert first("fsync(", f"<{parent}>", after=renamed)
    committed = first("COMMIT", after=folder) if "postgresql" in database_url else first("sync(", "-wal", after=folder)
    told = first('"RECEIVED"')
    assert synced < renamed < folder < committed < told

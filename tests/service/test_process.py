"""A received dictation becomes one draft, or says why not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from tests.databases import Bell
from tests.service.workers import Hearing, load, send, tools, work_off
from tests.sounds import encoded, saved, tone
from tests.store.makers import forget_pause
from transcribe.domain import Header
from transcribe.errors import MissingPart, NotFound, UsageError
from transcribe.service import jobs, process, sweep
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.process import Load, work
from transcribe.store import audit, tables
from transcribe.store import jobs as queue
from transcribe.store.engine import reading, transaction
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Step

pytestmark = pytest.mark.slow


def test_a_dictation_becomes_one_draft_before_a_person(house: House, clinic: str, bell: Bell) -> None:
    """Heard, written up, read, coded; the first version waits for review and can be had as JSON and DOCX."""
    job = send(house, clinic, header=Header(patient="J. Doe", record_number="1", work_type="letter")).job
    assert work_off(house) == 2
    view = jobs.status(house, clinic, job)
    assert (view.state, view.drafts, view.attempts, view.progress) == ("in_review", 1, 1, 1.0)
    assert view.work_type == "letter"
    assert bell.rung == [("speech", job), ("text", job)]
    draft = json.loads(jobs.result(house, clinic, "me", job, "json").content)
    assert draft["id"] == job
    assert "No pneumonia" in draft["text"]
    assert draft["made_by"]["recogniser"] == "hearing 1"
    assert jobs.result(house, clinic, "me", job, "docx").content.startswith(b"PK")
    with reading(house.engine) as session:
        entries = session.scalars(select(tables.AuditEntry).order_by(tables.AuditEntry.number)).all()
        assert [entry.action for entry in entries] == ["clinic added", "received", "drafted", "read", "read"]
        assert audit.verify(session, clinic) is None


def heard(house: House, clinic: str, job: str) -> tuple[str, list[object]]:
    """What the draft says was heard, and the seconds of its words."""
    draft = json.loads(jobs.result(house, clinic, "me", job, "json").content)
    return draft["heard"], draft["words"]


def test_a_long_dictation_is_heard_in_parts_with_the_same_words(
    house: House, clinic: str, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts are called for as they are cut, progress rises as they are heard, and their samples do not stay."""
    alone = send(house, clinic).job
    work_off(house)
    monkeypatch.setattr(process, "PART_SECONDS", 20.0)
    bell.rung.clear()
    job, progress = send(house, clinic).job, []
    steps = work_off(house, between=lambda: progress.append(jobs.status(house, clinic, job).progress))
    assert steps >= 5
    assert bell.rung.count(("speech", job)) == steps - 1
    assert progress == sorted(progress)
    assert 0 < progress[1] < progress[2] < 1
    assert heard(house, clinic, job) == heard(house, clinic, alone)
    with reading(house.engine) as session:
        parts = session.scalars(select(Step).where(Step.job_id == job, Step.name == "hear")).all()
        assert all(not house.blobs.place.has(f"{clinic}/{job}/{part.input['blob']}") for part in parts)


def test_a_dictation_that_is_cut_anew_is_heard_anew(
    house: House, clinic: str, bell: Bell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planner died, and the next has a recogniser that takes shorter chunks: no word is lost or heard twice."""
    monkeypatch.setattr(process, "PART_SECONDS", 30.0)
    short, long = Hearing(max_chunk=9.0), Hearing(max_chunk=28.0)
    right = send(house, clinic).job
    work_off(house, load(short))
    job = send(house, clinic).job
    work(house, "speech", load(long), worker="dies")
    work(house, "speech", load(long), worker="hears a part of the old cut")
    with transaction(house.engine) as session:
        for step in session.scalars(select(Step).where(Step.job_id == job, Step.name == "recognise")):
            step.state = tables.StepState.WAITING
    work_off(house, load(short))
    assert heard(house, clinic, job) == heard(house, clinic, right)


@pytest.mark.parametrize("error", [MemoryError(), KeyError("Jane Doe"), MissingPart("The model is not there.")])
def test_what_may_pass_is_tried_three_times_and_told_without_a_patients_words(
    house: House, clinic: str, error: Exception
) -> None:
    """After the third time the job asks for attention; retried by a person, it is drafted."""
    job = send(house, clinic).job
    for _ in range(3):
        forget_pause(house.engine, job)
        assert work(house, "speech", load(Hearing(error)), worker="w")
        assert "Doe" not in jobs.status(house, clinic, job).reason
    view = jobs.status(house, clinic, job)
    assert (view.state, view.attempts) == ("failed", 3)
    assert view.reason
    assert [each.job for each in jobs.attention(house, clinic)] == [job]
    assert jobs.retry(house, clinic, "me", job).state == "queued"
    work_off(house)
    assert jobs.status(house, clinic, job).drafts == 1


def test_a_recording_that_is_none_fails_at_once_and_says_so(house: House, clinic: str, tmp_path: Path) -> None:
    """One attempt; the reason does not repeat the file's name, which may be a patient's."""
    path = tmp_path / "Doe, Jane.wav"
    path.write_bytes(b"RIFF of nothing")
    job = send(house, clinic, path).job
    assert work_off(house) == 1
    view = jobs.status(house, clinic, job)
    assert (view.state, view.reason_code, view.attempts) == ("failed", "unusable_input", 1)
    assert view.reason.startswith("The recording is not a recording that can be read")
    assert "Doe" not in view.reason


def test_a_recording_without_its_end_is_drafted_and_says_so(house: House, clinic: str, tmp_path: Path) -> None:
    """What is there is heard; the row names the seconds and the draft has a blank at its end."""
    whole = encoded(np.stack([tone(8.0)]))
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    job = send(house, clinic, tmp_path / "cut.wav").job
    work_off(house)
    with reading(house.engine) as session:
        (finding,) = session.scalars(select(tables.Dictation.findings)).one()
    assert finding["kind"] == "cut_short"
    assert finding["seconds"] == pytest.approx(4.0, abs=0.1)
    draft = json.loads(jobs.result(house, clinic, "me", job, "json").content)
    assert any("breaks off" in mark["reason"] for mark in draft["marks"])


def test_a_zombie_makes_no_second_draft(house: House, clinic: str) -> None:
    """A worker that slept past its lease, while another drafted, is refused at the end."""
    job = send(house, clinic).job
    work(house, "speech", load(), worker="w")

    def slow_tools() -> object:
        with transaction(house.engine) as session:
            for step in session.scalars(select(Step).where(Step.name == "draft")):
                step.lease_until = step.due_at - timedelta(days=30)
        assert sweep.tick(house).died == 1
        assert work(house, "text", load(), worker="other")
        return tools()

    assert work(house, "text", Load(Hearing, slow_tools), worker="zombie")  # type: ignore[arg-type] # it stands in for Tools
    with reading(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 1
        assert session.scalar(select(func.count()).select_from(Version)) == 1
    view = jobs.status(house, clinic, job)
    assert (view.state, view.reason) == ("in_review", "")


def test_what_is_cancelled_while_it_is_heard_stays_cancelled(house: House, clinic: str) -> None:
    """The worker finds its claim gone and leaves nothing behind."""
    job = send(house, clinic).job

    def cancelling() -> Hearing:
        jobs.cancel(house, clinic, "me", job)
        return Hearing()

    assert work(house, "speech", Load(cancelling, tools), worker="w")
    assert jobs.status(house, clinic, job).state == "cancelled"
    assert work_off(house) == 0


HANG = """
import sys, time
from pathlib import Path
from transcribe.service import heartbeat
from transcribe.service.house import open_house
from transcribe.service.process import Load, work
from transcribe.settings import Settings
heartbeat._LOADING_SECONDS = 0.5
house = open_house(Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2], lease_seconds=1.0))
work(house, "speech", Load(lambda: time.sleep(60), lambda: None), worker="hanging")
"""


def test_a_worker_that_hangs_is_killed_and_the_step_goes_to_another(
    house: House, clinic: str, database_url: str
) -> None:
    """Past its limit the process ends itself; once the lease is over, the sweep calls for another worker."""
    job = send(house, clinic).job
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", HANG, str(house.settings.data_dir), database_url], check=False)
    assert done.returncode == -9
    assert time.monotonic() - began < 40
    time.sleep(1.1)
    assert sweep.tick(house) == sweep.Swept(died=1, rung=1)
    work_off(house)
    assert jobs.status(house, clinic, job).drafts == 1


def test_a_lease_lives_as_long_as_the_work(house: House, clinic: str) -> None:
    """A step that takes several leases is not taken away from a worker that is alive."""
    short = replace(house, settings=house.settings.model_copy(update={"lease_seconds": 0.8}))
    job = send(short, clinic).job

    def slow() -> Hearing:
        for _ in range(5):
            time.sleep(0.5)
            assert sweep.tick(short).died == 0
        return Hearing()

    assert work(short, "speech", Load(slow, tools), worker="w")
    assert jobs.status(house, clinic, job).attempts == 1
    assert work(house, "text", load(), worker="w")


def test_nobody_sees_or_touches_another_clinics_jobs(house: House, clinic: str) -> None:
    """To the others it does not exist, whatever is asked of it."""
    job, other = send(house, clinic).job, accounts.add_clinic(house, "South")
    with pytest.raises(NotFound):
        jobs.status(house, other, job)
    for act in (jobs.retry, jobs.cancel, jobs.hold, jobs.resume):
        with pytest.raises(NotFound):
            act(house, other, "me", job)
    for form in ("json", "docx"):
        with pytest.raises(NotFound):
            jobs.result(house, other, "me", job, form)
    assert jobs.listing(house, other) == jobs.attention(house, other) == jobs.waiting(house, other) == []
    with pytest.raises(NotFound):
        jobs.listing(house, other, after=job)


def test_jobs_are_listed_newest_first_page_by_page(house: House, clinic: str, tmp_path: Path) -> None:
    """Each once; by state; the queue in the order in which it will be worked off."""
    path = saved(tmp_path / "a.wav", tone(0.1))
    sent = [send(house, clinic, path, Header(stat=number == 3)).job for number in range(5)]
    pages = [jobs.listing(house, clinic, limit=2)]
    while pages[-1]:
        pages.append(jobs.listing(house, clinic, limit=2, after=pages[-1][-1].job))
    assert [view.job for page in pages for view in page] == sent[::-1]
    jobs.cancel(house, clinic, "me", sent[0])
    assert [view.job for view in jobs.listing(house, clinic, state="cancelled")] == [sent[0]]
    order = [sent[3], sent[1], sent[2], sent[4]]
    assert [(view.job, view.position) for view in jobs.waiting(house, clinic)] == list(
        zip(order, (1, 2, 3, 4), strict=True)
    )
    with pytest.raises(UsageError):
        jobs.listing(house, clinic, state="lost")


def test_what_is_late_or_will_be_asks_for_attention(house: House, clinic: str, tmp_path: Path) -> None:
    """By due time, those that failed first; what is on hold does not age."""
    path = saved(tmp_path / "a.wav", tone(0.1))
    fine, soon, late, held, failed = (send(house, clinic, path).job for _ in range(5))
    with transaction(house.engine) as session:
        for job, hours in ((soon, 23.5), (late, 25), (held, 25)):
            queue.locked(session, job).due_at -= timedelta(hours=hours)
        queue.move(session, queue.locked(session, failed), tables.State.FAILED)
    jobs.hold(house, clinic, "me", held)
    views = jobs.attention(house, clinic)
    assert [(view.job, view.overdue) for view in views] == [(failed, False), (late, True), (soon, False)]
    assert not jobs.status(house, clinic, held).overdue
    assert fine not in [view.job for view in views]


def test_a_report_that_is_not_there_is_said_to_be_so(house: House, clinic: str) -> None:
    """Not yet drafted, or a form that does not exist."""
    job = send(house, clinic).job
    with pytest.raises(NotFound, match="not there yet"):
        jobs.result(house, clinic, "me", job, "docx")
    with pytest.raises(UsageError):
        jobs.result(house, clinic, "me", job, "odt")

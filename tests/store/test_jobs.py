"""The queue of record: who gets what, and what becomes of it when workers, people and time interfere."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from tests.store.makers import forget_pause, job_of, new_clinic, new_job, steps_of, taken
from transcribe.errors import TryLater, UsageError
from transcribe.store import jobs
from transcribe.store.engine import now, transaction
from transcribe.store.jobs import Claim
from transcribe.store.tables import State, Step, StepState

LONG_AGO = timedelta(seconds=-1)

ALLOWED = {
    "received": "queued on_hold failed cancelled",
    "queued": "recognising annotating on_hold failed cancelled",
    "recognising": "annotating queued on_hold failed cancelled",
    "annotating": "drafting queued on_hold failed cancelled",
    "drafting": "in_review queued on_hold failed cancelled",
    "in_review": "released signed queued on_hold failed cancelled",
    "released": "signed in_review on_hold failed cancelled",
    "signed": "delivered in_review",
    "delivered": "in_review",
    "on_hold": "failed cancelled",
    "failed": "queued cancelled",
    "cancelled": "",
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("wanted", State)
def test_a_job_goes_from_state_to_state_as_written_here(state: State, wanted: State) -> None:
    """What is cancelled stays, what is signed is only corrected; all else can fail, be held or be cancelled."""
    assert jobs.may_become(state, wanted) == (wanted in ALLOWED[state].split())


def test_stat_goes_first_then_what_is_due_first(engine: Engine) -> None:
    """Within one clinic the order is STAT, then due time, whatever came first."""
    clinic = new_clinic(engine, "North")
    late, early = new_job(engine, clinic, due=48), new_job(engine, clinic, due=4)
    stat = new_job(engine, clinic, due=72, stat=True)
    order = [claim.job for claim in iter(lambda: taken(engine), None)]
    assert order == [stat, early, late]


def test_no_clinic_waits_behind_anothers_many(engine: Engine) -> None:
    """With 30 jobs of one clinic waiting, the two of another are among the first four."""
    big, small = new_clinic(engine, "Big"), new_clinic(engine, "Small")
    for _ in range(30):
        new_job(engine, big, due=1)
    theirs = {new_job(engine, small, due=90) for _ in range(2)}
    first = [claim.job for _ in range(4) if (claim := taken(engine))]
    assert theirs <= set(first)


def test_what_waits_for_another_queue_or_time_is_not_taken(engine: Engine) -> None:
    """A text worker hears nothing, and a step that failed rests before it is tried again."""
    job = new_job(engine, new_clinic(engine, "North"))
    assert taken(engine, queue="text") is None
    fail(engine, claimed(engine))
    assert steps_of(engine, job)[0].state == StepState.WAITING
    assert taken(engine) is None


def claimed(engine: Engine, *, lease: timedelta = timedelta(seconds=60)) -> Claim:
    """What a worker takes up, which is there."""
    claim = taken(engine, lease=lease)
    assert claim is not None
    return claim


def fail(engine: Engine, claim: Claim, *, for_good: bool = False) -> bool:
    """A worker's step fails."""
    with transaction(engine) as session:
        give_up = jobs.fail if for_good else jobs.retry_later
        return give_up(session, claim, "broken", "It broke.")


def test_a_step_is_tried_three_times_and_then_its_job_has_failed_with_a_reason(engine: Engine) -> None:
    """It waits longer each time; nothing is tried a fourth time until a person asks for it."""
    job = new_job(engine, new_clinic(engine, "North"))
    for attempt in (1, 2, 3):
        forget_pause(engine, job)
        claim = claimed(engine)
        assert claim.attempts == attempt
        with transaction(engine) as session:
            jobs.move(session, jobs.locked(session, job), State.RECOGNISING)
        fail(engine, claim)
    row = job_of(engine, job)
    assert (row.state, row.reason_code) == (State.FAILED, "broken")
    assert row.reason == "It broke. It was tried 3 times."
    forget_pause(engine, job)
    assert taken(engine) is None
    with transaction(engine) as session:
        assert jobs.retry(session, jobs.locked(session, job)) == ["speech"]
    assert claimed(engine).attempts == 1
    assert job_of(engine, job).reason == ""


def test_what_no_repetition_mends_fails_at_once(engine: Engine) -> None:
    """An unusable recording is not tried again."""
    job = new_job(engine, new_clinic(engine, "North"))
    fail(engine, claimed(engine), for_good=True)
    assert job_of(engine, job).state == State.FAILED


def test_only_the_holder_of_the_token_may_finish(engine: Engine) -> None:
    """A worker that was away past its lease, while another took over, changes nothing any more."""
    job = new_job(engine, new_clinic(engine, "North"))
    asleep = claimed(engine, lease=LONG_AGO)
    swept(engine)
    other = claimed(engine)
    assert other.step == asleep.step
    with pytest.raises(TryLater), transaction(engine) as session:
        jobs.finish(session, asleep, result="0" * 64, made_by="asleep")
    assert not fail(engine, asleep)
    assert not fail(engine, asleep, for_good=True)
    with transaction(engine) as session:
        assert not jobs.renew(session, asleep, lease=timedelta(seconds=60))
        assert jobs.renew(session, other, lease=timedelta(seconds=60))
        jobs.finish(session, other, result="1" * 64, made_by="other")
    assert [(step.state, step.made_by) for step in steps_of(engine, job)] == [(StepState.DONE, "other")]


def swept(engine: Engine) -> int:
    """A sweep looks for workers that died."""
    with transaction(engine) as session:
        return sum(jobs.worker_died(session, claim) for claim in jobs.expired(session))


def test_three_workers_that_die_are_enough(engine: Engine) -> None:
    """A recording that kills whoever decodes it is tried three times, then shown to a person."""
    job = new_job(engine, new_clinic(engine, "North"))
    for _ in range(3):
        claimed(engine, lease=LONG_AGO)
        assert swept(engine) == 1
    row = job_of(engine, job)
    assert (row.state, row.reason_code) == (State.FAILED, "worker_died")
    assert taken(engine) is None
    assert swept(engine) == 0


def test_a_worker_that_comes_back_in_time_keeps_its_step(engine: Engine) -> None:
    """Between the sweep's look and its act, a late sign of life counts."""
    new_job(engine, new_clinic(engine, "North"))
    claim = claimed(engine, lease=LONG_AGO)
    with transaction(engine) as session:
        seen = jobs.expired(session)
    with transaction(engine) as session:
        assert jobs.renew(session, claim, lease=timedelta(seconds=60))
    with transaction(engine) as session:
        assert [jobs.worker_died(session, each) for each in seen] == [False]


def test_held_jobs_are_not_worked_on_and_their_clock_stands_still(engine: Engine) -> None:
    """The running worker loses its claim without an attempt being counted; the due time moves by the time held."""
    job = new_job(engine, new_clinic(engine, "North"))
    claim, due = claimed(engine), job_of(engine, job).due_at
    with transaction(engine) as session:
        jobs.hold(session, jobs.locked(session, job))
    assert taken(engine) is None
    assert not fail(engine, claim)
    with transaction(engine) as session:
        row = jobs.locked(session, job)
        assert row.held_at is not None
        row.held_at -= timedelta(hours=5)
        assert jobs.resume(session, row) == ["speech"]
    later = job_of(engine, job).due_at - due
    assert timedelta(hours=5) <= later < timedelta(hours=5, minutes=1)
    assert claimed(engine).attempts == 1
    with pytest.raises(UsageError), transaction(engine) as session:
        jobs.resume(session, jobs.locked(session, job))


def test_a_cancelled_job_is_never_taken_up(engine: Engine) -> None:
    """Neither what waits nor what was running."""
    clinic = new_clinic(engine, "North")
    waiting, running = new_job(engine, clinic, due=2), new_job(engine, clinic, due=1)
    claim = claimed(engine)
    assert claim.job == running
    for job in (waiting, running):
        with transaction(engine) as session:
            jobs.cancel(session, jobs.locked(session, job))
    assert taken(engine) is None
    with pytest.raises(TryLater), transaction(engine) as session:
        jobs.finish(session, claim, result="0" * 64, made_by="late")
    with pytest.raises(UsageError), transaction(engine) as session:
        jobs.retry(session, jobs.locked(session, running))


def test_a_lost_message_is_sent_again_after_a_minute(engine: Engine) -> None:
    """A step that nobody took up is called for again, and not before; one that rests is called for when it is ready."""
    job = new_job(engine, new_clinic(engine, "North"))

    def calls() -> list[tuple[str, str]]:
        with transaction(engine) as session:
            return jobs.waiting_unrung(session)

    assert calls() == []
    with transaction(engine) as session:
        session.execute(update(Step).values(rung_at=now(session) - timedelta(seconds=61)))
    assert calls() == [("speech", job)]
    assert calls() == []
    fail(engine, claimed(engine))
    assert calls() == []
    forget_pause(engine, job)
    assert calls() == [("speech", job)]


TAKE_ALL = """
import sys
from datetime import timedelta
from transcribe.store import jobs
from transcribe.store.engine import open_engine, transaction
engine = open_engine(sys.argv[1])
while True:
    with transaction(engine) as session:
        claim = jobs.claim(session, "speech", lease=timedelta(seconds=60), worker=sys.argv[2])
    if claim is None:
        break
    print(claim.step, flush=True)
    with transaction(engine) as session:
        jobs.locked(session, claim.job)
        jobs.finish(session, claim, result="0" * 64, made_by=sys.argv[2])
"""


@pytest.mark.slow
def test_eight_processes_share_the_work_without_taking_a_step_twice(engine: Engine, database_url: str) -> None:
    """Every one of 100 steps is taken up exactly once, and nobody stops while something waits."""
    clinics = [new_clinic(engine, name) for name in ("North", "South")]
    wanted = {new_job(engine, clinics[number % 2]) for number in range(100)}
    command = [sys.executable, "-c", TAKE_ALL, database_url]
    started = [subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, text=True) for n in range(8)]
    took = [process.communicate(timeout=120)[0].split() for process in started]
    assert all(process.returncode == 0 for process in started)
    counted = Counter(step for steps in took for step in steps)
    assert set(counted.values()) == {1}
    assert len(counted) == len(wanted)

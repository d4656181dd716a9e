"""Whatever happens in whatever order, jobs and steps do what a small model of them does."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from tests.store.makers import LEASE, forget_pause, new_clinic, new_job
from transcribe.errors import TryLater, UsageError
from transcribe.store import jobs
from transcribe.store.engine import open_engine, transaction
from transcribe.store.jobs import Claim
from transcribe.store.tables import Job, State, Step


class JobLife(RuleBasedStateMachine):
    """Workers, people and the sweep act on jobs of one step; `model` says what each job and step must be."""

    claims = Bundle("claims")
    template: Path

    def __init__(self) -> None:
        super().__init__()
        # Nothing is to survive a power cut here, and a disk that syncs would take most of the time.
        memory = Path("/dev/shm")
        self.folder = Path(mkdtemp(prefix="life-", dir=memory if memory.is_dir() else None))
        shutil.copyfile(self.template, self.folder / "t.db")
        self.engine = open_engine(f"sqlite:///{self.folder / 't.db'}")
        self.model: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}

    @initialize()
    def begin(self) -> None:
        self.clinic = new_clinic(self.engine, "North")

    @rule()
    def receive(self) -> None:
        self.model[new_job(self.engine, self.clinic)] = {"job": "queued", "step": "waiting", "attempts": 0}

    @rule(target=claims, dies=st.booleans())
    def claim(self, dies: bool) -> Claim | None:
        for job in self.model:
            forget_pause(self.engine, job)
        with transaction(self.engine) as session:
            claim = jobs.claim(session, "speech", lease=-LEASE if dies else LEASE, worker="w")
        waiting = [job for job, row in self.model.items() if row["step"] == "waiting"]
        assert (claim is not None) == bool(waiting)
        if claim:
            row = self.model[claim.job]
            assert row["step"] == "waiting"
            row["step"], row["dies"] = "running", dies
            row["attempts"] += 1
            self.tokens[claim.job] = claim.token
            with transaction(self.engine) as session:
                jobs.move(session, jobs.locked(session, claim.job), State.RECOGNISING)
            row["job"] = "recognising"
        return claim

    def holds(self, claim: Claim) -> bool:
        return self.model[claim.job]["step"] == "running" and self.tokens[claim.job] == claim.token

    @rule(claim=consumes(claims))
    def finish(self, claim: Claim | None) -> None:
        if claim is None:
            return
        holds = self.holds(claim)
        try:
            with transaction(self.engine) as session:
                jobs.locked(session, claim.job)
                jobs.finish(session, claim, result="0" * 64, made_by="w")
        except TryLater:
            assert not holds
        else:
            assert holds
            self.model[claim.job]["step"] = "done"

    @rule(claim=consumes(claims), for_good=st.booleans())
    def fail(self, claim: Claim | None, for_good: bool) -> None:
        if claim is None:
            return
        holds, row = self.holds(claim), self.model[claim.job]
        with transaction(self.engine) as session:
            assert (jobs.fail if for_good else jobs.retry_later)(session, claim, "x", "y") == holds
        if holds:
            self.gone(row, for_good)

    def gone(self, row: dict[str, Any], for_good: bool) -> None:
        if for_good or row["attempts"] >= jobs.MAX_ATTEMPTS:
            row["job"], row["step"] = "failed", "failed"
        else:
            row["job"], row["step"] = "queued", "waiting"

    @rule()
    def sweep(self) -> None:
        with transaction(self.engine) as session:
            dead = [claim for claim in jobs.expired(session) if jobs.worker_died(session, claim)]
        expected = {job for job, row in self.model.items() if row["step"] == "running" and row["dies"]}
        assert {claim.job for claim in dead} == expected
        for job in expected:
            self.gone(self.model[job], False)

    @rule(data=st.data(), act=st.sampled_from(["hold", "resume", "cancel", "retry"]))
    def person(self, data: st.DataObject, act: str) -> None:
        if not self.model:
            return
        job = data.draw(st.sampled_from(sorted(self.model)))
        row = self.model[job]
        allowed = {
            "hold": row["job"] in ("queued", "recognising"),
            "resume": row["job"] == "on_hold",
            "cancel": row["job"] != "cancelled",
            "retry": row["job"] == "failed",
        }[act]
        try:
            with transaction(self.engine) as session:
                getattr(jobs, act)(session, jobs.locked(session, job))
        except UsageError:
            assert not allowed
            return
        assert allowed
        self.acted(row, act)

    def acted(self, row: dict[str, Any], act: str) -> None:
        open_step = row["step"] != "done"
        if act == "hold":
            row["attempts"] -= row["step"] == "running"
            row["job"], row["step"] = "on_hold", "held" if open_step else "done"
        elif act == "cancel":
            row["job"], row["step"] = "cancelled", "cancelled" if open_step else "done"
        else:
            row["job"], row["step"] = "queued", "waiting" if open_step else "done"
            row["attempts"] = 0 if act == "retry" else row["attempts"]

    @invariant()
    def the_rows_are_as_the_model(self) -> None:
        with transaction(self.engine) as session:
            found = {
                job.id: {"job": job.state, "step": step.state, "attempts": step.attempts}
                for job, step in session.query(Job, Step).join(Step, Step.job_id == Job.id)
            }
        wanted = {job: {key: row[key] for key in ("job", "step", "attempts")} for job, row in self.model.items()}
        assert found == wanted
        assert all(row["attempts"] <= jobs.MAX_ATTEMPTS for row in found.values())

    def teardown(self) -> None:
        self.engine.dispose()
        shutil.rmtree(self.folder)


@pytest.mark.slow
def test_jobs_live_as_the_model_does(sqlite_template: Path) -> None:
    """No order of claims, deaths, failures, holds, cancellations and retries loses, doubles or wakes a job."""
    JobLife.template = sqlite_template
    machine: Any = JobLife
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

"""Single faults, each with what must come of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import redis
from sqlalchemy import select

from tests import invariants
from tests.chaos.fleet import Fleet, until
from tests.chaos.stub import POISONS
from tests.chaos.uploads import Sender, recordings
from transcribe import audio, speech
from transcribe.store.engine import reading
from transcribe.store.tables import Job, Step

pytestmark = [pytest.mark.service, pytest.mark.slow, pytest.mark.enable_socket]

Make = Callable[..., Fleet]

QUEUED = 200 if os.environ.get("CHAOS_LONG") else 60


def sound(fleet: Fleet, sender: Sender) -> list[str]:
    """What is amiss."""
    house = fleet.house
    return invariants.receipt(house, sender.ledger) + invariants.once(house) + invariants.database(house)


def settled(fleet: Fleet, *, seconds: float) -> None:
    """Wait until no machine owes anything."""
    until(lambda: not invariants.progress(fleet.house), seconds=seconds, what="the end of all jobs")


def test_a_broker_that_is_wiped_or_away_costs_nothing(make_fleet: Make) -> None:
    """Messages are wiped, and uploads received while no broker is there; all of them are drafted."""
    fleet = make_fleet(servers=True, CHAOS_SPEED="10000", TRANSCRIBE_SPEECH_WORKERS="2")
    fleet.start("redis", "web")
    sender = Sender(fleet.client)
    sent = list(enumerate(recordings(QUEUED, seconds=1.5)))
    wiped = QUEUED * 3 // 4
    assert all(sender.send_once(recording, f"key-{number}") for number, recording in sent[:wiped])
    broker = redis.Redis(unix_socket_path=str(fleet.folder / "data" / "broker" / "redis.sock"))
    until(lambda: broker.llen("speech") == wiped, seconds=10, what="a message for each upload")
    broker.close()
    fleet.kill("redis")
    assert fleet.stop() == 0
    fleet.start("web", TRANSCRIBE_BROKER_URL="redis+socket:///nowhere")
    assert all(sender.send_once(recording, f"key-{number}") for number, recording in sent[wiped:])
    assert fleet.stop() == 0
    fleet.start()
    settled(fleet, seconds=300)
    assert sound(fleet, sender) == []
    with reading(fleet.house.engine) as session:
        assert set(session.scalars(select(Job.state))) == {"in_review"}


def poisoned(folder: Path) -> dict[str, bytes]:
    """A recording for each kind of poison, and the file that tells the stand-in which."""
    files = dict(zip(POISONS, recordings(len(POISONS), seed=99), strict=True))
    kinds = {}
    for kind, content in files.items():
        path = folder / f"{kind}.wav"
        path.write_bytes(content)
        for chunk in speech.chunks(audio.blocks(audio.inspect(path))):
            kinds[sha256(np.ascontiguousarray(chunk.samples).tobytes()).hexdigest()] = kind
    (folder / "poison.json").write_text(json.dumps(kinds))
    return files


def test_poison_fails_with_a_reason_and_harms_nothing_else(make_fleet: Make, tmp_path: Path) -> None:
    """Recordings that break whatever hears them have failed after three attempts; the twenty behind them are drafted,
    and the worker itself has never ended.
    """
    files = poisoned(tmp_path)
    fleet = make_fleet(
        servers=True, TRANSCRIBE_SPEECH_WORKERS="2", CHAOS_POISON=str(tmp_path / "poison.json"), CHAOS_LIMIT="5"
    )
    fleet.start()
    sender = Sender(fleet.client)
    assert all(sender.send_once(content, kind) for kind, content in files.items())
    jobs = {each.key: each.job for each in sender.ledger}
    for number, recording in enumerate(recordings(20, seed=3, seconds=3)):
        assert sender.send_once(recording, f"healthy-{number}")
    settled(fleet, seconds=300)
    assert sound(fleet, sender) == []
    with reading(fleet.house.engine) as session:
        states = {job.id: job for job in session.scalars(select(Job))}
        tried = {step.job_id: step.attempts for step in session.scalars(select(Step).where(Step.name == "recognise"))}
    for kind, job in jobs.items():
        assert (kind, states[job].state, tried[job]) == (kind, "failed", 3)
        assert states[job].reason_code == ("try_later" if kind == "memory" else "worker_died")
        assert states[job].reason.endswith(".")
    healthy = [job for key, job in {each.key: each.job for each in sender.ledger}.items() if key not in jobs]
    assert {states[job].state for job in healthy} == {"in_review"}
    assert len(fleet.events("part_started", "speech")) == 1


def test_asked_to_stop_workers_finish_what_they_have(make_fleet: Make) -> None:
    """Stopped in the middle and started again, no step was taken up twice."""
    fleet = make_fleet(servers=False, CHAOS_SPEED="5", TRANSCRIBE_SPEECH_WORKERS="2")
    fleet.start()
    sender = Sender(fleet.client)
    for number, recording in enumerate(recordings(8)):
        assert sender.send_once(recording, f"key-{number}")

    def running() -> list[str]:
        with reading(fleet.house.engine) as session:
            return list(session.scalars(select(Step.id).where(Step.state == "running")))

    until(running, seconds=60, what="a step that is worked on")
    assert fleet.stop() == 0
    assert running() == []
    fleet.start()
    settled(fleet, seconds=120)
    assert sound(fleet, sender) == []
    with reading(fleet.house.engine) as session:
        assert set(session.scalars(select(Step.attempts))) == {1}

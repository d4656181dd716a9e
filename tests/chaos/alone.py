"""The whole of the service's work in one process without a broker: what a test of failpoints kills and starts again."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from tests import invariants
from tests.chaos.stub import StandIn
from tests.chaos.uploads import recordings
from transcribe.domain import Header
from transcribe.service import process
from transcribe.service.house import House, open_house
from transcribe.service.identity.accounts import add_clinic, find_clinic
from transcribe.service.receive import receive
from transcribe.service.sweep import tick
from transcribe.settings import Settings
from transcribe.store import jobs
from workers.app import make_app
from workers.ring import ring_of
from workers.tasks import load_tools

CLINIC = "Clinic"


def _send(house: House, ledger: Path) -> None:
    """What a client does: it sends again, with the same keys, and writes down what it is told."""
    clinic = find_clinic(house, CLINIC)
    lengths = {"short": 5.0, "other": 6.0, "long": 80.0}
    for seed, (key, seconds) in enumerate(lengths.items()):
        recording = next(recordings(1, seed=seed, seconds=seconds))
        received = receive(
            house, io.BytesIO(recording), clinic=clinic, actor="client", file_name="x.wav", header=Header(), key=key
        )
        with ledger.open("a") as file:
            file.write(json.dumps([key, sha256(recording).hexdigest(), received.job]) + "\n")


def live(environment: Mapping[str, str], ledger: Path) -> None:
    """Receive three recordings, one of them in parts, write down each receipt, and work until nothing is left to do.

    For a process of its own.
    """
    os.environ |= environment
    process.PART_SECONDS = 8.0
    jobs.PAUSES = (timedelta(0), timedelta(0))
    settings = Settings()
    # Messages go where nobody listens: nothing depends on them here, but ringing has its places to die too.
    house = open_house(settings, ring_of(make_app(settings)))
    if not invariants.clinics(house):
        add_clinic(house, CLINIC)
    _send(house, ledger)
    load = process.Load(StandIn, load_tools)
    while invariants.progress(house):
        worked = [process.work(house, queue, load, worker="alone") for queue in ("speech", "text")]
        tick(house)
        if not any(worked):
            time.sleep(0.1)

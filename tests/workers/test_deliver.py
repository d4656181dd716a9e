"""The process that sends: real, on a real database, with a receiver that keeps it waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.delivery.test_mllp import receiving
from tests.service.signing import sign, state, states, target
from transcribe.service.house import open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings


@pytest.mark.enable_socket
def test_what_is_signed_arrives_while_another_receiver_hangs(tmp_path: Path) -> None:
    """Nobody rings; SIGTERM ends the process at once, in the middle of waiting for an answer."""
    house = open_house(Settings(data_dir=tmp_path))
    clinic = accounts.add_clinic(house, "North")
    with receiving("hangs") as receiver:
        environment = {
            **os.environ,
            "TRANSCRIBE_DATA_DIR": str(tmp_path),
            "TRANSCRIBE_TARGETS": f"mllp://127.0.0.1:{receiver.port}",
            "TRANSCRIBE_TARGET_NETWORKS": "127.0.0.0/8",
        }
        slow = target(house, clinic, "mllp", host="127.0.0.1", port=receiver.port, tls=False)
        quick = target(house, clinic)
        with subprocess.Popen([sys.executable, "-m", "workers.deliver"], env=environment) as process:
            job = sign(house, clinic)
            _until(lambda: states(house, target_id=quick) == ["acknowledged"] and receiver.kept)
            assert states(house, target_id=slow) == ["sending"]
            assert state(house, job) == "signed"
            process.terminate()
            assert process.wait(5) == 0
    house.close()


def _until(done: Callable[[], object]) -> None:
    for _ in range(200):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError("nothing arrived")

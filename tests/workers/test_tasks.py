"""A real worker, with real messages, drafts what was received."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from transcribe import assets
from transcribe.service.process import FAILURE
from transcribe.service.receive import folder_of, receive

pytestmark = pytest.mark.slow

CELERY = str(Path(sys.executable).with_name("celery"))


def wait_for(path: Path, worker: subprocess.Popen[bytes], *, seconds: float = 120) -> None:
    """Wait until `path` is there, as long as the worker lives."""
    ends = time.monotonic() + seconds
    while not path.is_file():
        assert worker.poll() is None, "the worker ended"
        assert time.monotonic() < ends, f"no {path.name} after {seconds} s"
        time.sleep(0.2)


def test_a_worker_drafts_what_was_received_and_says_why_it_could_not(tmp_path: Path) -> None:
    """Messages carry ids alone; a good recording becomes a DOCX, a bad one a reason that a person can act on."""
    environment = {**os.environ, "TRANSCRIBE_DATA_DIR": str(tmp_path)}
    good = receive(assets.shipped("samples") / "letter.opus", tmp_path)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF of nothing")
    bad = receive(broken, tmp_path)
    send = "import sys; from workers.tasks import enqueue; [enqueue(each) for each in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", send, bad, good], env=environment, check=True)
    messages = b"".join(path.read_bytes() for path in (tmp_path / "broker" / "messages").iterdir())
    assert b"letter" not in messages
    log = (tmp_path / "log").open("wb")
    worker = subprocess.Popen(
        [CELERY, "-A", "workers.app", "worker", "--pool", "solo", "--queues", "speech", "--loglevel", "INFO"],
        env=environment,
        stdout=log,
        stderr=log,
    )
    try:
        wait_for(folder_of(good, tmp_path) / f"{good}.docx", worker)
        wait_for(folder_of(bad, tmp_path) / FAILURE, worker)
    finally:
        worker.terminate()
        worker.wait(30)
        log.close()
    assert json.loads((folder_of(bad, tmp_path) / FAILURE).read_text())["code"] == "unusable_input"
    assert "Dear" not in (tmp_path / "log").read_text()

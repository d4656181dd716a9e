"""Places at which a test can have a process killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

REACHING = "from transcribe.failpoints import reach; [reach(name) for name in ('one', 'two', 'one')]; print('lived')"


def run(failpoint: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TRANSCRIBE_FAILPOINT": failpoint}
    return subprocess.run([sys.executable, "-c", REACHING], env=environment, capture_output=True, text=True)


def test_a_process_dies_once_at_the_place_and_the_hit_that_was_named(tmp_path: Path) -> None:
    """The second time, and without a setting, it lives; the third hit never comes."""
    marker = tmp_path / "died"
    assert run("").stdout == "lived\n"
    assert run(f"one:3:{marker}").stdout == "lived\n"
    assert not marker.exists()
    assert run(f"one:2:{marker}").returncode == -signal.SIGKILL
    assert run(f"one:2:{marker}").stdout == "lived\n"

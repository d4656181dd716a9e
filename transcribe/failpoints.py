"""Named places at which a test can have the process killed, to prove that nothing is lost there.

`TRANSCRIBE_FAILPOINT=NAME:HIT:FILE` kills the process that reaches NAME for the HIT-th time, unless FILE is there
already; it is made first, so that one death happens however often the process is started again.
"""

from __future__ import annotations

import os
import signal
from functools import cache
from itertools import count
from pathlib import Path

from transcribe.settings import Settings

NAMES = (
    *("upload_written", "upload_flushed", "upload_renamed", "receive_before_commit", "receive_after_commit"),
    *("claim_before_commit", "claim_after_commit", "recognise_decoded", "hear_chunk", "plan_before_commit"),
    *("plan_after_commit", "hear_before_commit", "hear_after_commit", "draft_started", "draft_blobs_written"),
    *("draft_before_commit", "draft_after_commit", "before_ring", "after_ring", "sweep_before_commit"),
    *("sweep_after_commit", "part_blob_written"),
)
"""Every place there is."""

_hits = count(1)


@cache
def _wanted() -> tuple[str, int, Path] | None:
    chosen = Settings().failpoint
    if not chosen:
        return None
    name, hit, marker = chosen.split(":", 2)
    return name, int(hit), Path(marker)


def reach(name: str) -> None:
    """Say that the process is at the place `name`; without a setting nothing happens."""
    wanted = _wanted()
    if wanted is None or wanted[0] != name or next(_hits) != wanted[1]:
        return
    try:
        wanted[2].open("x").close()
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

"""What the demonstration shows."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from transcribe import demo as demonstration
from transcribe.demo import Row, show


@pytest.mark.slow
def test_every_sample_goes_through_the_service_on_a_bare_machine(tmp_path: Path) -> None:
    """Without redis-server or anything else on PATH, whatever the settings name, all reports are there at the end."""
    command = "import sys; from transcribe.cli import main; sys.argv[0] = 'transcribe'; main()"
    environment = {**os.environ, "PATH": "", "TRANSCRIBE_DATABASE_URL": "postgresql://nobody@nowhere/nothing"}
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", command, "demo", "--once", "--out", str(out)],
        env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reports = sorted(out.glob("*.docx"))
    assert len(reports) == len(demonstration.samples())
    assert all(str(report) in done.stdout for report in reports)
    assert all(json.loads(path.read_text())["status"] == "draft" for path in out.glob("*.json"))


def test_each_figure_stands_under_its_heading() -> None:
    """On eighty columns every sample keeps its name, and its figures are in the order of the headings."""
    row = Row("history_and_physical", 150.0, 8.04, 0.05, 0.991, 4, 5, Path("out/demo/[x]/a.docx"))
    shown = io.StringIO()
    show([row], "dictation-demo", Console(file=shown, width=80, markup=False))
    (line,) = [line for line in shown.getvalue().splitlines() if "history_and_physical" in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells == ["history_and_physical", "150 s", "8.0 s", "5.0%", "99.1%", "4 of 5"]
    headings = " ".join(shown.getvalue().split("┡")[0].split())
    order = [headings.index(each) for each in ("sample", "audio", "took", "misheard", "right", "found")]
    assert order == sorted(order)
    assert shown.getvalue().endswith("\nout/demo/[x]/a.docx\n")

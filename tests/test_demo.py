"""What the demonstration shows."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from transcribe.demo import Row, show


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

"""Makes the pictures of the README: report.png, the first page of a draft, and signed/NAME.png, each kind of report
signed, as LibreOffice shows them.

::

    python samples/picture.py

Needs LibreOffice (`soffice`) and poppler-utils (`pdftoppm`).
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

from speak import HERE, program

from transcribe.delivery.pdf import convert
from transcribe.document import render
from transcribe.domain import Dictation, Draft, Reading, Report, Signature, Status
from transcribe.report import compose, read_header
from transcribe.work_types import work_type

DRAFT = "history_and_physical"
LEFT_OUT = {"traps", DRAFT}
SHARP, SMALL = "110", "50"
"""Dots per inch of the one picture and of the many."""


def draft(name: str) -> Report:
    """The sample's right report, transcribed an hour after it was dictated."""
    header = read_header(HERE / f"{name}.toml")
    assert header.dictated_at
    header = replace(header, transcribed_at=header.dictated_at + timedelta(hours=1))
    text = Draft((HERE / f"{name}.report.txt").read_text("utf-8").strip(), ())
    return compose(Dictation(name, header), work_type(header.work_type), text, Reading((), ()), (), made_by={})


def signed(report: Report) -> Report:
    """The report as its author signed it two hours after dictating."""
    header = report.dictation.header
    assert header.dictated_at
    author, _, credentials = header.author.partition(", ")
    at = (header.dictated_at + timedelta(hours=2)).replace(tzinfo=UTC)
    signature = Signature(author, "author", at, credentials)
    identity = f"R-{header.record_number.rpartition('-')[2]}"
    return replace(report, status=Status.SIGNED, identity=identity, signatures=(signature,))


def draw(report: Report, target: Path, resolution: str) -> None:
    """Write the first page of `report` as a picture to `target`, which ends in .png."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "report.pdf")
        page.write_bytes(convert(render(report)))
        command = [program("pdftoppm"), "-png", "-r", resolution, "-singlefile", str(page), str(target.with_suffix(""))]
        subprocess.run(command, check=True)


def main() -> None:
    """Write the pictures beside this file."""
    draw(draft(DRAFT), HERE / "report.png", SHARP)
    (HERE / "signed").mkdir(exist_ok=True)
    for path in sorted(HERE.glob("*.toml")):
        if path.stem not in LEFT_OUT:
            draw(signed(draft(path.stem)), HERE / "signed" / f"{path.stem}.png", SMALL)


if __name__ == "__main__":
    main()

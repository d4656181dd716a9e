"""Makes report.png: the first page of the draft that the right text of a sample gives, as LibreOffice shows it.

::

    python samples/picture.py

Needs LibreOffice (`soffice`) and poppler-utils (`pdftoppm`).
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from speak import HERE, program

from transcribe.document import render
from transcribe.domain import Dictation, Draft, Reading
from transcribe.report import compose, read_header
from transcribe.work_types import work_type

NAME = "history_and_physical"
DOTS_PER_INCH = "110"


def docx() -> bytes:
    """The sample's right report, transcribed an hour after it was dictated."""
    header = read_header(HERE / f"{NAME}.toml")
    assert header.dictated_at
    header = replace(header, transcribed_at=header.dictated_at + timedelta(hours=1))
    draft = Draft((HERE / f"{NAME}.report.txt").read_text("utf-8").strip(), ())
    return render(compose(Dictation(NAME, header), work_type(header.work_type), draft, Reading((), ()), (), made_by={}))


def main() -> None:
    """Write the picture beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.docx"
        page.write_bytes(docx())
        profile = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        convert = [program("soffice"), profile, "--headless", "--convert-to", "pdf", "--outdir", folder, str(page)]
        subprocess.run(convert, check=True, capture_output=True)
        draw = [program("pdftoppm"), "-png", "-r", DOTS_PER_INCH, "-singlefile", str(page.with_suffix(".pdf"))]
        subprocess.run([*draw, str(HERE / "report")], check=True)


if __name__ == "__main__":
    main()

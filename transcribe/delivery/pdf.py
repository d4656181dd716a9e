"""DOCX becomes PDF by LibreOffice, in a process of its own with a profile of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from transcribe.errors import MissingPart, TranscribeError

_SECONDS = 120


def to_pdf(docx: Path) -> Path:
    """NAME.pdf beside NAME.docx, complete or not there at all.

    Raises `MissingPart` when LibreOffice is not on PATH and `TranscribeError` when it fails or takes over two minutes.
    """
    program = shutil.which("soffice")
    if program is None:
        raise MissingPart("PDF needs LibreOffice Writer and 'soffice' is not on PATH; the DOCX was written.")
    target = docx.with_suffix(".pdf")
    # In the target's folder, so that the finished file only changes its name.
    with tempfile.TemporaryDirectory(dir=docx.parent, prefix=".pdf-") as folder:
        # Under a plain name: LibreOffice fails on names that are no UTF-8 and takes some for options.
        source = Path(folder, "report.docx")
        shutil.copy(docx, source)
        command = [
            program,
            f"-env:UserInstallation={Path(folder, 'profile').absolute().as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(Path(folder).absolute()),
            str(source.absolute()),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - no shell, own arguments
        except subprocess.TimeoutExpired as error:
            raise TranscribeError(f"LibreOffice took over {_SECONDS} s to make {target.name}.") from error
        made = source.with_suffix(".pdf")
        if done.returncode or not made.is_file():
            raise TranscribeError(f"LibreOffice could not make {target.name} (exit status {done.returncode}).")
        made.chmod(0o600)
        made.replace(target)
    return target

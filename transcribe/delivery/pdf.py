"""DOCX becomes PDF by LibreOffice, in a process of its own with a profile of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from transcribe.errors import MissingPart, TranscribeError

_BLOCKS = 2**19
"""Of 512 bytes: no file that LibreOffice writes is larger than 256 MB."""

_TAGGED = '"UseTaggedPDF":{"type":"boolean","value":"true"}'
_ARCHIVAL = '"SelectPdfVersion":{"type":"long","value":"2"}'


def to_pdf(docx: Path, *, archival: bool = False) -> Path:
    """NAME.pdf beside NAME.docx, complete or not there at all; raises as `convert` does."""
    target = docx.with_suffix(".pdf")
    made = convert(docx.read_bytes(), archival=archival, called=target.name)
    handle, temporary = tempfile.mkstemp(dir=docx.parent, prefix=".pdf-")
    with os.fdopen(handle, "wb") as file:
        file.write(made)
    Path(temporary).replace(target)
    return target


def convert(docx: bytes, *, archival: bool = False, called: str = "the PDF", seconds: int = 120) -> bytes:
    """The document as PDF with its headings and tables tagged; with `archival` as PDF/A-2b.

    Raises `MissingPart` when LibreOffice is not on PATH and `TranscribeError`, which
    says what the file is `called`, when it fails or takes over `seconds`.
    """
    program = shutil.which("soffice")
    if program is None:
        raise MissingPart("PDF needs LibreOffice Writer and 'soffice' is not on PATH; the DOCX needs nothing more.")
    with tempfile.TemporaryDirectory(prefix="transcribe-pdf-") as folder:
        source = Path(folder, "report.docx")
        source.write_bytes(docx)
        options = ",".join([_TAGGED, _ARCHIVAL] if archival else [_TAGGED])
        status = _run(
            [
                program,
                f"-env:UserInstallation={Path(folder, 'profile').as_uri()}",
                *("--headless", "--norestore", "--convert-to", f"pdf:writer_pdf_Export:{{{options}}}"),
                *("--outdir", folder, str(source)),
            ],
            folder,
            called,
            seconds,
        )
        made = source.with_suffix(".pdf")
        if status or not made.is_file():
            raise TranscribeError(f"LibreOffice could not make {called} (exit status {status}).")
        return made.read_bytes()


def _run(command: list[str], home: str, called: str, seconds: int) -> int:
    """The exit status of `command`, which has little of the environment, and limits on time and file size."""
    # The limits are set by the shell, as setting them between fork and exec is not safe beside threads.
    limited = ["/bin/sh", "-c", f'ulimit -t {seconds} -f {_BLOCKS}; exec "$@"', "sh", *command]
    process = subprocess.Popen(  # noqa: S603 - no shell reads our arguments
        limited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "HOME": home, "TMPDIR": home, "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise TranscribeError(f"LibreOffice took over {seconds} s to make {called}.") from error
    finally:
        # soffice is a script that starts another program; both end.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

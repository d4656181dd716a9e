"""A finished DOCX goes out as PDF with the same words, and nothing of the machine stays behind or comes along."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from tests.delivery.examples import TEXT, amended, signed
from tests.naughty import TEXTS
from transcribe.delivery.pdf import convert, to_pdf
from transcribe.document import render
from transcribe.errors import MissingPart, TranscribeError

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")


@pytest.mark.slow
@needs_office
@pytest.mark.parametrize("name", [b"-report.docx", b"odd\xff.docx"])
def test_any_name_becomes_a_pdf(tmp_path: Path, name: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name like an option and a name that is no UTF-8 give a PDF that is the owner's alone, and nothing else."""
    monkeypatch.chdir(tmp_path)
    path = Path(os.fsdecode(name))
    docx.Document().save(str(path))
    made = to_pdf(path)
    assert made.read_bytes().startswith(b"%PDF")
    assert made.stat().st_mode & 0o777 == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {path.name, made.name}


def words(pdf: bytes) -> str:
    """The text of a PDF as poppler reads it, its lines run together."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        done = subprocess.run(["pdftotext", "-layout", file.name, "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


@pytest.mark.slow
@needs_office
@needs_reader
def test_words_come_back() -> None:
    """Another reader of PDF finds every line of the text, the signature, the addendum and the hash."""
    shown = words(convert(render(amended())))
    for line in filter(None, TEXT.split("\n")):
        assert " ".join(line.split()) in shown
    for line in ("Electronically signed by Bo Q. Example, MD", "The knee was rested.", amended().digest, "Page 1 of"):
        assert line in shown


@pytest.mark.slow
@needs_office
@needs_reader
@pytest.mark.parametrize("lines", [19, 20, 21])
def test_a_signature_has_words_above_it_on_its_page(lines: int) -> None:
    """Also where the text fills the page but for the signature: LibreOffice takes the last line along."""
    text = "HISTORY:\n\n" + "\n\n".join(f"Line {number} stands here." for number in range(lines))
    pages = convert(render(signed(text)))
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pages)
        file.flush()
        done = subprocess.run(["pdftotext", "-layout", file.name, "-"], capture_output=True, check=True)
    (last,) = [page for page in done.stdout.decode().split("\f") if "Electronically signed" in page]
    assert f"Line {lines - 1} stands here." in last and "SHA-256" in last


@pytest.mark.slow
@needs_office
@needs_reader
def test_naughty_words_come_back() -> None:
    """Whatever is printable in fields and text is printed to the letter."""
    printable = [text for text in TEXTS if text.isascii() and text.isprintable() and 0 < len(text) < 90]
    header = replace(signed().dictation.header, copies_to=tuple(printable))
    shown = words(convert(render(signed("\n\n".join(printable), header))))
    for text in printable:
        assert shown.count(" ".join(text.split())) >= 2


@pytest.mark.slow
@needs_office
def test_archive_gets_its_own_kind() -> None:
    """A PDF for the archive says that it is PDF/A-2b, has its fonts inside, and both kinds are tagged."""
    report = render(signed())
    plain, archival = convert(report), convert(report, archival=True)
    assert b"pdfaid" not in plain
    assert re.search(rb"pdfaid:part>2<.*pdfaid:conformance>B<", archival, re.DOTALL)
    assert b"/MarkInfo<</Marked true>>" in plain
    assert b"/MarkInfo<</Marked true>>" in archival


@pytest.mark.slow
@needs_office
def test_two_at_once_do_not_meet() -> None:
    """Each run has its own profile, so runs beside each other both succeed."""
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(convert(render(signed())))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each[:4] for each in made] == [b"%PDF"] * 2


def program(folder: Path, script: str) -> None:
    """Something that is called soffice and is not."""
    path = folder / "soffice"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_want_of_libreoffice_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without LibreOffice the reason and the way out are said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="LibreOffice"):
        convert(b"")


def test_failure_and_silence_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that fails, and one that says it succeeded and made nothing, are both failures."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    for script in ("exit 3", "exit 0"):
        program(tmp_path, script)
        with pytest.raises(TranscribeError, match="could not make"):
            convert(b"")


def test_program_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time limit nothing of the run is left."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    program(tmp_path, f"sleep 60 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(TranscribeError, match="took over 1 s"):
        convert(b"", seconds=1)
    state = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_program_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the service is not that of the program."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.defpath}")
    monkeypatch.setenv("TRANSCRIBE_SECRET", "canary")
    program(tmp_path, f"env > {tmp_path}/seen")
    with pytest.raises(TranscribeError):
        convert(b"")
    assert "canary" not in (tmp_path / "seen").read_text()

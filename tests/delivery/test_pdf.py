"""A finished DOCX goes out as PDF."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import docx
import pytest

from transcribe.delivery.pdf import to_pdf


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
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

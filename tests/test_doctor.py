"""The examination of the machine."""

from __future__ import annotations

from pathlib import Path

from transcribe.doctor import examine
from transcribe.settings import Settings


def test_a_folder_that_cannot_be_written_is_found_with_advice(tmp_path: Path) -> None:
    """A data folder below a file is told with the setting that mends it; a sound folder has no advice."""
    (tmp_path / "file").write_text("")
    found = {each.what: each for each in examine(Settings(data_dir=tmp_path / "file" / "data", cache_dir=tmp_path))}
    assert not found["data folder"].ok
    assert "TRANSCRIBE_DATA_DIR" in found["data folder"].advice
    assert (found["cache folder"].ok, found["cache folder"].advice) == (True, "")

"""A recording that was received is safe, and its draft can be made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sounds import saved, tone
from transcribe.errors import NotFound, UnusableInput
from transcribe.service.receive import folder_of, receive, waiting


def test_a_received_recording_is_kept_with_its_header(tmp_path: Path) -> None:
    """The bytes and the header lie under an opaque id, and nothing half-made is left behind."""
    path = saved(tmp_path / "Doe, John 1950.wav", tone(1.0))
    path.with_suffix(".toml").write_text('patient = "John Doe"\nwork_type = "letter"\n')
    data = tmp_path / "data"
    identity = receive(path, data)
    kept, dictation = waiting(identity, data)
    assert kept.read_bytes() == path.read_bytes()
    assert dictation.header.patient == "John Doe"
    assert "Doe" not in str(kept)
    assert list((data / "arriving").iterdir()) == []


def test_a_recording_without_an_extension_is_found_again(tmp_path: Path) -> None:
    """Some recorders name files by number alone."""
    path = saved(tmp_path / "0001.wav", tone(1.0)).rename(tmp_path / "0001")
    kept, _ = waiting(receive(path, tmp_path / "data"), tmp_path / "data")
    assert kept.read_bytes() == path.read_bytes()


def test_what_cannot_be_kept_whole_is_not_kept_at_all(tmp_path: Path) -> None:
    """When a copy fails, nothing of the recording stays behind."""
    path = saved(tmp_path / "a.wav", tone(1.0))
    data = tmp_path / "data"
    data.mkdir()
    (data / "dictations").write_text("")
    with pytest.raises(OSError, match="dictations"):
        receive(path, data)
    assert list((data / "arriving").iterdir()) == []


def test_a_header_that_cannot_be_read_is_refused_at_the_door(tmp_path: Path) -> None:
    """The person who sent it is still there to mend it; nothing is kept."""
    path = saved(tmp_path / "note.wav", tone(1.0))
    path.with_suffix(".toml").write_text('colour = "blue"\n')
    with pytest.raises(UnusableInput):
        receive(path, tmp_path / "data")
    assert not (tmp_path / "data" / "dictations").exists()


@pytest.mark.parametrize("identity", ["../../etc", "a" * 31, "A" * 32, "", "a" * 32])
def test_what_is_no_id_is_not_found(tmp_path: Path, identity: str) -> None:
    """An id cannot name a place outside the data folder, and an unknown one is said to be unknown."""
    with pytest.raises(NotFound):
        waiting(identity, tmp_path)


def test_the_folder_of_an_id_is_inside_the_data_folder(tmp_path: Path) -> None:
    """Ids are plain hexadecimal names."""
    assert folder_of("0" * 32, tmp_path).is_relative_to(tmp_path)

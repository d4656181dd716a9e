"""A header is filled from what lies around a recording, and never from two patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.cli.around import around
from transcribe.domain import CareSetting
from transcribe.errors import NotFound, UnusableInput, UsageError

LIST = 'file,mrn,patient,dob,visit\na.wav,1002,"Placeholder, Edgar",11/03/1951,V7\nb.wav,1003,Jane Doe,1960-01-02,V8\n'
ADT = "MSH|^~\\&|X|Y|Z|W|20260527||ADT^A01|1|P|2.5.1\rPID|1||1002^^^H^MR||Placeholder^Edgar||19511103|M\rPV1|1|I\r"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file a.wav."""
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    return path


def test_each_source_fills_what_those_before_it_leave_open(recording: Path, tmp_path: Path) -> None:
    """Command line, NAME.toml, NAME.hl7, the list; each field from the first that says it."""
    (tmp_path / "list.csv").write_text(LIST)
    recording.with_suffix(".toml").write_text('author = "From File"\nrecord_number = "1002"\n')
    recording.with_suffix(".hl7").write_text(ADT)
    header = around(tmp_path / "list.csv", "", author="From Line", stat=True).header(recording)
    assert (header.author, header.record_number, header.stat) == ("From Line", "1002", True)
    assert (header.setting, header.sex) == (CareSetting.INPATIENT, "male")
    assert (header.patient, header.encounter) == ("Edgar Placeholder", "V7")


def test_the_name_of_the_file_finds_the_visit(tmp_path: Path) -> None:
    """A record number in the name leads to the line of the list."""
    (tmp_path / "list.csv").write_text("mrn,name\n1002,Edgar Placeholder\n1003,Jane Doe\n")
    path = tmp_path / "1003_20260527.wav"
    path.write_bytes(b"sound")
    header = around(tmp_path / "list.csv", "{record_number}_{date_of_service:%Y%m%d}").header(path)
    assert (header.patient, str(header.date_of_service)) == ("Jane Doe", "2026-05-27")


@pytest.mark.parametrize(
    "said", ['record_number = "1003"', "date_of_birth = 1960-01-02", 'encounter = "V8"', 'patient = "Jane Doe"']
)
def test_two_patients_are_refused(recording: Path, tmp_path: Path, said: str) -> None:
    """Where the file beside it and the list differ in who it is, a person must say; no value is repeated."""
    (tmp_path / "list.csv").write_text(LIST)
    recording.with_suffix(".toml").write_text(said)
    with pytest.raises(UnusableInput, match=r"two different values of '\w+'") as refused:
        around(tmp_path / "list.csv", "").header(recording)
    assert "Placeholder" not in str(refused.value)
    assert "100" not in str(refused.value)


def test_a_visit_that_is_not_listed_fills_nothing(recording: Path, tmp_path: Path) -> None:
    """Nor does one that is listed twice."""
    (tmp_path / "list.csv").write_text("file,patient\na.wav,Jane Doe\na.wav,Edgar Placeholder\n")
    assert around(tmp_path / "list.csv", "").header(recording).patient == ""


def test_a_list_is_read_again_when_it_changes(recording: Path, tmp_path: Path) -> None:
    """Another program may write it anew while a folder is watched; it may be HL7."""
    listed = tmp_path / "list"
    listed.write_text("mrn,name\n")
    known = around(listed, "{record_number}")
    path = recording.rename(tmp_path / "1002.wav")
    assert known.header(path).patient == ""
    listed.write_text(ADT)
    assert known.header(path).patient == "Edgar Placeholder"


def test_what_cannot_be_used_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    """A list that is not there or is none; a pattern with an unknown field."""
    (tmp_path / "list.csv").write_text("x,y\n1,2\n")
    with pytest.raises(NotFound):
        around(tmp_path / "none.csv", "")
    with pytest.raises(UnusableInput):
        around(tmp_path / "list.csv", "")
    with pytest.raises(UsageError):
        around(None, "{shoe_size}")

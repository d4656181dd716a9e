"""Files in, files out: nothing is lost, nothing half-written, and what is wrong is told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.sounds import saved, tone
from transcribe import files, pipeline
from transcribe.errors import NotFound, TranscribeError, UnusableInput, UsageError

if TYPE_CHECKING:
    from spacy.language import Language


def test_two_names_that_differ_in_case_alone_are_refused() -> None:
    """Where a disk does not tell case, one report would replace the other."""
    with pytest.raises(UsageError, match=r"A\.docx"):
        files.refuse_same_names([Path("x/a.wav"), Path("y/A.mp3")])


@pytest.mark.parametrize("name", ["/", "", "none.wav", "folder.wav", "dangling.wav"])
def test_what_is_no_file_is_not_found(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, a link to nowhere and an empty name are told like a missing file."""
    monkeypatch.chdir(tmp_path)
    Path("folder.wav").mkdir()
    Path("dangling.wav").symlink_to("nowhere")
    with pytest.raises(NotFound):
        files.dictation_of(Path(name))


def test_a_header_beside_a_recording_is_never_passed_over(tmp_path: Path) -> None:
    """A header that is a link to nowhere, a folder, or names no work type is refused before anything is heard."""
    recording = saved(tmp_path / "a.wav", tone(0.1))
    beside = tmp_path / "a.toml"
    beside.symlink_to("nowhere")
    with pytest.raises(UnusableInput, match=r"a\.toml"):
        files.dictation_of(recording)
    beside.unlink()
    beside.mkdir()
    with pytest.raises(UnusableInput, match=r"a\.toml"):
        files.dictation_of(recording)
    beside.rmdir()
    beside.write_text('work_type = "poem"')
    with pytest.raises(UnusableInput, match=r"a\.toml: There is no work type"):
        files.dictation_of(recording)
    beside.write_text('\ufeffwork_type = "Operative Report"', "utf-8")
    assert files.dictation_of(recording).header.work_type == "operative_report"


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """The old content stands until the new is whole; what is written is the owner's alone."""
    path = tmp_path / "draft.json"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as file:
        file.write("new")
        raise ZeroDivisionError
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("draft.json", "old")]
    with files.replacing(path) as file:
        file.write("new")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)


def test_a_link_goes_on_pointing_where_it_points(tmp_path: Path) -> None:
    """Writing to a link writes to the file it names."""
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "real", tmp_path / "link"
    link.symlink_to(target)
    with files.replacing(link) as file:
        file.write("x")
    assert link.is_symlink()
    assert target.read_text() == "x"


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A pipe given as the place for output stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with files.replacing(pipe) as file:
            file.write("through")
        assert os.read(reader, 100) == b"through"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_where_nothing_can_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A folder in the place of a file, and a file in the place of a folder, are named."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "folder", tmp_path / "file" / "below"):
        with pytest.raises(TranscribeError, match="cannot be written"), files.replacing(place):
            pass
    with pytest.raises(TranscribeError, match="cannot be written"):
        files.check_folder(tmp_path / "file")
    files.check_folder(tmp_path / "new" / "one")
    assert list((tmp_path / "new" / "one").iterdir()) == []


def test_a_name_that_is_no_utf8_can_be_written_as_json(tmp_path: Path) -> None:
    """Half a surrogate pair, which stands for an odd byte of a file name, becomes JSON's escape of it."""
    path = tmp_path / "a.json"
    with files.replacing(path) as file:
        json.dump({"id": "odd\udcff", "text": "é"}, file, ensure_ascii=False)
    assert json.loads(path.read_text("utf-8")) == {"id": "odd\udcff", "text": "é"}


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    """A byte order mark is dropped, empty lines are passed over and counted, and Windows line ends do no harm."""
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1}\r\n\r\n{"id": 3}')
    with files.open_lines(path) as lines:
        assert [(number, files.read_line(line, number)["id"]) for number, line in lines] == [(1, 1), (3, 3)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "Line 9 is not JSON."),
        (b"[" * 100_000, "Line 9 is not JSON."),
        (b"[]", "Line 9 is not a JSON object."),
        (b'{"id": "caf\xe9"}', "Line 9 is not UTF-8."),
    ],
)
def test_a_line_that_is_no_object_says_so(line: bytes, message: str) -> None:
    """Broken, bottomless, wrongly encoded or of another kind: one sentence with the number of the line."""
    with pytest.raises(UnusableInput) as caught:
        files.read_line(line, 9)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "row",
    [
        {"date_of_service": 20260101},
        {"date_of_service": "20260101"},
        {"date_of_service": "2026-02-30"},
        {"setting": ["inpatient"]},
        {"setting": "home"},
        {"author": 5},
        {"work_type": "poem"},
        {"work_type": 5, "author": "\ud800"},
    ],
)
def test_a_header_field_of_the_wrong_kind_is_refused(row: dict[str, object]) -> None:
    """What is no date as YYYY-MM-DD, no known setting or no text names the line, never the value."""
    with pytest.raises(UnusableInput, match="Line 2"):
        files.header_of(row, 2)


def test_a_defect_in_one_line_is_told_without_its_words(tmp_path: Path) -> None:
    """When a step fails in a way nobody foresaw, the line says so, keeps its id, and repeats no word of the text."""

    class Broken:
        def __call__(self, text: str) -> None:
            raise KeyError(text)

        make_doc = pipe = __call__

    tools = pipeline.Tools(cast("Language", Broken()), tmp_path)
    line = b'{"id": "a", "text": "Jane Doe has syphilis."}'
    drafted = files.draft_line(line, 1, tools, written=True, steps=["annotate"])
    assert drafted["id"] == "a"
    assert drafted["error"]["code"] == "failed"
    assert "Doe" not in json.dumps(drafted)

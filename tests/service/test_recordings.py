"""What somebody has sent, as the page for sending shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.workers import SAMPLE
from transcribe.domain import Header
from transcribe.errors import NotFound
from transcribe.service import jobs, recordings, uploads
from transcribe.service.house import House
from transcribe.service.identity import accounts
from transcribe.service.receive import receive


def send(house: House, clinic: str, actor: str, folder: Path, name: str = "a", header: Header | None = None) -> str:
    """The job of a recording that is like no other of another name."""
    path = folder / f"{name}.opus"
    path.write_bytes(SAMPLE.read_bytes() + name.encode())
    return receive(house, path, clinic=clinic, actor=actor, file_name=path.name, header=header or Header()).job


def test_everybody_sees_their_own_and_all(house: House, clinic: str, tmp_path: Path) -> None:
    """Newest first, with the names of the header, and page by page."""
    mine = [send(house, clinic, "me", tmp_path, name, Header(author="Dr. A", patient="P")) for name in "abc"]
    theirs = send(house, clinic, "you", tmp_path, "d")
    assert [each.view.job for each in recordings.sent(house, clinic, "me")] == mine[::-1]
    assert [each.view.job for each in recordings.sent(house, clinic)] == [theirs, *mine[::-1]]
    first = recordings.sent(house, clinic, "me", limit=2)
    assert [each.view.job for each in recordings.sent(house, clinic, "me", after=first[-1].view.job)] == mine[:1]
    assert (first[0].author, first[0].patient, first[0].file_name) == ("Dr. A", "P", "c.opus")


def test_the_same_recording_names_the_first(house: House, clinic: str, tmp_path: Path) -> None:
    """Until that one is cancelled: then there is nothing it repeats."""
    first = send(house, clinic, "me", tmp_path)
    second = send(house, clinic, "me", tmp_path)
    assert [recordings.one(house, clinic, job).same_as for job in (first, second)] == [None, first]
    jobs.cancel(house, clinic, "me", first)
    assert recordings.one(house, clinic, second).same_as is None


def test_another_clinics_jobs_are_not_there(house: House, clinic: str, tmp_path: Path) -> None:
    """Neither one by one, nor in a list, nor as the place where a page begins."""
    other = accounts.add_clinic(house, "Other")
    job = send(house, clinic, "me", tmp_path)
    assert recordings.sent(house, other) == [] and recordings.sent(house, other, "me") == []
    for ask in (lambda: recordings.one(house, other, job), lambda: recordings.sent(house, other, after=job)):
        with pytest.raises(NotFound):
            ask()


def test_what_is_usual_for_an_author_comes_from_their_newest(house: House, clinic: str, tmp_path: Path) -> None:
    """Of its header, what is likely to be so again: never the patient."""
    for name, kind in (("a", "letter"), ("b", "consultation")):
        header = Header(author="Dr. A", author_initials="DA", patient="P", record_number="1", work_type=kind)
        send(house, clinic, "me", tmp_path, name, header)
    assert recordings.authors(house, clinic) == ["Dr. A"]
    assert recordings.usual(house, clinic, "Dr. A") == {
        "author_initials": "DA", "work_type": "consultation", "setting": "outpatient",
    }  # fmt: skip
    assert recordings.usual(house, clinic, "Dr. B") == {}


def test_what_was_cut_off_is_its_senders(house: House, clinic: str) -> None:
    """With how much of it is here."""
    begun = uploads.begin(house, clinic, "me", length=10, metadata={"given": "filename YQ==", "key": ""})
    [found] = recordings.unfinished(house, clinic, "me")
    assert (found.upload, found.length, found.offset) == (begun.id, 10, 0)
    assert recordings.unfinished(house, clinic, "you") == []

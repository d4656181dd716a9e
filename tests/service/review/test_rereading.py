"""An edited text is read again by the real workers: what it says now, its checks, its codes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.service.reports import drafted, person, save
from tests.service.workers import load, work_off
from tests.web.drafts import plain_draft
from transcribe.domain import Flaw
from transcribe.errors import TranscribeError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.process import Load
from transcribe.service.review import addenda, rereading, versions
from transcribe.service.review.release import release
from transcribe.service.review.sign import sign
from transcribe.service.scrub import scrub
from transcribe.store.engine import reading, transaction
from transcribe.store.jobs import REREAD
from transcribe.store.reports import CodeDecision
from transcribe.store.tables import Job, State, Step

NOTE = (
    "SUBJECTIVE:\n\nThe patient has no chest pain. He takes metoprolol 25 mg daily.\n\n"
    "OBJECTIVE:\n\nBlood pressure 120/80.\n\nASSESSMENT:\n\nHypertension.\n\nPLAN:\n\nContinue metoprolol."
)
WORDS = plain_draft(NOTE)["words"]


@pytest.fixture
def ann(house: House, clinic: str) -> Principal:
    """An editor."""
    return person(house, clinic, "Ann Lee", "editor", "clinician")


def test_an_edit_is_read_as_it_is_now(house: House, clinic: str, ann: Principal) -> None:
    """Sections, entities and codes of the new text; a negation that was turned round is critical, with its second."""
    job = drafted(house, clinic, NOTE)
    save(house, ann, job, 1, NOTE.replace("has no chest", "has chest"))
    assert rereading.ask(house, ann, job) == 2
    assert work_off(house) == 1
    shown = versions.show(house, ann, job)
    assert (shown["version"], shown["read_version"], shown["state"]) == (2, 2, "in_review")
    assert [each["heading"] for each in shown["sections"]] == ["SUBJECTIVE", "OBJECTIVE", "ASSESSMENT", "PLAN"]
    assert "I10" in [code["code"] for code in shown["codes"]]
    (turned,) = [mark for mark in shown["marks"] if "changed a negation" in mark["reason"]]
    assert (turned["severity"], "audio" in turned) == ("critical", True)
    assert shown["made_by"]["recogniser"] == "ear"
    names = [file.fault for file in scrub(house).faults if file.what in ("version", "reading")]
    assert names == []  # What was read is kept as surely as what was saved.


def test_a_check_that_was_met_does_not_come_back(house: House, clinic: str, ann: Principal) -> None:
    """Marks of checks are made anew each time; those of the hearing stay as the editor leaves them."""
    job = drafted(house, clinic, NOTE)
    heard = {"start": 13, "end": 16, "kind": "query", "reason": "heard badly", "severity": "warning"}
    blank = NOTE.replace("Hypertension.", "[ ] hypertension.")
    save(house, ann, job, 1, blank, marks=[heard])
    rereading.ask(house, ann, job)
    work_off(house)
    marks = versions.show(house, ann, job)["marks"]
    assert {mark["kind"] for mark in marks} >= {"query", "blank"}
    save(house, ann, job, 2, NOTE, marks=marks)
    rereading.ask(house, ann, job)
    work_off(house)
    assert [mark["reason"] for mark in versions.show(house, ann, job)["marks"]] == ["heard badly"]


def test_a_code_that_a_person_answers_for_has_its_title(house: House, clinic: str, ann: Principal) -> None:
    """Accepted, added and put in another's place; one that no table has is a critical mark."""
    job = drafted(house, clinic, NOTE)
    decided = [
        {"system": "ICD-10-CM", "code": "I10", "decision": "accepted"},
        {"system": "ICD-10-CM", "code": "E11.9", "decision": "added"},
        {"system": "ICD-10-CM", "code": "R07.9", "decision": "rejected"},
        {"system": "ICD-10-CM", "code": "I11.9", "decision": "replaced", "replaced_by": "X00.000X"},
    ]
    save(house, ann, job, 1, NOTE, words=WORDS, decisions=decided)
    rereading.ask(house, ann, job)
    work_off(house)
    with reading(house.engine) as session:
        found = session.get_one(Job, job)
        plain = versions.whole(house, versions.latest(session, found), "progress_note")
    assert [(code["code"], bool(code["title"])) for code in plain["accepted"]] == [("I10", True), ("E11.9", True)]
    assert plain["accepted"][0]["evidence"]
    assert [mark["severity"] for mark in plain["marks"] if "X00.000X" in mark["reason"]] == ["critical"]


def test_what_a_clinic_decided_moves_its_suggestions_and_no_others(house: House, clinic: str, ann: Principal) -> None:
    """Codes that were always refused here come unticked, with the count; in another clinic nothing changes."""
    first = drafted(house, clinic, NOTE)
    with transaction(house.engine) as session:
        version = versions.latest(session, session.get_one(Job, first))
        session.add_all(
            CodeDecision(
                version_id=version.id, clinic_id=clinic, system="ICD-10-CM", code="I10", decision="rejected"
            )
            for _ in range(12)
        )  # fmt: skip
    job = drafted(house, clinic, NOTE)
    save(house, ann, job, 1, NOTE + " ")
    rereading.ask(house, ann, job)
    work_off(house)
    (code,) = [code for code in versions.show(house, ann, job)["codes"] if code["code"] == "I10"]
    assert code["band"] == "possible"
    assert any("accepted here 0 of 12 times" in message for message in code["messages"])


def test_a_reading_that_fails_leaves_the_report_in_review(house: House, clinic: str, ann: Principal) -> None:
    """After three attempts it is given up, and can be asked for again."""
    job = drafted(house, clinic, NOTE)
    save(house, ann, job, 1, "Another text.")
    rereading.ask(house, ann, job)

    def broken() -> None:
        raise TranscribeError("No tools today.")

    def hurry() -> None:
        with transaction(house.engine) as session:
            for step in session.scalars(select(Step).where(Step.name == REREAD)):
                step.run_after = None

    work_off(house, Load(load().recogniser, broken), between=hurry)  # type: ignore[arg-type]
    assert rereading.progress(house, ann, job) == rereading.Progress(2, 1, failed=True)
    assert versions.show(house, ann, job)["state"] == "in_review"
    rereading.ask(house, ann, job)
    work_off(house)
    assert rereading.progress(house, ann, job) == rereading.Progress(2, 2, failed=False)


def test_only_the_newest_of_many_edits_is_read(house: House, clinic: str, ann: Principal) -> None:
    """Workers that were busy need not read what nobody will see."""
    job = drafted(house, clinic, NOTE)
    for number in range(1, 4):
        save(house, ann, job, number, f"Text {number}.")
        rereading.ask(house, ann, job)
    assert work_off(house) == 1
    assert versions.show(house, ann, job)["read_version"] == 4


def test_an_addendum_goes_the_whole_way(house: House, clinic: str, ann: Principal) -> None:
    """Typed, read by the workers, released, signed; nothing of it was heard."""
    job = drafted(house, clinic, NOTE)
    release(house, ann, job, 1)
    sign(house, ann, job, 1)
    added = addenda.add(house, ann, job, "ASSESSMENT:\n\nHypertension.")
    work_off(house)
    shown = versions.show(house, ann, added)
    assert (shown["read_version"], shown["words"], shown["flaws"]) == (1, [], list[Flaw]())
    assert [code["code"] for code in shown["codes"]] == ["I10"]
    missing = [mark for mark in shown["marks"] if mark["severity"] == "critical"]
    assert missing == []
    release(house, ann, added, 1)
    sign(house, ann, added, 1)
    with reading(house.engine) as session:
        assert session.get_one(Job, added).state == State.SIGNED

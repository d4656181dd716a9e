"""A signed report is corrected: what was signed stays, counts until the corrected one is signed, and is verifiable."""

from __future__ import annotations

import io
from datetime import datetime

import docx
import pytest
from sqlalchemy import select, update

from tests.invariants import signed as broken_signatures
from tests.service.reports import drafted, person, save
from tests.service.review.test_sign import as_read, standing
from tests.service.signing import rule
from tests.web.drafts import TEXT
from transcribe.errors import NotAllowed, NotFound, UsageError
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.outgoing import deliveries, finished
from transcribe.service.outgoing.finished import Search
from transcribe.service.review import addenda, correct, queue, sign, versions
from transcribe.service.review.refusals import WrongState
from transcribe.service.review.release import release
from transcribe.store.engine import reading, transaction
from transcribe.store.reports import Signature, Tally, Version

BETTER = TEXT.replace("no chest pain", "chest pain on the left")


@pytest.fixture
def desk(house: House, clinic: str) -> Principal:
    """Somebody who receives reports."""
    return person(house, clinic, "Clara Desk", "clinic")


@pytest.fixture
def job(house: House, clinic: str, ann: Principal, doc: Principal) -> str:
    """A signed report."""
    made = drafted(house, clinic)
    release(house, ann, made, 1)
    sign.sign(house, doc, made, 1)
    return made


def edited(house: House, ann: Principal, job: str, number: int = 2) -> int:
    """The editor has put right what the newest version, of this number, says, and let go of it."""
    made = save(house, ann, job, number, BETTER)
    as_read(house, job, made)
    release(house, ann, job, made)
    return made


def printed(house: House, clinic: str, job: str, number: int = 0) -> str:
    made = jobs.result(house, clinic, "x", job, "docx", final=True, number=number)
    document = docx.Document(io.BytesIO(made.content))
    header = document.sections[0].first_page_header.paragraphs[0].text
    return "\n".join([header, *(each.text for each in document.paragraphs)])


def test_a_corrected_report_takes_the_place_of_the_signed_one(
    house: House, clinic: str, job: str, ann: Principal, doc: Principal, desk: Principal
) -> None:
    """Until it is signed the first counts; then each says which the other is, and both signatures still fit."""
    first = printed(house, clinic, job)
    assert correct.correct(house, doc, job, "It was the left side.") == 2
    assert standing(house, ann, job) == ("in_review", "draft")
    (note,) = versions.show(house, ann, job)["notes"]
    assert (note["kind"], note["text"], note["settled"]) == ("correct", "It was the left side.", False)
    number = edited(house, ann, job)
    assert standing(house, ann, job) == ("released", "preliminary")
    assert printed(house, clinic, job) == first
    assert finished.read(house, desk, job)[1].text == TEXT
    sign.sign(house, doc, job, number)
    assert standing(house, ann, job) == ("signed", "amended")
    assert finished.read(house, desk, job)[1].text == BETTER
    newest = printed(house, clinic, job)
    assert "AMENDED REPORT, replaces the report signed " in newest and "by Jane Doe." in newest
    old = printed(house, clinic, job, 1)
    assert old.startswith("\tSUPERSEDED") and "SUPERSEDED by the report signed " in old
    assert all(line in old for line in TEXT.split("\n"))
    assert [each.kind for each in versions.listing(house, ann, job)] == ["signed", "corrected", "signed"]
    given = sign.verify(house, clinic, job)
    assert [(each["version"], each["whole"]) for each in given] == [(1, True), (3, True)]
    assert broken_signatures(house) == []


def test_what_was_signed_first_is_refused_every_change(
    house: House, job: str, ann: Principal, doc: Principal
) -> None:  # fmt: skip
    """Also while, and after, it is corrected: the database lets nobody touch it."""
    correct.correct(house, doc, job, "Wrong side.")
    edited(house, ann, job)
    refused = pytest.raises(Exception, match="what was signed never changes")
    with refused, transaction(house.engine) as session:
        session.execute(update(Version).where(Version.number == 1).values(body="0" * 64))


def test_a_corrected_report_has_to_be_acknowledged_anew(
    house: House, job: str, ann: Principal, doc: Principal, desk: Principal
) -> None:
    """Who had read the first one does not know of the second."""
    finished.acknowledge(house, desk, job)
    correct.correct(house, doc, job, "Wrong side.")
    (line,) = finished.search(house, desk, Search())
    assert line.corrected and line.taken
    sign.sign(house, doc, job, edited(house, ann, job))
    (line,) = finished.search(house, desk, Search(new=True))
    assert (line.corrected, line.amended, line.versions) == (False, True, 2)


def test_clinicians_and_admins_ask_for_it_and_say_why(
    house: House, clinic: str, job: str, ann: Principal, doc: Principal
) -> None:
    """No editor does, nor is an addendum or a draft corrected; what is being corrected is not cancelled."""
    with pytest.raises(NotAllowed):
        correct.correct(house, ann, job, "Wrong side.")
    with pytest.raises(UsageError, match="what is wrong"):
        correct.correct(house, doc, job, " ")
    with pytest.raises(WrongState):
        correct.correct(house, doc, drafted(house, clinic), "Wrong side.")
    added = addenda.add(house, doc, job, "More.")
    as_read(house, added, 1)
    release(house, ann, added, 1)
    sign.sign(house, doc, added, 1)
    with pytest.raises(WrongState):
        correct.correct(house, doc, added, "Wrong side.")
    correct.correct(house, person(house, clinic, "Adam Min", "admin"), job, "Wrong side.")
    with pytest.raises(WrongState):
        correct.correct(house, doc, job, "Again.")
    with pytest.raises(UsageError, match="withdraw"):
        jobs.cancel(house, clinic, "x", job)


def test_a_correction_that_is_given_up_leaves_the_signed_report(
    house: House, clinic: str, job: str, ann: Principal, doc: Principal
) -> None:
    """Its text is the newest again, the edits stay in the history, and a later correction is the second version."""
    correct.correct(house, doc, job, "Wrong side?")
    with pytest.raises(NotAllowed):
        correct.keep(house, ann, job)
    save(house, ann, job, 2, BETTER)
    correct.keep(house, doc, job)
    assert standing(house, ann, job) == ("signed", "final")
    assert versions.show(house, ann, job)["text"] == TEXT
    assert [each.kind for each in versions.listing(house, ann, job)] == ["signed", "corrected", "edit", "restored"]
    assert "AMENDED" not in printed(house, clinic, job)
    with pytest.raises(WrongState):
        correct.keep(house, doc, job)
    correct.correct(house, doc, job, "It is wrong after all.")
    sign.sign(house, doc, job, edited(house, ann, job, 5))
    assert sorted(each["version"] for each in sign.verify(house, clinic, job)) == [1, 6]
    with reading(house.engine) as session:
        from_record = finished.of_record(
            house, session, finished.signed_version(session, session.get_one(jobs.Job, job))
        )
    assert from_record.version == 2


def test_a_correction_counts_with_its_last_signature(
    house: House, clinic: str, ann: Principal, doc: Principal
) -> None:  # fmt: skip
    """Where two have to sign, the first signature under the corrected report changes nothing for its receivers."""
    rule(house, clinic, {"signing": {"progress_note": {"signatures": ["author", "attending"]}}})
    second = person(house, clinic, "Bo Attending", "clinician")
    job = drafted(house, clinic)
    release(house, ann, job, 1)
    sign.sign(house, doc, job, 1)
    with pytest.raises(NotFound):
        jobs.result(house, clinic, "x", job, "docx", final=True)
    sign.sign(house, second, job, 1, "attending")
    correct.correct(house, second, job, "Wrong side.")
    number = edited(house, ann, job)
    sign.sign(house, doc, job, number)
    assert "AMENDED" not in printed(house, clinic, job)
    queue.send_back(house, second, job, "And the dose?")
    release(house, ann, job, number)
    sign.sign(house, second, job, number, "attending")
    assert "by Bo Attending." in printed(house, clinic, job)


def test_the_figures_are_those_of_the_first_release(house: House, job: str, ann: Principal, doc: Principal) -> None:
    """A correction months later says nothing about who was in time."""

    def tally() -> tuple[datetime, float | None, int]:
        with reading(house.engine) as session:
            row = session.scalars(select(Tally)).one()
            return row.released_at, row.signed_hours, row.edits

    before = tally()
    correct.correct(house, doc, job, "Wrong side.")
    sign.sign(house, doc, job, edited(house, ann, job))
    assert tally() == before


def test_a_withdrawn_report_says_so_until_it_is_corrected(
    house: House, clinic: str, job: str, ann: Principal, doc: Principal, desk: Principal
) -> None:
    """On every page of the document, the same each time; what is signed in its place counts again."""
    deliveries.withdraw(house, doc, job, "Another patient's.")
    gone = printed(house, clinic, job)
    assert gone.startswith("\tWITHDRAWN") and "does not count any more" in gone
    made = {jobs.result(house, clinic, "x", job, "docx").content for _ in range(2)}
    assert len(made) == 1
    (line,) = finished.search(house, desk, Search())
    assert line.withdrawn_at
    correct.correct(house, doc, job, "The header was wrong.")
    sign.sign(house, doc, job, edited(house, ann, job))
    assert "WITHDRAWN" not in printed(house, clinic, job)
    (line,) = finished.search(house, desk, Search())
    assert line.withdrawn_at is None


def test_a_report_is_dated_by_the_clinics_clocks(house: House, clinic: str, job: str) -> None:
    """Not by those of Greenwich, where it may be the next day; the moment and the signature stay the same."""
    rule(house, clinic, {"time_zone": "America/Chicago"})
    with reading(house.engine) as session:
        row = session.get_one(jobs.Job, job)
        version = finished.signed_version(session, row)
        shown = finished.of_record(house, session, version)
        at = session.scalars(select(Signature.signed_at)).one()
    assert shown.signatures[0].signed_at == at
    assert str(shown.signatures[0].signed_at.tzinfo) == "America/Chicago"
    assert " CST" in printed(house, clinic, job) or " CDT" in printed(house, clinic, job)
    assert [each["whole"] for each in sign.verify(house, clinic, job)] == [True]
    rule(house, clinic, {"time_zone": "Nowhere/Else"})
    assert " UTC" in printed(house, clinic, job)

"""From the editor's hand to the clinician's signature, and that nothing signed ever changes."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from typing import Any

import pytest
from docx import Document
from sqlalchemy import func, select, update

from tests.invariants import signed as broken_signatures
from tests.service.reports import drafted, person, save
from tests.web.drafts import TEXT, as_bytes
from transcribe.errors import NotAllowed, NotFound, TranscribeError, TryLater, UsageError
from transcribe.service import jobs
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import addenda, queue, rereading, sign, versions
from transcribe.service.review.refusals import Overtaken, Unchecked, WrongState
from transcribe.service.review.release import release
from transcribe.store.engine import reading, transaction
from transcribe.store.reports import CodeDecision, Signature, Tally, Version
from transcribe.store.tables import Author, Clinic, Dictation, Job, State, Step, StepState


def released(house: House, clinic: str, ann: Principal, **more: Any) -> str:
    """A report that waits for its signature."""
    job = drafted(house, clinic, **more)
    release(house, ann, job, 1)
    return job


def standing(house: House, who: Principal, job: str) -> tuple[str, str]:
    shown = versions.show(house, who, job)
    return shown["state"], shown["status"]


def as_read(house: House, job: str, number: int, *marks: dict[str, Any]) -> None:
    """A worker has read this version and found these marks."""
    with transaction(house.engine) as session:
        version = session.scalars(select(Version).where(Version.job_id == job, Version.number == number)).one()
        plain = versions.unread(house, version, "progress_note") | {"marks": list(marks)}
        version.reading = house.blobs.put(version.clinic_id, job, as_bytes(plain))


def test_a_report_is_released_signed_and_final(house: House, clinic: str, ann: Principal, doc: Principal) -> None:
    """Draft, preliminary, final; the signature is printed in the DOCX with name, meaning and hash."""
    job = drafted(house, clinic, author="Dr. Jane Doe")
    assert standing(house, ann, job) == ("in_review", "draft")
    release(house, ann, job, 1)
    assert standing(house, ann, job) == ("released", "preliminary")
    given = sign.sign(house, doc, job, 1)
    assert standing(house, ann, job) == ("signed", "final")
    assert [each.kind for each in versions.listing(house, ann, job)] == ["signed"]
    assert [(each["hash"], each["whole"]) for each in sign.verify(house, clinic, job)] == [(given.hash, True)]
    docx = Document(io.BytesIO(jobs.result(house, clinic, "x", job, "docx", final=True).content))
    printed = "\n".join(paragraph.text for paragraph in docx.paragraphs)
    assert "Jane Doe" in printed
    assert "author" in printed
    assert broken_signatures(house) == []


def test_a_text_is_read_again_before_it_is_released(house: House, clinic: str, ann: Principal) -> None:
    """Until the workers have read this very version the release is for later, and they are called."""
    job = drafted(house, clinic)
    save(house, ann, job, 1, "Another text.")
    with pytest.raises(TryLater):
        release(house, ann, job, 2)
    with reading(house.engine) as session:
        step = session.scalars(select(Step).where(Step.job_id == job, Step.name == "reread")).one()
        assert (step.queue, step.part, step.state) == ("text", 2, "waiting")
    as_read(house, job, 2)
    release(house, ann, job, 2)
    assert standing(house, ann, job)[0] == "released"


def test_critical_checks_keep_a_report_back_until_somebody_says_why(house: House, clinic: str, ann: Principal) -> None:
    """The refusal lists them; a reason lets it go, and stays as a note."""
    job = drafted(house, clinic)
    save(house, ann, job, 1, "Digoxin 25 mg daily.")
    mark = {"start": 0, "end": 7, "kind": "check", "reason": "The usual dose is less.", "severity": "critical"}
    as_read(house, job, 2, mark, mark | {"severity": "warning"})
    with pytest.raises(Unchecked) as refused:
        release(house, ann, job, 2)
    assert refused.value.more["checks"] == [mark]
    release(house, ann, job, 2, despite="It is what he takes.")
    (note,) = versions.show(house, ann, job)["notes"]
    assert (note["kind"], note["text"], note["person"]) == ("despite", "It is what he takes.", "Ann Lee")


def test_a_text_that_cannot_be_read_needs_a_reason(house: House, clinic: str, ann: Principal) -> None:
    """A worker that fails does not keep a patient waiting."""
    job = drafted(house, clinic)
    save(house, ann, job, 1, "Another text.")
    rereading.ask(house, ann, job)
    with transaction(house.engine) as session:
        session.scalars(select(Step).where(Step.job_id == job, Step.name == "reread")).one().state = StepState.FAILED
    with pytest.raises(Unchecked):
        release(house, ann, job, 2)
    release(house, ann, job, 2, despite="Read by eye.")
    assert jobs.result(house, clinic, "x", job, "docx").content.startswith(b"PK")


def test_an_older_version_is_neither_released_nor_signed(
    house: House, clinic: str, ann: Principal, doc: Principal
) -> None:
    """Whoever has not seen the last edit gets it first."""
    job = drafted(house, clinic)
    save(house, ann, job, 1, "Another text.")
    with pytest.raises(Overtaken):
        release(house, ann, job, 1)
    as_read(house, job, 2)
    release(house, ann, job, 2)
    with pytest.raises(Overtaken) as late:
        sign.sign(house, doc, job, 1)
    assert late.value.more["theirs"]["text"] == "Another text."


def test_of_two_who_sign_at_once_one_has_signed(house: House, clinic: str, ann: Principal) -> None:
    """There is one signature; the other is told."""
    job = released(house, clinic, ann)
    people = [person(house, clinic, f"Doctor {number}", "clinician") for number in range(4)]
    outcomes: list[type[Exception] | None] = []

    def attempt(who: Principal) -> None:
        try:
            sign.sign(house, who, job, 1)
        except TranscribeError as error:
            outcomes.append(type(error))
        else:
            outcomes.append(None)

    threads = [threading.Thread(target=attempt, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes)) == sorted(map(str, [None, *[WrongState] * 3]))
    with reading(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Signature)) == 1


def test_an_edit_while_somebody_signs_is_one_or_the_other(house: House, clinic: str, ann: Principal) -> None:
    """Either the signature is under the edited text's version before it, or the edit is refused; never both."""
    job = released(house, clinic, ann)
    doc = person(house, clinic, "Jane Doe", "clinician")
    went: list[str] = []

    def attempt(what: str) -> None:
        try:
            if what == "sign":
                sign.sign(house, doc, job, 1)
            else:
                save(house, doc, job, 1, "Edited meanwhile.")
        except (WrongState, Overtaken):
            return
        went.append(what)

    threads = [threading.Thread(target=attempt, args=(what,)) for what in ("sign", "save")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(went) == 1
    assert len(versions.listing(house, ann, job)) == (2 if went == ["save"] else 1)


def test_only_the_author_signs_as_such(house: House, clinic: str, ann: Principal, doc: Principal) -> None:
    """By name, or by who the clinic says the author is; somebody else signs for them where the work type allows it."""
    job = released(house, clinic, ann, author="Roe, Richard, MD")
    with pytest.raises(NotAllowed, match="author"):
        sign.sign(house, doc, job, 1)
    assert sign.needed(house, doc, job) == ["proxy"]
    assert sign.needed(house, person(house, clinic, "Dr. Richard Roe", "clinician"), job) == ["author"]
    with transaction(house.engine) as session:
        session.scalars(select(Author)).one().person_id = doc.actor
    assert sign.needed(house, doc, job) == ["author"]
    strict = released(house, clinic, ann, author="Dr. Other", work_type="operative_report")
    with pytest.raises(NotAllowed, match="for its author"):
        sign.sign(house, doc, strict, 1, "proxy")
    proxy = released(house, clinic, ann, author="Dr. Other")
    sign.sign(house, doc, proxy, 1, "proxy")
    assert sign.verify(house, clinic, proxy)[0]["meaning"] == "proxy"


def test_a_report_of_two_signatures_waits_for_both(house: House, clinic: str, ann: Principal, doc: Principal) -> None:
    """By two people; until then it is preliminary."""
    with transaction(house.engine) as session:
        rules = {"progress_note": {"signatures": ["author", "attending"]}}
        session.get_one(Clinic, clinic).settings = {"signing": rules}
    job = released(house, clinic, ann)
    sign.sign(house, doc, job, 1)
    assert standing(house, ann, job) == ("released", "preliminary")
    with pytest.raises(WrongState):
        sign.sign(house, doc, job, 1)
    with pytest.raises(NotAllowed, match="another person"):
        sign.sign(house, doc, job, 1, "attending")
    with pytest.raises(UsageError, match="attending"):
        sign.sign(house, doc, job, 1, "witness")
    sign.sign(house, person(house, clinic, "Attending", "clinician"), job, 1, "attending")
    assert standing(house, ann, job) == ("signed", "final")
    assert len(sign.verify(house, clinic, job)) == 2


def test_who_lost_the_role_signs_nothing(house: House, clinic: str, ann: Principal, doc: Principal) -> None:
    """Roles are asked for with every act."""
    job = released(house, clinic, ann)
    for roles in ({"editor"}, {"transcriptionist"}, {"admin"}, set[str]()):
        with pytest.raises(NotAllowed):
            sign.sign(house, replace(doc, roles=frozenset(roles)), job, 1)
    assert sign.verify(house, clinic, job) == []


@pytest.mark.parametrize(
    "change",
    [
        update(Version).values(body="0" * 64),
        update(Version).values(number=7),
        update(Version).values(reading=None),
        update(Signature).values(printed_name="Another"),
        Version.__table__.delete(),  # type: ignore[attr-defined]
        Signature.__table__.delete(),  # type: ignore[attr-defined]
    ],
)
def test_the_database_refuses_to_change_what_was_signed(
    house: House, clinic: str, ann: Principal, doc: Principal, change: Any
) -> None:
    """Whoever asks it."""
    job = released(house, clinic, ann)
    sign.sign(house, doc, job, 1)
    refused = pytest.raises(Exception, match=r"what was signed never changes|FOREIGN KEY")
    with refused, transaction(house.engine) as session:
        session.execute(change)
    assert broken_signatures(house) == []


def test_a_signature_is_broken_by_any_change_of_what_it_stands_for(
    house: House, clinic: str, ann: Principal, doc: Principal
) -> None:
    """A header that is changed afterwards shows."""
    job = released(house, clinic, ann)
    sign.sign(house, doc, job, 1)
    with transaction(house.engine) as session:
        session.scalars(select(Dictation)).one().header = {"patient": "Somebody else"}
    assert broken_signatures(house) == [f"a signature of {job} is broken"]


def test_an_addendum_is_a_report_of_its_own_that_amends_another(
    house: House, clinic: str, ann: Principal, doc: Principal
) -> None:
    """In review, read, released and signed like any; then the first is amended, and prints it under its own text."""
    job = released(house, clinic, ann)
    with pytest.raises(WrongState):
        addenda.add(house, doc, job, "Too early.")
    sign.sign(house, doc, job, 1)
    added = addenda.add(house, doc, job, "ADDENDUM:\n\nThe culture was negative.")
    assert standing(house, ann, added) == ("in_review", "draft")
    assert versions.show(house, ann, added)["parent"] == job
    assert standing(house, ann, job)[1] == "final"
    as_read(house, added, 1)
    release(house, ann, added, 1)
    sign.sign(house, doc, added, 1)
    assert standing(house, ann, job)[1] == "amended"
    docx = Document(io.BytesIO(jobs.result(house, clinic, "x", job, "docx").content))
    printed = "\n".join(paragraph.text for paragraph in docx.paragraphs)
    assert "The culture was negative." in printed
    assert versions.show(house, ann, job)["text"] == TEXT
    assert broken_signatures(house) == []


def test_a_report_that_is_sent_back_is_its_editors_again(
    house: House, clinic: str, ann: Principal, doc: Principal
) -> None:
    """With the reason, among what is theirs to do."""
    job = released(house, clinic, ann)
    queue.send_back(house, doc, job, "Which side?")
    assert standing(house, ann, job) == ("in_review", "draft")
    (row,) = queue.reports(house, ann, queue.Wanted(queue.Scope.MINE))
    assert (row.view.job, row.assigned, row.notes) == (job, "Ann Lee", 1)
    with pytest.raises(WrongState):
        sign.sign(house, doc, job, 1)


def test_what_is_released_is_counted_once(house: House, clinic: str, ann: Principal, doc: Principal) -> None:
    """Decisions and figures are those of the last release."""
    job = drafted(house, clinic, TEXT, "I10", "R07.9")
    decided = [
        {"system": "ICD-10-CM", "code": "I10", "decision": "accepted"},
        {"system": "ICD-10-CM", "code": "R07.9", "decision": "replaced", "replaced_by": "R07.89"},
    ]
    save(house, ann, job, 1, TEXT.replace("no chest pain", "a dry cough"), decisions=decided)
    as_read(house, job, 2)
    release(house, ann, job, 2)
    queue.send_back(house, doc, job, "No.")
    release(house, ann, job, 2)
    with reading(house.engine) as session:
        rows = session.execute(select(CodeDecision.code, CodeDecision.decision, CodeDecision.replaced_by)).all()
        tally = session.scalars(select(Tally)).one()
    assert sorted(rows) == [("I10", "accepted", ""), ("R07.9", "replaced", "R07.89")]
    assert (tally.edits, tally.editor, tally.recogniser, tally.signed_hours) == (3, ann.actor, "ear", None)
    sign.sign(house, doc, job, 2)
    with reading(house.engine) as session:
        assert session.scalars(select(Tally)).one().signed_hours is not None


def test_who_only_receives_reports_gets_no_unsigned_one(house: House, clinic: str, ann: Principal) -> None:
    """Neither a draft nor one that is released."""
    job = released(house, clinic, ann)
    with pytest.raises(NotFound):
        jobs.result(house, clinic, "x", job, "docx", final=True)
    with reading(house.engine) as session:
        assert session.get_one(Job, job).state == State.RELEASED

"""What is to be done first, and by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.service.reports import drafted, person
from transcribe.errors import NotAllowed, NotFound
from transcribe.service import auditing, jobs
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, queue, versions
from transcribe.service.review.queue import Scope, Wanted
from transcribe.service.review.release import release
from transcribe.store.engine import transaction
from transcribe.store.tables import Author, Dictation, Job


@pytest.fixture
def bob(house: House, clinic: str) -> Principal:
    """Another editor."""
    return person(house, clinic, "Bob Roe", "editor")


def listed(house: House, who: Principal, scope: Scope = Scope.OPEN, **more: object) -> list[str]:
    return [row.view.job for row in queue.reports(house, who, Wanted(scope, **more))]  # type: ignore[arg-type]


def test_stat_comes_first_then_what_is_due_first(house: House, clinic: str, ann: Principal) -> None:
    """In one page as in many, each job once."""
    late, soon = drafted(house, clinic, due=-2), drafted(house, clinic, due=5)
    later, stat = drafted(house, clinic, due=9), drafted(house, clinic, due=8, stat=True)
    other = drafted(house, clinic, due=9, stat=True)
    everything = [stat, other, late, soon, later]
    assert listed(house, ann) == everything
    pages, after = [], ""
    while page := listed(house, ann, after=after, limit=2):
        pages += page
        after = page[-1]
    assert pages == everything
    assert listed(house, ann, stat=True) == [stat, other]
    rows = queue.reports(house, ann, Wanted(limit=3))
    assert [row.minutes_left // 60 for row in rows] == [7, 8, -3]
    assert queue.counts(house, ann) | {"mine": 0} == {
        "open": 5, "mine": 0, "qa": 0, "returned": 0, "to_sign": 0, "stat": 2, "overdue": 1,
    }  # fmt: skip


def test_the_queue_can_be_narrowed(house: House, clinic: str, ann: Principal) -> None:
    """By author and work type; a page begins after a job of the own clinic."""
    mine = drafted(house, clinic, author="Dr. A")
    drafted(house, clinic, author="Dr. B", work_type="letter")
    assert listed(house, ann, author="Dr. A") == [mine]
    assert listed(house, ann, work_type="progress_note") == [mine]
    assert listed(house, ann, author="Dr. C") == []
    with pytest.raises(NotFound):
        listed(house, ann, after="0" * 32)


def test_next_gives_each_editor_another_report(house: House, clinic: str, ann: Principal, bob: Principal) -> None:
    """The one that is due first, of those that nobody has, that are nobody else's, and that were not skipped."""
    first, second, third = (drafted(house, clinic, due=hours) for hours in (1, 2, 3))
    assert queue.take_next(house, ann) == first
    assert queue.take_next(house, bob) == second
    assert [row.claim and row.claim["name"] for row in queue.reports(house, bob, Wanted())] == [
        "Ann Lee", "Bob Roe", None,
    ]  # fmt: skip
    queue.skip(house, ann, first)
    queue.assign(house, bob, third, bob.actor)
    with pytest.raises(NotFound, match="Nothing waits"):
        queue.take_next(house, ann)
    claims.leave(house, bob, second)
    assert queue.take_next(house, bob) == first
    assert set(listed(house, bob, Scope.MINE)) == {first, third}


def test_a_claim_that_ran_out_is_anybodys(house: House, clinic: str, ann: Principal, bob: Principal) -> None:
    """An editor who went home keeps nobody waiting."""
    job = drafted(house, clinic)
    queue.take_next(house, ann)
    with transaction(house.engine) as session:
        row = session.get_one(Job, job)
        assert row.claimed_until is not None
        row.claimed_until -= timedelta(minutes=11)
    assert listed(house, ann, Scope.MINE) == []
    assert queue.take_next(house, bob) == job


@pytest.mark.parametrize(
    ("ask", "scope", "kind"),
    [(queue.send_to_qa, Scope.QA, "qa"), (queue.question, Scope.RETURNED, "question")],
)
def test_what_is_asked_is_answered(
    house: House, clinic: str, ann: Principal, bob: Principal, ask: object, scope: Scope, kind: str
) -> None:
    """The report leaves the queue of all; with the answer it is its asker's again, and the note is settled."""
    job = drafted(house, clinic)
    claims.claim(house, ann, job)
    ask(house, ann, job, "Is it left or right?")  # type: ignore[operator]
    assert (listed(house, ann), listed(house, ann, scope)) == ([], [job])
    assert queue.counts(house, ann)[scope] == 1
    with pytest.raises(NotFound):
        queue.take_next(house, ann)
    queue.answer(house, bob, job, "Left.")
    assert listed(house, ann, Scope.MINE) == [job]
    said = versions.show(house, ann, job)["notes"]
    assert [(note["kind"], note["person"], note["settled"]) for note in said] == [
        (kind, "Ann Lee", True), ("answer", "Bob Roe", True),
    ]  # fmt: skip
    with pytest.raises(Exception, match="does not allow"):
        queue.answer(house, bob, job, "Again.")


def test_a_report_on_hold_says_why(house: House, clinic: str, ann: Principal) -> None:
    """Until it goes on; its claim ends."""
    job = drafted(house, clinic)
    claims.claim(house, ann, job)
    jobs.hold(house, clinic, ann.actor, job, "The clinic calls back.")
    shown = versions.show(house, ann, job)
    assert (shown["state"], shown["claim"]) == ("on_hold", None)
    assert [(note["text"], note["settled"]) for note in shown["notes"]] == [("The clinic calls back.", False)]
    assert listed(house, ann) == []
    jobs.resume(house, clinic, ann.actor, job)
    assert versions.show(house, ann, job)["notes"][0]["settled"]


def test_a_report_is_given_to_people_who_edit(house: House, clinic: str, ann: Principal) -> None:
    """Not to who only signs or receives, and to nobody of another clinic."""
    job = drafted(house, clinic)
    clinician = person(house, clinic, "Jane Doe", "clinician")
    for who in (clinician.actor, "0" * 32):
        with pytest.raises(NotFound):
            queue.assign(house, ann, job, who)
    with pytest.raises(NotAllowed):
        queue.assign(house, clinician, job, ann.actor)


def test_a_transcriptionist_is_given_their_own_uploads(house: House, clinic: str) -> None:
    """In `next` and in the list."""
    tom = person(house, clinic, "Tom Poe", "transcriptionist")
    own, _ = drafted(house, clinic), drafted(house, clinic)
    with transaction(house.engine) as session:
        session.get_one(Dictation, session.get_one(Job, own).dictation_id).received_by = tom.actor
    assert listed(house, tom) == [own]
    assert queue.take_next(house, tom) == own
    queue.skip(house, tom, own)
    with pytest.raises(NotFound):
        queue.take_next(house, tom)


def test_a_clinician_finds_what_is_theirs_to_sign(house: House, clinic: str, ann: Principal) -> None:
    """Their own dictations and those of authors who are nobody here; not those of a colleague."""
    jane, john = (person(house, clinic, name, "clinician") for name in ("Jane Doe", "John Doe"))
    own, free = drafted(house, clinic, author="Dr. Doe", due=1), drafted(house, clinic, due=2)
    for job in (own, free):
        release(house, ann, job, 1)
    with transaction(house.engine) as session:
        session.scalars(select(Author)).one().person_id = jane.actor
    assert listed(house, jane, Scope.TO_SIGN) == [own, free]
    assert listed(house, john, Scope.TO_SIGN) == [free]
    assert queue.counts(house, john)["to_sign"] == 1


def test_who_was_shown_patients_names_is_in_the_audit(house: House, clinic: str, ann: Principal) -> None:
    """How many of which list, once; an empty list tells no name, and the id of the next job neither."""
    drafted(house, clinic)
    drafted(house, clinic)
    queue.reports(house, ann, Wanted())
    queue.reports(house, ann, Wanted(Scope.QA))
    queue.reports(house, ann, Wanted())  # As a page does that is open all day.
    assert queue.first(house, ann, Scope.OPEN)
    (entry,) = auditing.entries(house, clinic, action="listed")
    assert (entry.actor, entry.detail) == (ann.actor, {"what": "queue: open", "count": 2})

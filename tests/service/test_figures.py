"""Figures worked by hand, scores as the rules of the trade have them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.reports import drafted, person, save
from transcribe.errors import UsageError
from transcribe.service import figures
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import quality
from transcribe.service.review.quality import By, Draw, Fault, judged
from transcribe.service.review.release import release
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Tally


@pytest.fixture
def ann(house: House, clinic: str) -> Principal:
    """An editor."""
    return person(house, clinic, "Ann Lee", "editor")


def tally(house: House, clinic: str, editor: str, job: str = "", **more: object) -> None:
    """A released report of 130 characters, 100 visible, 20 words of which one was changed, in two hours."""
    job = job or drafted(house, clinic)
    with transaction(house.engine) as session:
        end = now(session)
        usual = {
            "author": "Dr. A", "recogniser": "r", "work_type": "letter", "released_at": end, "hours": 2.0,
            "on_time": True, "seconds": 90.0, "characters": 130, "visible": 100, "words": 20, "edits": 1,
            "offered": 4, "accepted": 3, "added": 1,
        }  # fmt: skip
        session.add(Tally(job_id=job, clinic_id=clinic, editor=editor, **(usual | more)))


def asked(house: House, who: Principal, by: figures.By) -> list[figures.Figures]:
    with reading(house.engine) as session:
        end = now(session) + timedelta(minutes=1)
    return figures.figures(house, who, by, end - timedelta(days=1), end)


def test_figures_are_as_worked_by_hand(house: House, clinic: str, ann: Principal) -> None:
    """Two reports of one editor, one of them typed and late; another editor's stand apart."""
    with reading(house.engine) as session:
        end = now(session)
    tally(house, clinic, ann.actor)
    tally(house, clinic, ann.actor, recogniser="", edits=0, offered=0, accepted=0, added=0, seconds=0.0, hours=4.0,
          on_time=False)  # fmt: skip
    bob = person(house, clinic, "Bob Roe", "editor")
    tally(house, clinic, bob.actor, released_at=end - timedelta(days=3))
    tally(house, clinic, bob.actor, signed_hours=5.0, characters=65)
    first, second = asked(house, ann, "editor")
    assert first == figures.Figures(
        group=ann.actor, name="Ann Lee", reports=2, audio_minutes=1.5, turnaround_hours=3.0, signed_hours=None,
        on_time=0.5, words=40, lines=4.0, visible_lines=3.1, edits_per_100_words=5.0, codes_offered=4, codes_taken=0.75,
        codes_added=1,
    )  # fmt: skip
    assert (second.name, second.reports, second.lines, second.signed_hours) == ("Bob Roe", 1, 1.0, 5.0)
    assert [row.group for row in asked(house, ann, "recogniser")] == ["", "r"]
    assert [row.reports for row in asked(house, ann, "day")] == [3]
    other = Principal("x", "0" * 32, frozenset(), "x")
    assert asked(house, other, "editor") == []


def test_a_table_for_a_spreadsheet_holds_no_formula(house: House, clinic: str, ann: Principal) -> None:
    """A name that begins like one is text."""
    tally(house, clinic, ann.actor, author='=HYPERLINK("http://x")')
    written = figures.as_csv(asked(house, ann, "author"))
    head, line = written.splitlines()
    assert head.startswith("group,name,reports,audio_minutes,turnaround_hours")
    assert line.startswith("\"'=HYPERLINK(")


faults = st.lists(st.builds(Fault, st.integers(0, 99), st.sampled_from(["critical", "minor"])), max_size=60)


@given(faults)
def test_a_score_is_what_the_faults_cost(found: list[Fault]) -> None:
    """100 less 3 for each critical and 1 for each other, not below 0; a critical one always fails."""
    got = judged(found)
    assert got.score == max(0, 100 - 3 * got.critical - got.minor)
    assert got.critical + got.minor == len(found)
    assert got.passed == (got.critical == 0 and got.minor <= 2)


def test_a_reviewer_judges_what_differs(house: House, clinic: str, ann: Principal) -> None:
    """From the machine's draft it is the recogniser's, from a person's version theirs; once more replaces it."""
    job = drafted(house, clinic, "The patient has no chest pain.", author="Dr. A")
    save(house, ann, job, 1, "The patient has chest pain today.")
    boss = person(house, clinic, "Una Poe", "admin")
    left, right, blocks = quality.difference(house, boss, job)
    assert (left, right) == (1, 2)
    wrong = [at for at, block in enumerate(blocks) if block.op != "equal"]
    with pytest.raises(UsageError):
        quality.score(house, boss, job, 1, 2, [Fault(0, "minor")])
    quality.score(house, boss, job, 1, 2, [Fault(wrong[0], "minor")])
    found = quality.score(house, boss, job, 1, 2, [Fault(wrong[0], "critical"), Fault(wrong[1], "minor")])
    assert (found.score, found.passed) == (96, False)
    save(house, ann, job, 2, "The patient has chest pain now.")
    quality.score(house, boss, job, 2, 3, [])
    with reading(house.engine) as session:
        end = now(session) + timedelta(minutes=1)
    period = end - timedelta(days=1), end
    by_editor = quality.overview(house, boss, "editor", *period)
    assert [(row["name"], row["mean"], row["passed"]) for row in by_editor] == [("Ann Lee", 100.0, 1)]
    by_author = quality.overview(house, boss, "author", *period)
    assert [(row["author"], row["reports"], row["critical"]) for row in by_author] == [("Dr. A", 2, 1)]


def test_a_sample_is_the_same_each_time_and_shrinks_as_it_is_judged(house: House, clinic: str, ann: Principal) -> None:
    """All of it at 100 percent; what was judged is not asked for again."""
    made = [drafted(house, clinic) for _ in range(3)]
    for job in made:
        release(house, ann, job, 1)
    with reading(house.engine) as session:
        end = now(session) + timedelta(minutes=1)
    period = end - timedelta(days=1), end

    def sample(percent: int) -> list[str]:
        return [each.job for each in quality.sample(house, ann, *period, Draw(amount=percent), limit=10)]

    assert sorted(sample(100)) == sorted(made)
    assert set(sample(50)) == {job for job in made if job < "8"}
    quality.score(house, ann, made[0], 1, 1, [])
    assert sorted(sample(100)) == sorted(made[1:])


def test_so_many_of_each_are_drawn_and_whose_work_it_is_decides_what_is_compared(
    house: House, clinic: str, ann: Principal
) -> None:
    """An editor's last version before the release, else the draft; one of them alone where that is asked for."""
    bob = person(house, clinic, "Bob Roe", "editor")
    edited = [drafted(house, clinic, author="Dr. A") for _ in range(3)]
    for job in edited:
        save(house, ann, job, 1, "The patient is well.")
        tally(house, clinic, ann.actor, job)
    plain = drafted(house, clinic, author="Dr. B")
    release(house, bob, plain, 1)
    with reading(house.engine) as session:
        end = now(session) + timedelta(minutes=1)
    period = end - timedelta(days=1), end

    def sample(by: By, amount: int, of: str = "") -> set[tuple[str, int]]:
        found = quality.sample(house, ann, *period, Draw(by, amount, "each", of), limit=10)
        return {(each.job, each.left) for each in found}

    first = sorted(edited)
    assert sample("editor", 2) == {(first[0], 2), (first[1], 2), (plain, 1)}
    assert sample("editor", 2, ann.actor) == {(first[0], 2), (first[1], 2)}
    assert sample("author", 1) == {(first[0], 1), (plain, 1)}
    assert quality.groups(house, ann, "editor", *period) == sorted([(ann.actor, "Ann Lee"), (bob.actor, "Bob Roe")])
    quality.score(house, ann, first[0], 2, 2, [])
    assert sample("editor", 2, ann.actor) == {(first[1], 2)}
    quality.score(house, ann, plain, 1, 1, [])
    assert sample("editor", 2, bob.actor) == set()
    with pytest.raises(UsageError):
        Draw(amount=0)

"""No edit is lost, whoever saves when."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.invariants import edits
from tests.service.reports import drafted, person, save
from transcribe.errors import NotFound
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.service.review import claims, compare, versions
from transcribe.service.review.refusals import Claimed, Overtaken, WrongState
from transcribe.store.engine import transaction
from transcribe.store.reports import Version
from transcribe.store.tables import Job, State


@dataclass
class Ledger:
    """What an editor was told is kept."""

    kept: dict[int, str] = field(default_factory=dict)
    refused: int = 0


def edit_at_random(house: House, who: Principal, job: str, seed: int, ledger: Ledger, saves: int) -> None:
    """Save whatever this editor believes the newest version is; whoever is overtaken goes on from the other text."""
    chance, seen = random.Random(seed), 1
    for number in range(saves):
        text = f"{who.name} {number} {chance.random()}"
        try:
            seen = save(house, who, job, chance.choice([seen, seen, max(1, seen - 1)]), text)
        except Overtaken as error:
            ledger.refused += 1
            seen = error.more["theirs"]["version"]
            assert error.more["theirs"]["text"]
        except Claimed:
            ledger.refused += 1
        else:
            assert seen not in ledger.kept
            ledger.kept[seen] = text
            if chance.random() < 0.5:
                claims.leave(house, who, job)


@pytest.mark.parametrize("editors", [2, 8])
def test_of_editors_who_save_at_once_every_answer_holds(house: House, clinic: str, editors: int) -> None:
    """Versions have no gaps; what was answered is there to the letter; whoever loses gets the other text."""
    job = drafted(house, clinic)
    people = [person(house, clinic, f"Editor {number}", "editor") for number in range(editors)]
    ledgers = [Ledger() for _ in people]
    threads = [
        threading.Thread(target=edit_at_random, args=(house, who, job, seed, ledger, 12))
        for seed, (who, ledger) in enumerate(zip(people, ledgers, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = {number: text for ledger in ledgers for number, text in ledger.kept.items()}
    assert sum(len(ledger.kept) for ledger in ledgers) == len(kept) > 0
    assert sum(ledger.refused for ledger in ledgers) + len(kept) == 12 * editors
    assert edits(house, {job: kept}) == []


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(-1, 0), st.booleans()), max_size=8))
@settings(
    max_examples=15, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
def test_two_editors_in_any_order(house: House, clinic: str, turns: list[tuple[int, int, bool]]) -> None:
    """A save on the newest version by whoever has the claim is kept, every other one is refused and changes nothing."""
    job = drafted(house, clinic)
    pair = [person(house, clinic, name, "editor") for name in ("Ann Lee", "Bob Roe")]
    kept: dict[int, str] = {}
    newest, holder = 1, None
    for turn, (which, behind, leaves) in enumerate(turns):
        after, text = max(1, newest + behind), f"{turn} by {which}"
        if after == newest and holder in (None, which):
            newest = save(house, pair[which], job, after, text)
            kept[newest], holder = text, which
        else:
            with pytest.raises(Overtaken if after != newest else Claimed):
                save(house, pair[which], job, after, text)
        if leaves:
            claims.leave(house, pair[which], job)
            holder = None if holder == which else holder
    assert edits(house, {job: kept}) == []


def test_what_is_saved_after_the_signature_is_refused(house: House, clinic: str) -> None:
    """By the house, and where somebody goes round it by the database."""
    job, ann = drafted(house, clinic), person(house, clinic, "Ann Lee", "editor", "clinician")
    with transaction(house.engine) as session:
        session.get_one(Job, job).state = State.SIGNED
    with pytest.raises(WrongState):
        save(house, ann, job, 1, "Another text.")
    with pytest.raises(Exception, match="what was signed never changes"), transaction(house.engine) as session:
        first = session.scalars(select(Version).where(Version.job_id == job)).one()
        session.add(Version(job_id=job, clinic_id=clinic, number=2, body=first.body, created_at=first.created_at))


def test_a_deleted_report_is_gone(house: House, clinic: str) -> None:
    """Its versions are not there any more, whoever asks."""
    job, ann = drafted(house, clinic), person(house, clinic, "Ann Lee", "editor")
    with transaction(house.engine) as session:
        session.get_one(Job, job).drafts_deleted_at = session.get_one(Job, job).created_at
    for ask in (versions.show, lambda *args: versions.one(*args, 1)):
        with pytest.raises(NotFound):
            ask(house, ann, job)


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60))
def test_blocks_are_both_texts(left: str, right: str) -> None:
    """Joined they are the texts; equal ones are equal, and no two that differ stand side by side."""
    found = compare.blocks(left, right)
    assert "".join(block.left for block in found) == left
    assert "".join(block.right for block in found) == right
    assert all((block.op == "equal") == (block.left == block.right) for block in found)
    changed = [block.op != "equal" for block in found]
    assert not any(a and b for a, b in pairwise(changed))


def test_words_that_changed_are_counted() -> None:
    """Put in, taken out, replaced: each counts one."""
    assert compare.changed_words("no chest pain", "no chest pain") == 0
    assert compare.changed_words("no chest pain today", "much chest ache") == 3


def test_a_long_text_is_compared_at_once() -> None:
    """10,000 words against themselves edited."""
    words = [f"w{number % 997}" for number in range(10_000)]
    edited = [*words[:500], "new", *words[501:9000], *words[9005:]]
    found = compare.blocks(" ".join(words), " ".join(edited))
    assert len([block for block in found if block.op != "equal"]) == 2

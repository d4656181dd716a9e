"""A clinic's rules, which its administrator changes: times promised, retention, signatures, which person an author is.

They stand in the clinic's `settings`: "stat_hours", "turnaround_hours" and "signing" by work type, "retention",
"pages", the addresses that are told of what does not arrive, "time_zone", by whose clocks reports are dated, and
"codes_page". What is not there is as usual.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from transcribe.errors import NotFound, UsageError
from transcribe.service.house import House
from transcribe.service.identity.accounts import Principal
from transcribe.store import audit
from transcribe.store.engine import reading, transaction
from transcribe.store.people import Membership, Person
from transcribe.store.tables import Author, Clinic, Dictation
from transcribe.work_types import work_types

MOST_HOURS = 24.0 * 60
MOST_DAYS = 365.0 * 50


@dataclass(frozen=True, slots=True)
class Known:
    """An author of the clinic; `person` is who signs as them (None: not said), `dictations` how many there are."""

    author: str
    name: str
    initials: str
    person: str | None
    dictations: int


def of(house: House, clinic: str) -> dict[str, Any]:
    """The clinic's own rules."""
    with reading(house.engine) as session:
        return dict(session.get_one(Clinic, clinic).settings)


def change(house: House, who: Principal, **changed: Any) -> None:
    """Set these rules; an empty one falls back to what is usual. Which ones were changed is audited."""
    with transaction(house.engine) as session:
        clinic = session.get_one(Clinic, who.clinic)
        kept = {
            name: value for name, value in {**clinic.settings, **changed}.items() if value not in (None, "", {}, [])
        }
        clinic.settings = kept
        audit.record(session, who.clinic, who.actor, "rules changed", who.clinic, rules=sorted(changed))


def number(given: str, what: str, *, most: float) -> float | None:
    """A number as a form gives it, None for an empty field; `UsageError` names `what` cannot be used."""
    if not given.strip():
        return None
    if not re.fullmatch(r"\d{1,6}(\.\d{1,2})?", given.strip()) or not 0 < float(given) <= most:
        raise UsageError(f"{what} is a number above 0 and at most {most:g}.")
    return int(given) if given.strip().isdecimal() else float(given)


def turnaround(given: Mapping[str, str]) -> dict[str, float]:
    """The hours of a form by work type, without those that are as usual."""
    usual = {key: each.turnaround_hours for key, each in work_types().items()}
    hours = {key: number(given.get(key, ""), work_types()[key].title, most=MOST_HOURS) for key in usual}
    return {key: value for key, value in hours.items() if value is not None and value != usual[key]}


def signing(given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Who signs what, as a form gives it: "signatures-KIND" is a list of meanings with commas, "proxy-KIND" is there
    where somebody may sign for the author; without what is as usual. `UsageError` for what is no meaning.
    """
    found: dict[str, dict[str, Any]] = {}
    for key, usual in work_types().items():
        meanings = tuple(word for each in given.get(f"signatures-{key}", "").split(",") if (word := each.strip()))
        if not all(re.fullmatch(r"[a-z][a-z ]{0,39}", each) for each in meanings) or len(set(meanings)) < len(meanings):
            raise UsageError(f"{usual.title} is signed as different words in small letters, as in: author, attending.")
        proxy = f"proxy-{key}" in given
        own: dict[str, Any] = {"signatures": list(meanings)} if meanings not in ((), usual.signatures) else {}
        own |= {"proxy": proxy} if proxy != usual.proxy else {}
        found |= {key: own} if own else {}
    return found


def authors(house: House, clinic: str) -> list[Known]:
    """Everybody who dictated for the clinic, by name."""
    counted = func.count(Dictation.id)
    query = (
        select(Author, counted)
        .outerjoin(Dictation, Dictation.author_id == Author.id)
        .where(Author.clinic_id == clinic)
        .group_by(Author.id)
        .order_by(Author.name)
    )
    with reading(house.engine) as session:
        return [
            Known(row.id, row.name, row.initials, row.person_id, count) for row, count in session.execute(query).all()
        ]


def signers(house: House, clinic: str) -> list[tuple[str, str]]:
    """Who may sign in the clinic: id and name."""
    query = select(Person.id, Person.name).join(Membership, Membership.person_id == Person.id)
    mine = query.where(Membership.clinic_id == clinic, Membership.role == "clinician").order_by(Person.name)
    with reading(house.engine) as session:
        return [(row[0], row[1]) for row in session.execute(mine)]


def say_author(house: House, who: Principal, author: str, person: str) -> None:
    """Say which person an author is; an empty `person` takes it back."""
    if person and person not in dict(signers(house, who.clinic)):
        raise UsageError("Only a clinician of this clinic signs as an author.")
    with transaction(house.engine) as session:
        found = session.get(Author, author)
        if found is None or found.clinic_id != who.clinic:
            raise NotFound(f"There is no author {author}.")
        found.person_id = person or None
        audit.record(session, who.clinic, who.actor, "author assigned", author, person=person or None)

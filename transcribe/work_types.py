"""The kinds of reports and their headings, read from two tables beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from transcribe.domain import Category, Heading, WorkType
from transcribe.errors import UsageError

DEFAULT_WORK_TYPE = "progress_note"


@cache
def work_types() -> dict[str, WorkType]:
    """Every work type by its key."""
    table = tomllib.loads(files("transcribe").joinpath("work_types.toml").read_text("utf-8"))
    return {
        key: WorkType(
            key=key,
            title=row["title"],
            loinc=row["loinc"],
            headings=tuple(row["headings"]),
            required=tuple(row["required"]),
            turnaround_hours=row["turnaround_hours"],
            spoken=tuple(row["spoken"]),
            signatures=tuple(row.get("signatures", ["author"])),
            proxy=row.get("proxy", True),
        )
        for key, row in table.items()
    }


@cache
def headings() -> dict[str, Heading]:
    """Every heading of the house style by its title."""
    table = tomllib.loads(files("transcribe").joinpath("headings.toml").read_text("utf-8"))
    return {
        title: Heading(title, Category(category), (title.lower(), *synonyms))
        for category, rows in table.items()
        for title, synonyms in rows.items()
    }


@cache
def headings_by_synonym() -> dict[str, Heading]:
    """Every heading by each lower-case way to say or write it."""
    return {synonym: heading for heading in headings().values() for synonym in heading.synonyms}


def work_type(key: str) -> WorkType:
    """The work type `key`; `UsageError` names the ones there are."""
    found = work_types().get(key.strip().lower().replace("-", "_").replace(" ", "_"))
    if found is None:
        raise UsageError(f"There is no work type '{key}'; choose one of: {', '.join(work_types())}.")
    return found


def guess_work_type(written: Iterable[str]) -> WorkType:
    """The work type whose headings the `written` ones fit best, however they are worded.

    Each heading it knows counts for it, each it does not know against it, and the share of its required ones that
    are there counts twice; of equals the first of the table is meant. Without a known heading it is the default.
    """
    by_synonym = headings_by_synonym()
    seen = {by_synonym[words].title if (words := each.lower()) in by_synonym else each for each in written if each}

    def fit(candidate: WorkType) -> float:
        known = seen.intersection(candidate.headings)
        required = len(seen.intersection(candidate.required)) / max(1, len(candidate.required))
        return len(known) - len(seen - known) + 2 * required

    if seen.isdisjoint(headings()):
        return work_type(DEFAULT_WORK_TYPE)
    return max(work_types().values(), key=fit)

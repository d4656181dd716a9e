"""The tables of work types and headings."""

from __future__ import annotations

import re

import pytest

from transcribe import work_types
from transcribe.errors import UsageError


def test_every_heading_of_a_work_type_is_in_the_table() -> None:
    """A work type asks for known headings only, and requires none that it does not list."""
    for kind in work_types.work_types().values():
        assert set(kind.headings) <= set(work_types.headings())
        assert set(kind.required) <= set(kind.headings)


def test_a_way_of_saying_belongs_to_one_heading() -> None:
    """No synonym stands under two headings."""
    said = [synonym for heading in work_types.headings().values() for synonym in heading.synonyms]
    assert len(said) == len(set(said))


def test_loinc_codes_are_well_formed() -> None:
    """Each code carries the check digit that LOINC computes (Luhn's algorithm, mod 10)."""
    for kind in work_types.work_types().values():
        digits, check = re.fullmatch(r"(\d+)-(\d)", kind.loinc).groups()  # type: ignore[union-attr]
        doubled = "".join(str(int(d) * (2 if at % 2 == 0 else 1)) for at, d in enumerate(reversed(digits)))
        assert (10 - sum(map(int, doubled)) % 10) % 10 == int(check), kind.key


@pytest.mark.parametrize("name", ["operative_report", "Operative Report", "operative-report"])
def test_a_work_type_is_found_however_it_is_typed(name: str) -> None:
    """Blanks, hyphens and capitals do not matter."""
    assert work_types.work_type(name).key == "operative_report"


def test_an_unknown_work_type_names_the_known_ones() -> None:
    """A typing error is answered with the list to choose from."""
    with pytest.raises(UsageError, match="radiology_report"):
        work_types.work_type("radiologie")


@pytest.mark.parametrize("key", [key for key, kind in work_types.work_types().items() if kind.required])
def test_the_work_type_is_guessed_from_its_headings(key: str) -> None:
    """A report with all headings of a work type is taken for that work type."""
    assert work_types.guess_work_type(work_types.work_type(key).headings).key == key


@pytest.mark.parametrize("written", [[], [""], ["", "SUNDRY"]])
def test_a_text_without_known_headings_is_a_progress_note(written: list[str]) -> None:
    """Nothing to go by: the commonest kind."""
    assert work_types.guess_work_type(written).key == "progress_note"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (["PLAN"], "progress_note"),
        (["", "ASSESSMENT", "PLAN"], "progress_note"),
        (["EXAM TYPE", "TECHNIQUE", "FINDING", "CONCLUSION"], "radiology_report"),
        (["CC", "HPI", "PMH", "MEDS", "PHYSICAL EXAM", "ASSESSMENT", "PLAN"], "history_and_physical"),
        (["PREOP DIAGNOSIS", "POSTOP DIAGNOSIS", "OPERATION", "EBL"], "operative_report"),
    ],
)
def test_headings_count_however_they_are_worded_and_however_few(written: list[str], key: str) -> None:
    """Other words for a heading lead to the same work type, and a few headings suffice."""
    assert work_types.guess_work_type(written).key == key

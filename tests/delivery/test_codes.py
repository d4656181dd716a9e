"""Accepted codes leave as a table that no spreadsheet executes, and as the claim fields that are known."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from tests.delivery.examples import signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.delivery.codes import COLUMNS, as_837p, as_csv
from transcribe.domain import AcceptedCode, CodeSystem


def test_table_has_each_code_with_its_evidence() -> None:
    """One line for each accepted code, with the words it rests on."""
    rows = list(csv.reader(io.StringIO(as_csv(signed()))))
    assert rows[0] == list(COLUMNS)
    known = ["R-1", "1", "2026-05-18", "17", "E-9", "Bo Q. Example, MD"]
    assert rows[1] == [*known, "ICD-10-CM", "M25.562", "Pain in left knee", "2026", "Left knee pain"]
    assert rows[2] == [*known, "CPT", "99999", "A procedure", "2026", ""]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_texts_come_back_harmless(text: str) -> None:
    """A reader of CSV gets the same words; what a spreadsheet would calculate has an apostrophe before it."""
    (_, row) = csv.reader(io.StringIO(as_csv(with_everywhere(text)), newline=""))
    known = text.replace("\0", "\ufffd").replace("\ud800", "?")
    for column in ("report", "record_number", "encounter", "author", "code", "title", "release"):
        cell = row[COLUMNS.index(column)]
        assert cell in (known, f"'{known}")
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    claim = as_837p(with_everywhere(text))
    assert not set("*~:^\r\n") & set(claim["CLM01"] + claim["NM103"] + claim["NM104"])


def test_claim_fields_are_ready() -> None:
    """The first diagnosis is the principal one, codes lose their dot, services are lines, and what lacks is named."""
    claim = as_837p(signed())
    assert claim["HI"] == [{"qualifier": "ABK", "code": "M25562"}]
    assert claim["SV1"] == [{"LX01": 1, "qualifier": "HC", "code": "99999", "DTP03": "20260518"}]
    assert (claim["NM103"], claim["NM104"], claim["DMG02"], claim["DMG03"]) == ("EXAMPLE", "ANN", "19600131", "F")
    assert "payer" in claim["missing"]
    assert "service lines" not in claim["missing"]


def test_claim_holds_twelve_diagnoses() -> None:
    """A thirteenth diagnosis is kept apart, not dropped."""
    many = tuple(AcceptedCode(CodeSystem.ICD10CM, f"Z00.{number}", "", "2026") for number in range(13))
    claim = as_837p(replace(signed(), accepted=many))
    assert [each["qualifier"] for each in claim["HI"]] == ["ABK", *["ABF"] * 11]
    assert claim["more_diagnoses"] == ["Z0012"]

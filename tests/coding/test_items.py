"""HCPCS and a licensee's CPT table: read, dated, suggested with units; CPT texts stay in their file."""

from __future__ import annotations

import json
import stat
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from reports import report

from transcribe.coding import CodeTables, documented, import_files, item_releases, open_tables, suggest
from transcribe.coding.hcpcs import Quantity, dose_in, is_quality, unit_of, units
from transcribe.coding.items import ItemTable
from transcribe.domain import CodeSystem
from transcribe.errors import NotAllowed, UnusableInput

ON = date(2026, 5, 4)
# Invented codes and texts: no descriptor of the American Medical Association stands in this project.
CPT = (
    "code,descriptor,synonyms,effective,end\n"
    "0001X,Quixotic drainage of a windmill,windmill drainage;windmill tap,2020-01-01,\n"
    "0002X,Drainage of two windmills,,2020-01-01,2021-12-31\n"
)


def record(code: str, text: str, *, kind: str = "3", added: str = "20200101", ended: str = "") -> str:
    """One line in the layout of the official file."""
    line = f"{code:>5}00100{kind}{text:<80}{text[:28]:<28}"
    return line.ljust(268) + added + "20200101" + f"{ended:<8}" + "N" + " " * 27


@pytest.fixture(scope="module")
def with_items(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> CodeTables:
    """The tables of the package with a small HCPCS release and an invented procedure table beside them."""
    folder = tmp_path_factory.mktemp("items")
    hcpcs = folder / "HCPC2026_APR_ANWEB.txt"
    lines = [
        record("J3301", "Injection, triamcinolone acetonide, not otherwise specified, 10 mg"),
        record("J0696", "Injection, ceftriaxone sodium, per 250 mg"),
        record("J1885", "Injection, ketorolac tromethamine, per 15 mg", ended="20251231"),
        record("E0114", "Crutches underarm, other than wood, adjustable or fixed, pair,"),
        "E0114002004with pads, tips and handgrips".ljust(91),
        record("LT", "Left side", kind="7"),
    ]
    hcpcs.write_text("\r\n".join(lines), "latin-1")
    procedures = folder / "ours.csv"
    procedures.write_text(CPT, "utf-8")
    (folder / "codes").mkdir()
    (folder / "codes" / "icd10cm-2026-04.sqlite").write_bytes((cache_dir / "codes/icd10cm-2026-04.sqlite").read_bytes())
    assert import_files([hcpcs, procedures], folder, licensed=True) == ["HCPCS 2026-04", "2 CPT codes"]
    return open_tables(folder, on=ON)


def given(sentence: str, tables: CodeTables) -> list[tuple[str, str]]:
    text, reading = report(f"PLAN:\n\n{sentence}")
    found = suggest(text, reading, tables, date_of_service=ON)
    return [(each.code, "; ".join(each.messages)) for each in found if each.system is CodeSystem.HCPCS]


@pytest.mark.parametrize(
    ("sentence", "code", "units_told"),
    [
        ("The knee was injected with 40 mg of Kenalog.", "J3301", "4 units"),
        ("Ceftriaxone 1 g was given intramuscularly.", "J0696", "4 units"),
        ("1 mL of Kenalog 40 mg/mL was injected.", "J3301", "4 units"),
        ("Kenalog was injected.", "J3301", "how much was given?"),
        ("He was given crutches.", "E0114", ""),
    ],
)
def test_what_was_given_is_coded_with_its_units(
    sentence: str, code: str, units_told: str, with_items: CodeTables
) -> None:
    """Generic and trade names lead to the code; the dose becomes billing units, or the question for it."""
    ((found, message),) = given(sentence, with_items)
    assert found == code
    assert units_told in message


@pytest.mark.parametrize(
    "sentence",
    [
        "We will inject Kenalog next week.",
        "He was prescribed ceftriaxone.",
        "Continue Kenalog cream.",
        "No crutches were given.",
        "{Ceftriaxone|DRUG|hypothetical} 1 g was given.",
        "Toradol 30 mg was given.",
    ],
)
def test_what_was_not_given_or_has_ended_is_not(sentence: str, with_items: CodeTables) -> None:
    """Plans, prescriptions, denials and codes that ended before the visit lead to nothing."""
    assert given(sentence, with_items) == []


def test_records_are_joined_and_dated(with_items: CodeTables) -> None:
    """A continued description is whole, a modifier is kept, an ended code is known but not live."""
    table = with_items.supplies
    assert table is not None
    crutches, left, ended = (table.look_up(code) for code in ("E0114", "LT", "J1885"))
    assert crutches is not None
    assert crutches.text.endswith("pair, with pads, tips and handgrips")
    assert left is not None
    assert left.kind == "modifier"
    assert ended is not None
    assert ended.is_live(date(2025, 12, 31))
    assert not ended.is_live(ON)


def test_doses_and_units_are_worked_out() -> None:
    """Worked by hand: a part of a unit counts as one, and measures that differ make none."""
    assert dose_in("0.5 g") == Quantity(500, "mg")
    assert dose_in("2 mL of 40 mg/mL") == Quantity(80, "mg")
    assert unit_of("Injection, one acetate 3 mg and another phosphate 3 mg") == Quantity(6, "mg")
    assert unit_of("Injection, of a vitamin, up to 1000 mcg") == Quantity(1, "mg")
    assert unit_of("Splint") is None
    assert units(Quantity(45, "mg"), Quantity(10, "mg")) == 5
    assert units(Quantity(1, "mL"), Quantity(10, "mg")) is None
    assert is_quality("G8427")
    assert is_quality("M1003")
    assert not is_quality("G0008")


def test_a_procedure_has_the_code_of_the_licensee_and_no_descriptor(with_items: CodeTables) -> None:
    """The suggestion carries the code and the report's words; nothing of the licensed text is in it."""
    text, reading = report("PROCEDURES:\n\n{Windmill drainage|PROCEDURE} was performed.")
    (found,) = (
        each for each in suggest(text, reading, with_items, date_of_service=ON) if each.system is CodeSystem.CPT
    )
    assert (found.code, [span.of(text) for span in found.evidence]) == ("0001X", ["Windmill drainage"])
    assert "quixotic" not in json.dumps(asdict(found)).lower()


@pytest.mark.parametrize("planned", ["will be performed", "was performed two years ago", "was discussed"])
def test_only_procedures_done_are_documented(planned: str) -> None:
    """What is planned or was done before is no procedure of this visit."""
    text, reading = report(f"PLAN:\n\n{{Windmill drainage|PROCEDURE}} {planned}.")
    assert documented(text, reading) == ()
    text, reading = report("PLAN:\n\n{Windmill drainage|PROCEDURE} was performed.")
    assert [span.of(text) for span in documented(text, reading)] == ["Windmill drainage"]


def test_a_licence_is_confirmed_once(tmp_path: Path) -> None:
    """Without the confirmation nothing is kept; after it a newer table needs none, and only its owner reads it."""
    table = tmp_path / "ours.csv"
    table.write_text(CPT, "utf-8")
    with pytest.raises(NotAllowed, match="--cpt-licence"):
        import_files([table], tmp_path)
    assert not (tmp_path / "licensed").exists()
    import_files([table], tmp_path, licensed=True)
    assert import_files([table], tmp_path) == ["2 CPT codes"]
    assert stat.S_IMODE((tmp_path / "licensed" / "cpt.sqlite").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "code,descriptor\nsecret words,x\n", "code,descriptor\n0001X,\n"])
def test_a_bad_table_is_refused_without_its_words(content: str, tmp_path: Path) -> None:
    """The refusal names file and line and repeats nothing of the line."""
    table = tmp_path / "ours.csv"
    table.write_text(content, "utf-8")
    with pytest.raises(UnusableInput) as refused:
        import_files([table], tmp_path, licensed=True)
    assert "secret" not in str(refused.value)


def test_a_text_file_that_is_not_hcpcs_is_refused(tmp_path: Path) -> None:
    """The layout and the quarter in the name make it the official file."""
    other = tmp_path / "HCPC2026_APR_ANWEB.txt"
    other.write_text("Dear colleague", "utf-8")
    with pytest.raises(UnusableInput, match="HCPCS"):
        import_files([other], tmp_path)


def test_an_item_is_found_by_all_its_words(with_items: CodeTables) -> None:
    """Every word asked for must be there, and the closest text comes first."""
    assert isinstance(with_items.supplies, ItemTable)
    ((share, item),) = with_items.supplies.search(("triamcinolone",), ON)
    assert item.code == "J3301"
    assert 0 < share < 1
    assert with_items.supplies.search(("triamcinolone", "windmill"), ON) == []


def test_supplies_and_procedures_are_listed_and_found(with_items: CodeTables) -> None:
    """Each table beside the diagnoses has its row; a search names what may be used today, each code once."""
    listed = item_releases(with_items.path.parent.parent)
    assert [(each.system, each.billable) for each in listed] == [(CodeSystem.HCPCS, 4), (CodeSystem.CPT, 2)]
    assert [each.item.code for each in with_items.search_items("triamcinolone injection")] == ["J3301"]
    assert [each.item.code for each in with_items.search_items("ketorolac")] == []
    assert [(each.system, each.item.code) for each in with_items.search_items("windmill")] == [
        (CodeSystem.CPT, "0001X")
    ]

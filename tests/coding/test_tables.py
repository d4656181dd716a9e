"""The tables of one release: complete, walkable, quick to open."""

from __future__ import annotations

import importlib.util
import os
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from reports import report

from transcribe.coding import CodeTables, build_tables, import_files, open_tables, releases, suggest
from transcribe.coding.build import synonyms
from transcribe.coding.index import parse_index
from transcribe.coding.leaf import Facts, descend
from transcribe.coding.rules import history_codes, rules
from transcribe.coding.tables import seventh_code, with_point
from transcribe.coding.tabular import ranges
from transcribe.errors import MissingPart, UnusableInput, UsageError

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2020</version><chapter><name>9</name><desc>Circulation (I00-I99)</desc>
<section id="I10-I1A"><desc>Hypertensive diseases (I10-I1A)</desc>
<diag><name>I10</name><desc>Essential (primary) hypertension</desc>
<inclusionTerm><note>high blood pressure</note></inclusionTerm></diag>
<diag><name>A75</name><desc>Typhus fever</desc>
<diag><name>A75.1</name><desc>Recrudescent typhus</desc></diag>
<diag><name>A75.9</name><desc>Typhus fever, unspecified</desc></diag></diag></section></chapter></ICD10CM.tabular>
"""
INDEX = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index><version>2026</version><title>ICD-10-CM INDEX TO DISEASES and INJURIES</title><letter><title>Q</title>
<mainTerm><title>Quixotic fever<nemod>(mild)</nemod></title><code>A75.9</code>
<term level="1"><title>recrudescent</title><code>A75.1</code></term></mainTerm>
<mainTerm><title>Windmill disease</title><see>Quixotic fever, recrudescent</see></mainTerm>
</letter></ICD10CM.index>
"""


def test_every_billable_code_is_there(tables: CodeTables) -> None:
    """The April 2026 release has 74,719 billable codes, the number its publisher gives."""
    assert tables.release == "2026-04"
    assert int(tables.about["billable"]) == 74_719


@pytest.mark.parametrize("code", ["B20", "F99", "P84", "R99", "Z66"])
def test_a_code_that_is_also_a_block_is_billable(code: str, tables: CodeTables) -> None:
    """A category whose block holds nothing else keeps its code."""
    found = tables.look_up(code)
    assert found is not None
    assert found.billable


@pytest.mark.parametrize(
    ("written", "code", "title"),
    [
        (
            "s72001a",
            "S72.001A",
            "Fracture of unspecified part of neck of right femur, initial encounter for closed fracture",
        ),
        ("T36.0X1A", "T36.0X1A", "Poisoning by penicillins, accidental (unintentional), initial encounter"),
        ("W07.XXXA", "W07.XXXA", "Fall from chair, initial encounter"),
        ("I10", "I10", "Essential (primary) hypertension"),
    ],
)
def test_a_code_is_found_with_its_whole_title(written: str, code: str, title: str, tables: CodeTables) -> None:
    """Point and capitals may be missing; the text of the 7th character completes the title."""
    found = tables.look_up(written)
    assert found is not None
    assert (found.code, found.title, found.billable) == (code, title, True)


@pytest.mark.parametrize("code", ["S06.1X7D", "S72.001", "S72.001Z", "A99.123", "", "X", "S72.0XXA"])
def test_what_is_no_billable_code_is_not_taken_for_one(code: str, tables: CodeTables) -> None:
    """Neither a 7th character that a note takes away, nor a beginning, nor an invention."""
    found = tables.look_up(code)
    assert found is None or not found.billable


def test_notes_of_chapter_and_section_hold_for_a_code(tables: CodeTables) -> None:
    """Heart failure code I11.0 inherits the pregnancy note of its section and the neoplasm note of its chapter."""
    named = {pair for note in tables.notes("I11.0") for pair in note.ranges}
    assert ("I50", "I50") in named
    assert ("O13", "O16") in named
    assert ("C00", "D49") in named


def test_notes_name_their_codes() -> None:
    """A note's codes are read as ranges, a trailing dash meaning everything below."""
    assert ranges("fracture (S79.1-)") == (("S79.1", "S79.1"),)
    assert ranges("influenza (J00-J22)") == (("J00", "J22"),)
    assert ranges("diabetes (E10.2-, E11.2-)") == (("E10.2", "E10.2"), ("E11.2", "E11.2"))
    assert ranges("code to site") == ()


def test_a_seventh_character_stands_seventh() -> None:
    """Places between the code and its 7th character are filled with X."""
    assert seventh_code("S02.2", "A") == "S02.2XXA"
    assert seventh_code("W07", "D") == "W07.XXXD"
    assert seventh_code("T36.0X1", "S") == "T36.0X1S"
    assert with_point("e119") == "E11.9"


def test_search_finds_what_clinicians_say(tables: CodeTables) -> None:
    """A phrase of ours finds its code first, and the term and table it was found by are told."""
    best = tables.search("heart attack", 3)[0]
    assert best.code == "I21.9"
    assert best.match.source == "synonym"
    assert tables.search("", 3) == ()
    assert tables.search("of the", 3) == ()


def test_every_synonym_leads_to_a_billable_code(tables: CodeTables) -> None:
    """Each phrase of ours names a code of the tables from which a billable one can be reached."""
    entries = list(synonyms())
    assert len(entries) > 1500
    assert all(each.text for each in entries)
    reached = {each.code for each in entries if descend(tables, each.code, Facts({}))}
    # The tables have no unspecified side for some; the report must name it.
    sided = {each.code for each in entries if descend(tables, each.code, Facts({}, side="left"))}
    assert {each.code for each in entries} - reached - sided == set()
    assert len({each.code for each in entries} - reached) < 5


def test_every_code_of_the_rules_is_in_the_tables(tables: CodeTables) -> None:
    """Combinations, long-term drugs and histories name codes from which a billable one can be reached."""
    table = rules()
    named = {each.by for each in table.combinations} | {each.code for each in table.drugs}
    histories = {code for whose in ("personal", "family") for code in history_codes(whose)}
    assert [code for code in sorted(named | histories) if not descend(tables, code, Facts({}))] == []
    assert all(tables.look_up(code) is not None for code in named)
    symptoms = {code for each in table.integral for code in each.symptoms}
    diseases = {code for each in table.integral for code in each.of}
    conditions = {code for each in table.combinations for when in each.when for code in when.split("|")}
    assert [code for code in sorted(symptoms | diseases | conditions) if not known(tables, code)] == []


def known(tables: CodeTables, beginning: str) -> bool:
    """Whether a code of the tables begins so; a letter or category may be cut short."""
    return len(beginning) < 3 or any(tables.look_up(beginning + more) for more in ("", *"0123456789"))


def test_no_phrase_means_two_codes() -> None:
    """The same phrase stands under one code only."""
    texts = [each.text.lower() for each in synonyms()]
    assert sorted({text for text in texts if texts.count(text) > 1}) == []


def test_a_release_opens_at_once(cache_dir: Path) -> None:
    """Opening takes under 50 ms and the file is under 60 MB."""
    start = time.perf_counter()
    open_tables(cache_dir).close()
    assert time.perf_counter() - start < 0.5  # ten times the target: other programs may be running
    assert releases(cache_dir)[0].path.stat().st_size < 60e6


def test_building_again_does_nothing(cache_dir: Path) -> None:
    """A release of this version is not made twice, and no temporary file stays behind."""
    path = build_tables(cache_dir)
    before = path.stat().st_mtime_ns
    assert build_tables(cache_dir) == path
    assert path.stat().st_mtime_ns == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_without_the_package_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    """A machine without the carrier package is told its name."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from transcribe.coding import build_tables\n"
        "from transcribe.errors import MissingPart\n"
        "sys.modules['simple_icd_10_cm'] = None\n"
        "try:\n"
        "    build_tables(Path(sys.argv[1]))\n"
        "except (MissingPart, ValueError) as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True, env=os.environ
    )
    assert "MissingPart" in done.stdout
    assert "simple-icd-10-cm" in done.stdout


def test_building_does_not_import_the_carrier() -> None:
    """The package is found where it lies; importing it would cost seconds."""
    assert importlib.util.find_spec("simple_icd_10_cm") is not None
    assert "simple_icd_10_cm" not in sys.modules


def test_the_release_in_force_on_a_day_is_opened(tmp_path: Path) -> None:
    """The newest release not after the day; for an earlier day the oldest, and that is said."""
    older, newer = tmp_path / "icd10c-tabular-April-1-2019.xml", tmp_path / "icd10cm-tabular-2020.xml"
    older.write_text(TABULAR, encoding="utf-8")
    newer.write_text(TABULAR, encoding="utf-8")
    assert import_files([newer], tmp_path) == ["2019-10"]
    assert import_files([older], tmp_path) == ["2019-04"]
    assert [each.release for each in releases(tmp_path)] == ["2019-04", "2019-10"]
    for day, release in [(date(2019, 9, 30), "2019-04"), (date(2019, 10, 1), "2019-10"), (None, "2019-10")]:
        with open_tables(tmp_path, day) as opened:
            assert opened.release == release
            assert opened.notice_for(day) == ""
    with open_tables(tmp_path, date(2018, 1, 1)) as opened:
        assert opened.release == "2019-04"
        assert "later than the date of service" in opened.notice_for(date(2018, 1, 1))
        assert "no longer applied" in opened.notice_for(date(2019, 10, 1))


def test_the_alphabetic_index_is_added_to_a_release(tmp_path: Path) -> None:
    """Terms of the index are searched, its references followed, and a second import replaces the first."""
    tabular, path = tmp_path / "icd10cm-tabular-2020.xml", tmp_path / "icd10cm-index-2026.xml"
    tabular.write_text(TABULAR, encoding="utf-8")
    path.write_text(INDEX, encoding="utf-8")
    import_files([tabular], tmp_path)
    assert import_files([path], tmp_path) == ["2019-10"]
    import_files([path], tmp_path, release="2019-10")
    assert releases(tmp_path)[0].index == path.name
    with open_tables(tmp_path) as opened:
        assert [(each.code, each.match.source) for each in opened.search("quixotic fever", 1)] == [("A75.9", "index")]
        assert opened.search("mild quixotic fever", 1)[0].code == "A75.9"
        assert opened.search("windmill disease", 1)[0].code == "A75.1"
    assert releases(tmp_path)[0].billable == 3
    with pytest.raises(UsageError):
        import_files([path], tmp_path, release="2011-10")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("codes.csv", "code,title"),
        ("broken.xml", "<ICD10CM.tabular>"),
        ("empty.xml", "<ICD10CM.tabular><version>2026</version></ICD10CM.tabular>"),
        ("other.xml", "<html/>"),
        ("table.xml", "<ICD10CM.index><mainTerm><cell col='2'>C80.1</cell></mainTerm></ICD10CM.index>"),
        ("broken.xml.xz", "not packed"),
    ],
)
def test_any_other_file_is_refused_by_name(name: str, content: str, tmp_path: Path) -> None:
    """What is not the tabular list or the index leaves no release behind, and the sentence names the file."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnusableInput, match=name):
        import_files([path], tmp_path)
    assert releases(tmp_path) == []


def test_a_release_is_a_year_and_a_month(tmp_path: Path) -> None:
    """Any other name for a release is a mistake of the caller."""
    with pytest.raises(UsageError):
        import_files([tmp_path / "x.xml"], tmp_path, release="next")


def test_missing_part_is_about_the_tables() -> None:
    """The error of a machine without tables exits with 5."""
    assert MissingPart("x").exit_status == 5


def test_tables_may_be_used_from_another_thread_and_a_relative_folder(
    cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server's worker threads share the opened release; the cache folder may be given relative to here."""
    monkeypatch.chdir(cache_dir.parent)
    with open_tables(Path(cache_dir.name)) as opened, ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda text: opened.search(text, 1)[0].code, ["heart attack", "gout"])
        assert list(found) == ["I21.9", "M10.9"]


NEOPLASMS = """<ICD10CM.index><indexHeading><head col="1">Neoplasm</head></indexHeading><letter><mainTerm>
<title>Neoplasm, neoplastic</title><cell col="2">C80.1</cell><term level="1"><title>windmill</title>
<cell col="2">A75.1</cell><cell col="3">A75.-</cell><cell col="4">--</cell></term></mainTerm></letter>
</ICD10CM.index>"""
DRUGS = """<ICD10CM.index><indexHeading><head col="1">Substance</head></indexHeading><letter><mainTerm>
<title>Quixotine</title><cell col="2">T36.0X1</cell><cell col="6">T36.0X5</cell></mainTerm></letter></ICD10CM.index>"""
CAUSES = """<ICD10CM.index><title>ICD-10-CM EXTERNAL CAUSE of INJURIES INDEX</title><letter><mainTerm>
<title>Fall<nemod>(accidental)</nemod></title><code>W19</code><term level="1"><title>windmill</title>
<seeAlso>Fall</seeAlso></term></mainTerm></letter></ICD10CM.index>"""


@pytest.mark.parametrize(
    ("xml", "kind", "rows"),
    [
        (
            NEOPLASMS,
            "neoplasm table",
            {
                ("C80.1", "malignant neoplasm"),
                ("C80.1", "cancer"),
                ("A75.1", "malignant neoplasm, windmill"),
                ("A75.1", "cancer, windmill"),
                ("A75", "metastasis, windmill"),
                ("A75", "secondary malignant neoplasm, windmill"),
            },
        ),
        (
            DRUGS,
            "drug table",
            {
                ("T36.0X1", "poisoning by, Quixotine"),
                ("T36.0X1", "overdose of, Quixotine"),
                ("T36.0X5", "adverse effect of, Quixotine"),
            },
        ),
        (CAUSES, "external cause index", {("W19", "Fall"), ("W19", "Fall, windmill")}),
    ],
)
def test_each_table_is_read_by_its_columns(xml: str, kind: str, rows: set[tuple[str, str]]) -> None:
    """A cell's column is part of its term, an empty cell has none, "see also" answers where nothing else does."""
    found, entries = parse_index(ElementTree.fromstring(xml), Path("table.xml"))
    assert found == kind
    assert {(each.code, each.text) for each in entries} == rows


def test_a_manifestation_follows_its_disease(tmp_path: Path) -> None:
    """The bracketed second code of the index comes second, and that is said."""
    tabular = tmp_path / "icd10c-tabular-2020.xml"
    tabular.write_text(TABULAR, "utf-8")
    index = tmp_path / "index.xml"
    index.write_text(INDEX.replace("<code>A75.1</code>", "<code>A75.1</code><manif>I10</manif>"), "utf-8")
    import_files([tabular, index], tmp_path)
    text, reading = report("ASSESSMENT:\n\n{Recrudescent quixotic fever}.")
    with open_tables(tmp_path) as tables:
        first, second = suggest(text, reading, tables)
    assert (first.code, second.code) == ("A75.1", "I10")
    assert any("A75.1 comes first" in message for message in second.messages)


def test_a_file_of_an_earlier_version_is_brought_up_to_date(cache_dir: Path, tmp_path: Path) -> None:
    """A release made before there were second codes is completed when it is opened."""
    path = tmp_path / "codes" / "icd10cm-2026-04.sqlite"
    path.parent.mkdir()
    path.write_bytes((cache_dir / "codes" / path.name).read_bytes())
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE entries DROP COLUMN manifestation")
    database.execute("UPDATE about SET value = 'older' WHERE key = 'digest'")
    database.commit()
    database.close()
    with open_tables(tmp_path) as tables:
        assert tables.search("heart attack", 1)[0].code == "I21.9"

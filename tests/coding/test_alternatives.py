"""What else a mention may mean, what it is about, and which side it is on."""

from __future__ import annotations

import pytest
from reports import report

from transcribe.coding import CodeTables, suggest
from transcribe.coding.words import stem, words
from transcribe.domain import Band


def found(said: str, tables: CodeTables) -> list[tuple[str, Band]]:
    text, reading = report(f"ASSESSMENT:\n\n{said}")
    return [(each.code, each.band) for each in suggest(text, reading, tables)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{Charcot-Marie-Tooth disease axonal type 2F}.", "G60.0"),
        ("{Xeroderma pigmentosum group C}.", "Q82.1"),
        ("{Glycogen storage disease IXb}.", "E74.00"),
    ],
)
def test_words_that_only_tell_kinds_apart_hide_nothing(said: str, code: str, tables: CodeTables) -> None:
    """The tables know the disease and not its numbered kinds."""
    assert found(said, tables)[0][0] == code


@pytest.mark.parametrize(("said", "code"), [("{Dystonia 23}.", "G24.8"), ("{Emphysema}.", "J43.8")])
def test_the_other_specified_kind_is_among_the_alternatives(said: str, code: str, tables: CodeTables) -> None:
    """Guideline I.A.9.a: a kind without a code of its own goes to "other specified"."""
    text, reading = report(f"ASSESSMENT:\n\n{said}")
    (first,) = suggest(text, reading, tables)
    assert any(each.startswith(code) for each in first.alternatives[:4])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{Right hemiparesis following stroke}.", "I69.351"),
        ("{Left hemiparesis following stroke}.", "I69.354"),
        ("{Left hemiparesis following stroke} of the dominant side.", "I69.352"),
        ("{Left hemiparesis}.", "G81.94"),
        ("{Right hemiplegia}.", "G81.91"),
    ],
)
def test_the_right_side_counts_as_dominant(said: str, code: str, tables: CodeTables) -> None:
    """Guideline I.C.6.a; no term of the other side is ever taken."""
    assert found(said, tables)[0][0] == code


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ("{Abdominal pain}, {right lower quadrant|ANATOMY}, with {nausea}.", ["R10.31", "R11.0"]),
        ("{Heart failure} with preserved ejection fraction.", ["I50.30"]),
        ("{Congestive heart failure}. Ejection fraction is preserved.", ["I50.30"]),
        ("{Osteoarthritis of the right acromioclavicular joint}.", ["M19.011"]),
        ("Six-week postpartum visit.", ["Z39.2"]),
        ("Encounter for suture removal.", ["Z48.02"]),
        ("{Hepatitis C}.", ["B19.20"]),
        ("{Sore throat}.", ["J02.9"]),
        ("Exposure to {chlamydia}.", ["Z20.2"]),
        ("{Other hand}.", []),
        ("{Growth}.", []),
    ],
)
def test_what_the_report_says_and_nothing_more(said: str, codes: list[str], tables: CodeTables) -> None:
    """Places after a comma, other words for a kind, encounters by name; no place or kind is made up."""
    assert [code for code, _ in found(said, tables)] == codes


def test_a_code_for_the_pregnant_is_only_possible_where_no_pregnancy_is_told(tables: CodeTables) -> None:
    """Terms that stand in the chapter of pregnancy alone, before a reader has said that the patient is pregnant."""
    assert found("{HELLP syndrome}.", tables) == [("O14.20", Band.POSSIBLE)]
    assert ("O14.23", Band.SUGGESTED) in found("{HELLP syndrome} at 34 weeks of gestation.", tables)


def test_a_joint_replaced_weeks_ago_is_in_aftercare(tables: CodeTables) -> None:
    """Z47.1 comes before the status; years later the status stands alone."""
    said = "status post left {total knee arthroplasty|PROCEDURE|historical|side=left}, doing well."
    assert [code for code, _ in found(f"Six weeks {said}", tables)] == ["Z47.1", "Z96.652"]
    assert [code for code, _ in found(f"Three years {said}", tables)] == ["Z96.652"]


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("haemorrhage", "hemorrhage"),
        ("oesophagitis", "esophagitis"),
        ("lymphoedema", "lymphedema"),
        ("diarrhoea", "diarrhea"),
        ("coeliac", "celiac"),
        ("phaeochromocytoma", "pheochromocytoma"),
        ("gynaecomastia", "gynecomastia"),
        ("anaesthesia", "anesthesia"),
        ("apnoea", "apnea"),
        ("goitre", "goiter"),
        ("generalised", "generalized"),
        ("leucocytosis", "leukocytosis"),
    ],
)
def test_british_and_american_are_one_word(british: str, american: str) -> None:
    """Both ways of writing compare as the same."""
    assert stem(british) == stem(american)


def test_a_combining_form_and_its_word_are_one() -> None:
    """With a hyphen or without; words that only stand beside each other stay two."""
    assert [each.stem for each in words("velo-cardio-facial two-vessel fetus-to-fetus")] == [
        "velocardiofacial",
        "two",
        "vessel",
        "fetus",
        "to",
        "fetus",
    ]

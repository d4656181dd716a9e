"""What the speaker takes back or replaces: no word beside it is lost, and no other number is changed."""

from __future__ import annotations

import pytest

from transcribe.domain import MarkKind
from transcribe.writeup import write_up

REPLACED = [
    ("there is edema of the right leg scratch that the left leg period", "There is edema of the left leg."),
    ("he has pain in the left knee scratch that in the right knee period", "He has pain in the right knee."),
    ("fracture of the left radius scratch that right radius period", "Fracture of the right radius."),
    ("the left lung is clear no make that the right lung period", "The right lung is clear."),
    ("the left knee is swollen no make that right knee period", "The right knee is swollen."),
    ("the patient is a male scratch that female who has pain period", "The patient is a female who has pain."),
    ("Edema of the right leg, scratch that, the left leg. He is well.", "Edema of the left leg. He is well."),
    ("He takes Lasix 40 mg daily, scratch that, 20 mg daily.", "He takes Lasix 20 mg daily."),
    ("Lasix 40 mg daily. Scratch that. 20 mg daily.", "Lasix 20 mg daily."),
    ("He has pain in the right knee. Scratch that. The left knee.", "He has pain in the left knee."),
    ("take one tablet b i d scratch that t i d period", "Take 1 tablet t.i.d."),
    (
        "metoprolol twenty five milligrams twice a day no make that three times a day period",
        "Metoprolol 25 mg three times a day.",
    ),
    (
        "metoprolol twenty five milligrams b i d for ten days no make that fifty milligrams period",
        "Metoprolol 50 mg b.i.d. for 10 days.",
    ),
    (
        "metoprolol twenty five milligrams b i d for ten days no make that fifty milligrams for seven days period",
        "Metoprolol 50 mg b.i.d. for seven days.",
    ),
    (
        "the mass is three centimeters in the left lobe no make that four centimeters period",
        "The mass is 4 cm in the left lobe.",
    ),
    (
        "The mass is 3 cm in the left lobe, no, make that 4 cm in the right lobe.",
        "The mass is 4 cm in the right lobe.",
    ),
    (
        "blood pressure one twenty over eighty pulse seventy two no make that one thirty over eighty period",
        "Blood pressure 130/80 pulse 72.",
    ),
    (
        "two tablets of aspirin eighty one milligrams no make that one tablet period",
        "1 tablet of aspirin 81 mg.",
    ),
    ("ten milligrams no make that ten micrograms of fentanyl period", "10 mcg of fentanyl."),
]


@pytest.mark.parametrize(("said", "written"), REPLACED)
def test_only_the_like_is_replaced(said: str, written: str) -> None:
    """A correction takes the place of the value, side or schedule of its own kind; all other words stay."""
    assert write_up(said.split()).text == written


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("he would like to scratch that itch period", "He would like to scratch that itch."),
        ("do not scratch that area period", "Do not scratch that area."),
        ("The wound is dirty. Strike that last sentence. The wound is clean.", "The wound is clean."),
        ("there is pain in the abdomen scratch that the patient denies pain period", "The patient denies pain."),
    ],
)
def test_scratch_that_takes_back_what_is_meant(said: str, written: str) -> None:
    """The words are a command or ordinary language by their neighbours, and a new sentence replaces the old one."""
    assert write_up(said.split()).text == written


def test_what_was_taken_back_is_asked_about() -> None:
    """Where words went on command, the editor is asked to listen."""
    draft = write_up(["he", "denies", "fever", "scratch", "that", "he", "reports", "fever", "period"])
    assert [(mark.kind, mark.span.of(draft.text)) for mark in draft.marks] == [(MarkKind.CHECK, "He")]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("one hundred and twenty five thousand period", "125,000."),
        ("one two five mcg period", "125 mcg."),
        ("on three ten milligram doses period", "On three 10 mg doses."),
        ("stage three b chronic kidney disease period", "Stage 3b chronic kidney disease."),
        ("Lasix 40 q.d. Coumadin 5 mg qod.", "Lasix 40 daily. Coumadin 5 mg every other day."),
        ("prednisone taper forty thirty twenty ten period", "Prednisone taper 40 30 20 10."),
        ("lisinopril h c t twenty twelve point five daily period", "Lisinopril HCT 20 12.5 daily."),
        ("bactrim d s one tab p o b i d period", "Bactrim DS one tab p.o. b.i.d."),
        ("digoxin oh point two five period", "Digoxin 0.25."),
        ("he is well since twenty ten period", "He is well since 2010."),
        ("creatinine is point eight period", "Creatinine is 0.8."),
        ("troponin is less than point oh four period", "Troponin is less than 0.04."),
        ("at that point oh two was given period", "At that point oh two was given."),
        ("seen on five twenty three twenty five period", "Seen on 5/23/25."),
        ("d o b oh three oh four nineteen fifty two period", "DOB 3/4/1952."),
        ("he was on two twenty five milligram tablets period", "He was on two 25 mg tablets."),
    ],
)
def test_numbers_keep_their_value(said: str, written: str) -> None:
    """Thousands, digits, small decimals and dates come out as the number that was said."""
    assert write_up(said.split()).text == written


def test_an_initial_ends_no_sentence() -> None:
    """The dot that the recogniser set behind the letter of a name leaves the next word as it heard it."""
    assert write_up(["Sepsis", "due", "to", "E.", "coli."]).text == "Sepsis due to E. coli."

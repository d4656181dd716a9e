from __future__ import annotations

from collections.abc import Callable

import pytest

from transcribe.domain import Reading
from transcribe.usual_values import flag

Read = Callable[[str], Reading]


def test_medications_are_those_listed_or_given(read: Read) -> None:
    """A list of medications gives all its drugs, other sections those with a dose; what is denied is no medication."""
    text = (
        "MEDICATIONS:\n\n1. Metformin 500 mg p.o. b.i.d.\n2. Aspirin.\n\n"
        "HISTORY OF PRESENT ILLNESS:\n\nHe denies ibuprofen. He asked about prednisone.\n\n"
        "PLAN:\n\nStart gabapentin 300 mg at bedtime for neuropathy."
    )
    rows = read(text).tables.medications
    assert [(row.drug, row.dose, row.route, row.frequency, row.reason) for row in rows] == [
        ("Metformin", "500 mg", "p.o.", "b.i.d.", ""),
        ("Aspirin", "", "", "", ""),
        ("gabapentin", "300 mg", "", "at bedtime", "neuropathy"),
    ]
    assert rows[2].span.of(text) == "gabapentin"


def test_what_a_patient_is_allergic_to_is_no_medication(read: Read) -> None:
    """An allergen is in the allergies wherever it is told, and nowhere else; a reaction is no problem."""
    tables = read(
        "ALLERGIES: Sulfa (hives), latex; shellfish causes anaphylaxis.\n"
        "MEDICATIONS: Aspirin. She is allergic to codeine.\nASSESSMENT: Gout."
    ).tables
    assert [(row.substance, row.reaction) for row in tables.allergies] == [
        ("Sulfa", "hives"),
        ("latex", ""),
        ("shellfish", "anaphylaxis"),
        ("codeine", ""),
    ]
    assert [row.drug for row in tables.medications] == ["Aspirin"]
    assert [row.problem for row in tables.problems] == ["Gout"]


@pytest.mark.parametrize("text", ["ALLERGIES: None.", "ALLERGIES: No known drug allergies.", "NKDA."])
def test_no_allergies_is_told_apart_from_nothing_told(read: Read, text: str) -> None:
    """That a patient has no allergies is a fact of its own."""
    assert read(text).tables.no_known_allergies
    assert not read("PLAN: Rest.").tables.no_known_allergies


def test_problems_have_a_status(read: Read) -> None:
    """Problems of the assessment are active or suspected, those of the past history past; denied ones are none."""
    text = (
        "PAST MEDICAL HISTORY: Asthma.\nREVIEW OF SYSTEMS: Cough.\n"
        "ASSESSMENT: 1. Left knee osteoarthritis.\n2. Possible gout.\n3. No fracture."
    )
    rows = [(row.problem, row.status, row.side) for row in read(text).tables.problems]
    assert rows == [("Asthma", "past", ""), ("Left knee osteoarthritis", "active", "left"), ("gout", "suspected", "")]


def test_measurements(read: Read) -> None:
    """Vital signs and laboratory values stand in tables of their own, by the name of the test."""
    tables = read("VITAL SIGNS: BP 152/94, pulse 78.\nLABORATORY DATA: WBC 14.2, hemoglobin 9.1 g/dL.").tables
    assert [(row.test, row.value, row.flag) for row in tables.vitals] == [
        ("blood pressure", "152/94", "high"),
        ("heart rate", "78", "normal"),
    ]
    assert [(row.test, row.value, row.unit, row.flag) for row in tables.laboratory] == [
        ("white blood cell count", "14.2", "", "high"),
        ("hemoglobin", "9.1", "g/dL", "low"),
    ]


@pytest.mark.parametrize(
    ("test", "value", "unit", "expected"),
    [
        ("WBC", "14,200", "", "high"),
        ("temperature", "38.4", "degrees Celsius", "high"),
        ("temperature", "98.6", "", "normal"),
        ("temperature", "37", "degrees", "normal"),
        ("temperature", "39.1", "", "high"),
        ("blood pressure", "85/60", "", "low"),
        ("glucose", "5.4", "mmol/L", ""),
        ("weight", "80", "kg", ""),
        ("troponin", "negative", "", "normal"),
        ("blood pressure", "120", "", ""),
        ("sodium", "about", "", ""),
    ],
)
def test_flags(test: str, value: str, unit: str, expected: str) -> None:
    """A value is judged by the limits of its unit; where none are known nothing is said."""
    assert flag(test, value, unit) == expected


def test_a_second_dose_is_not_lost(read: Read) -> None:
    """Tablets belong to the strength before them; a dose that follows another stands beside it."""
    text = (
        "MEDICATIONS:\n\n1. Lisinopril 10 mg one to two tablets daily.\n"
        "2. Warfarin 5 mg on Monday and Friday, and 2.5 mg the other days.\n3. Timolol 0.5% one drop in each eye b.i.d."
    )
    rows = read(text).tables.medications
    assert [(row.drug, row.dose, row.route, row.frequency) for row in rows] == [
        ("Lisinopril", "10 mg, one to two tablets", "", "daily"),
        ("Warfarin", "5 mg; 2.5 mg", "", "on Monday and Friday"),
        ("Timolol", "0.5%, one drop", "in each eye", "b.i.d."),
    ]


def test_the_dose_of_an_unknown_drug_is_not_given_to_the_drug_before_it(read: Read) -> None:
    """A misheard name keeps its dose: the drug that was heard must not be shown with it."""
    rows = read(
        "HOSPITAL COURSE: He was given methylprednisolone 125 mg IV, indifen hydromine 50 mg IV. "
        "He takes metoprolol and zorplax 50 mg daily. Aspirin, she takes 81 mg daily. "
        "Insulin glargine, at bedtime 20 units."
    ).tables.medications
    assert [(row.drug, row.dose) for row in rows] == [
        ("methylprednisolone", "125 mg"),
        ("Aspirin", "81 mg"),
        ("Insulin glargine", "20 units"),
    ]


@pytest.mark.parametrize(
    ("said", "none"),
    [
        ("No known drug allergies.", True),
        ("NKDA.", True),
        ("None.", True),
        ("No known drug allergies. No food allergies.", True),
        ("Peneits. No known drug allergies.", False),
        ("No known drug allergies, but peneits cause hives.", False),
    ],
)
def test_no_allergies_are_told_only_where_nothing_else_stands(read: Read, said: str, none: bool) -> None:
    """A word that nobody knows may be what the patient is allergic to."""
    assert read(f"ALLERGIES: {said}").tables.no_known_allergies is none


def test_values_as_they_are_dictated(read: Read) -> None:
    """Letters stand for vital signs, a height is one value, and a figure tells more than the word before it."""
    tables = read(
        "VITAL SIGNS: T 98.4, P 72, R 16. Height 5 feet 6 inches.\n"
        "LABORATORY DATA: Lactate elevated at 4.2. Creatinine is stable at 1.2. Troponin less than 0.01."
    ).tables
    assert [(row.test, row.value) for row in tables.vitals] == [
        ("temperature", "98.4"),
        ("heart rate", "72"),
        ("respiratory rate", "16"),
        ("height", "5 feet 6 inches"),
    ]
    assert [(row.test, row.value, row.flag) for row in tables.laboratory] == [
        ("lactate", "4.2", "high"),
        ("creatinine", "1.2", "normal"),
        ("troponin", "less than 0.01", "normal"),
    ]

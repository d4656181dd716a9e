from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from transcribe import clinical
from transcribe.domain import Entity, Label, Reading

Read = Callable[[str], Reading]
Find = Callable[[str, str], Entity]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Type 2 diabetes with peripheral neuropathy.", "Type 2 diabetes with peripheral neuropathy"),
        ("Left knee osteoarthritis.", "Left knee osteoarthritis"),
        ("This is an acute exacerbation of COPD.", "acute exacerbation of COPD"),
        ("She has pain in the left knee.", "pain in the left knee"),
        ("There is a fracture of the right distal radius.", "fracture of the right distal radius"),
        ("She reports shortness of breath.", "shortness of breath"),
        ("Chronic kidney disease, stage 3.", "Chronic kidney disease, stage 3"),
        ("Osteoarthritis, right hip.", "Osteoarthritis, right hip"),
        ("He has a penicillin allergy.", "penicillin allergy"),
        ("There is L4-L5 disc herniation.", "L4-L5 disc herniation"),
        ("He has left paracentral disc herniation at L4.", "left paracentral disc herniation at L4"),
        ("There was an enlarged left atrium.", "enlarged left atrium"),
        ("Parkinson's disease.", "Parkinson's disease"),
        ("He has DVTs.", "DVTs"),
        ("Tenosynovialitis was found.", "Tenosynovialitis"),
        ("headaches", "headaches"),
    ],
)  # fmt: skip
def test_problems_have_the_boundaries_a_coder_would_draw(find: Find, sentence: str, words: str) -> None:
    """Modifiers, sites and complications belong to the name of a problem."""
    assert find(sentence, words).label is Label.PROBLEM


@pytest.mark.parametrize(
    ("sentence", "words", "label"),
    [
        ("CT of the abdomen and pelvis was done.", "CT of the abdomen and pelvis", Label.TEST),
        ("White blood cell count was high.", "White blood cell count", Label.TEST),
        ("Urine culture grew nothing.", "Urine culture", Label.TEST),
        ("He underwent right inguinal hernia repair.", "right inguinal hernia repair", Label.PROCEDURE),
        ("Total knee arthroplasty was planned.", "Total knee arthroplasty", Label.PROCEDURE),
        ("A salpingoneostomy was done.", "salpingoneostomy", Label.PROCEDURE),
        ("Take metoprolol succinate.", "metoprolol succinate", Label.DRUG),
        ("She takes zorbapril.", "zorbapril", Label.DRUG),
        ("Start risankizumab.", "risankizumab", Label.DRUG),
        ("The left shoulder was examined.", "left shoulder", Label.ANATOMY),
    ],
)
def test_tests_procedures_drugs_and_anatomy(find: Find, sentence: str, words: str, label: Label) -> None:
    """Heads, endings and lists tell what a phrase names."""
    assert find(sentence, words).label is label


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("He left work early.", "left"),
        ("She went back to work.", "back"),
        ("Discharge planning began.", "Discharge"),
        ("His prognosis is good.", "prognosis"),
        ("Return as needed for follow-up.", "follow-up"),
        ("He took pe class.", "pe"),
    ],
)
def test_ordinary_words_are_no_mention(read: Read, sentence: str, words: str) -> None:
    """Words that only look like medical things are left alone."""
    assert all(words not in entity.text for entity in read(sentence).entities)


def test_a_drug_knows_its_dose_route_and_frequency(find: Find) -> None:
    """What follows a drug up to the next drug belongs to it."""
    text = "Lisinopril 10 mg p.o. daily and albuterol inhaler 2 puffs q.4 h. p.r.n."
    assert find(text, "Lisinopril").attributes == {"dose": "10 mg", "route": "p.o.", "frequency": "daily"}
    assert find(text, "albuterol inhaler").attributes == {"dose": "2 puffs", "frequency": "q.4 h. p.r.n."}


def test_a_dose_before_its_drug(find: Find) -> None:
    """A dose and "of" before a drug give the dose as well."""
    assert find("He took 10 mg of lisinopril.", "lisinopril").attributes == {"dose": "10 mg"}


def test_an_unlisted_drug_in_a_medication_list(find: Find) -> None:
    """In a medication list a capitalised name before a dose is a drug."""
    found = find("MEDICATIONS:\n\n1. Fobarex 5 mg at bedtime.", "Fobarex")
    assert (found.label, found.attributes) == (Label.DRUG, {"dose": "5 mg", "frequency": "at bedtime"})


def test_a_substance_is_a_drug_beside_a_dose_and_else_a_test(find: Find) -> None:
    """Potassium is measured unless it is given."""
    assert find("Potassium was 3.5.", "Potassium").label is Label.TEST
    assert find("Potassium 20 mEq daily.", "Potassium").label is Label.DRUG


@pytest.mark.parametrize(
    ("sentence", "test", "expected"),
    [
        ("Blood pressure 120/80 mmHg.", "Blood pressure", {"value": "120/80", "unit": "mmHg", "flag": "normal"}),
        ("Hemoglobin was 9.2 g/dL.", "Hemoglobin", {"value": "9.2", "unit": "g/dL", "flag": "low"}),
        ("Potassium fell to 3.1.", "Potassium", {"value": "3.1", "flag": "low"}),
        ("Urinalysis was negative.", "Urinalysis", {"value": "negative", "flag": "normal"}),
        ("There was an elevated lipase.", "lipase", {"value": "elevated", "flag": "high"}),
        ("Ejection fraction of 55%.", "Ejection fraction", {"value": "55", "unit": "%", "flag": "normal"}),
        ("CT at age 45 years.", "CT", {}),
    ],
)
def test_a_test_knows_its_value(find: Find, sentence: str, test: str, expected: dict[str, str]) -> None:
    """The figure or word beside a test is its value; an age is not."""
    assert find(sentence, test).attributes == expected


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Gabapentin 300 mg at bedtime for her neuropathy.", "neuropathy"),
        ("Tylenol as needed for pain.", "pain"),
        ("Aspirin 81 mg daily. He has gout.", None),
        ("Aspirin 81 mg daily and a rash.", None),
    ],
)
def test_a_drug_knows_what_it_is_for(read: Read, sentence: str, reason: str | None) -> None:
    """The problem that a drug is said to be for is its reason; one that is only near is not."""
    assert read(sentence).entities[0].attributes.get("reason") == reason


def test_a_problem_knows_side_site_and_severity(find: Find) -> None:
    """Side and site come from its own words, severity from the word before."""
    assert find("Mild left knee osteoarthritis.", "left knee osteoarthritis").attributes == {
        "side": "left",
        "site": "knee",
        "severity": "mild",
    }
    assert find("Carpal tunnel syndrome.", "Carpal tunnel syndrome").attributes == {"site": "carpal tunnel"}


def test_laboratory_units_are_no_dose(read: Read) -> None:
    """A value in mg/dL is no dose, even with a drug nearby."""
    labels = {entity.text: entity.label for entity in read("On metformin her glucose was 140 mg/dL.").entities}
    assert labels == {"metformin": Label.DRUG, "glucose": Label.TEST, "140 mg/dL": Label.VALUE}


@pytest.mark.parametrize("unit", ["mEq/L;", "\N{MICRO SIGN}g/L)", "\N{GREEK SMALL LETTER MU}mol / l."])
def test_what_stands_per_liter_is_no_dose(read: Read, unit: str) -> None:
    """Whatever mark follows the unit, and whichever sign for micro is written, it is the value of a test."""
    entities = read(f"MEDICATIONS:\n\nLithium, last serum lithium level 0.8 {unit}").entities
    assert [entity.label for entity in entities if entity.text.startswith("0.8")] == [Label.VALUE]


def test_the_level_of_a_substance_is_a_test(read: Read) -> None:
    """A substance that is no drug is mentioned where its level is."""
    found = {entity.text: entity.label for entity in read("LABS:\n\nMethanol level 40 mg/dL, by phone.").entities}
    assert found == {"Methanol level": Label.TEST, "40 mg/dL": Label.VALUE}


def test_a_part_of_the_body_stays_one_within_a_problem(read: Read) -> None:
    """However a problem is cut, the words of its site alone are no problem."""
    text = (
        "Angiography in these rats showed occlusion of the left internal carotid artery after cocaine administration."
    )
    problems = {entity.text for entity in read(text).entities if entity.label == Label.PROBLEM}
    assert all("occlusion" in words for words in problems)


def test_an_entity_knows_its_section(find: Find) -> None:
    """The category of the section goes with the entity."""
    assert find("ASSESSMENT:\n\nPneumonia.", "Pneumonia").section == "assessment"


def test_an_abbreviation_that_the_text_explains(read: Read) -> None:
    """An abbreviation in brackets stands for the entity before it wherever it stands afterwards."""
    text = "Zebra Hunger syndrome (ZHS) was found. ZHS is rare. XYZ is not."
    problems = [entity.text for entity in read(text).entities if entity.label == Label.PROBLEM]
    assert problems == ["Zebra Hunger syndrome", "ZHS", "ZHS"]
    assert "QRX" not in [e.text for e in read("He has gout (QRX). QRX is rare.").entities]


def test_bare_lower_case_is_read(read: Read) -> None:
    """What a recogniser wrote without capitals and points is read as well."""
    found = read("patient with copd and htn denies chest pain shortness of breath or fever").entities
    assert [e.text for e in found] == ["copd", "htn", "chest pain", "shortness of breath", "fever"]


def test_a_result_in_words_stays_beside_its_part_of_the_body(read: Read) -> None:
    """A normal finding is a value; the part of the body before it is its own entity."""
    assert [(e.text, e.label) for e in read("Neck supple. Lungs clear.").entities] == [
        ("Neck", Label.ANATOMY),
        ("supple", Label.VALUE),
        ("Lungs", Label.ANATOMY),
        ("clear", Label.VALUE),
    ]


def test_the_heading_is_not_read_for_entities(read: Read) -> None:
    """A heading names no mention."""
    assert read("CARDIAC CATHETERIZATION FINDINGS:\n\nNone.").entities == ()


_PARTS = [
    *(
        "no ",
        "denies ",
        "left ",
        "knee pain",
        ", ",
        "aspirin ",
        "81 mg ",
        "p.o. ",
        "daily",
        ". ",
        "\n",
        "PLAN:",
    ),
    *("history of ", "COPD", "and ", "type 2 diabetes ", "x-ray of the ", "hand ", "is ", "normal", "é", "—"),
    *("'s ", "\t", "10", ":", "(", "if "),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_PARTS) | st.text(max_size=6), max_size=40))
def test_entities_lie_in_the_text_in_order(nlp: Language, parts: list[str]) -> None:
    """Spans are inside the text and its own words, sorted, without overlap; cues are inside as well."""
    text = "".join(parts)
    end = 0
    for entity in clinical.annotate(nlp, text).entities:
        assert end <= entity.span.start < entity.span.end <= len(text)
        assert entity.text == entity.span.of(text)
        assert {assertion for assertion, _ in entity.cues} == entity.assertions
        assert all(cue.end <= len(text) for _, cue in entity.cues)
        end = entity.span.end


def test_a_result_belongs_to_the_test_before_it(read: Callable[[str], Reading]) -> None:
    """Without commas each result and dose still goes to what it follows, not to the next name."""
    reading = read("Blood pressure 120/80 pulse 72 temperature 98.6. Give lisinopril 10 mg metoprolol 25 mg.")
    found = {each.text: each.attributes.get("value") or each.attributes.get("dose") for each in reading.entities}
    assert found["Blood pressure"] == "120/80"
    assert found["pulse"] == "72"
    assert found["temperature"] == "98.6"
    assert found["lisinopril"] == "10 mg"
    assert found["metoprolol"] == "25 mg"


def test_a_range_is_one_value(read: Callable[[str], Reading]) -> None:
    """Of "55 to 60%" the whole is the value, not 55 with an odd unit."""
    fraction = read("Ejection fraction 55 to 60%.").entities[0]
    assert fraction.attributes == {"value": "55 to 60", "unit": "%", "flag": "normal"}

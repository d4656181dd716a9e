from __future__ import annotations

from collections.abc import Callable

import pytest

from transcribe.domain import Reading

Read = Callable[[str], Reading]


@pytest.mark.parametrize(
    ("text", "short", "means", "label"),
    [
        ("PAST MEDICAL HISTORY: Relapsing MS on interferon.", "MS", "multiple sclerosis", "PROBLEM"),
        ("RESULTS: The echo shows MS with a valve area of 1 cm2.", "MS", "mitral stenosis", "PROBLEM"),
        ("PLAN: He was given MS 4 mg IV.", "MS", "morphine sulfate", "DRUG"),
        ("PHYSICAL EXAMINATION: MS intact.", "MS", "mental status", "TEST"),
        ("ASSESSMENT: RA, on methotrexate.", "RA", "rheumatoid arthritis", "PROBLEM"),
        ("RESULTS: RA pressure was 12.", "RA", "right atrium", "ANATOMY"),
        ("ASSESSMENT: PE with DVT.", "PE", "pulmonary embolism", "PROBLEM"),
        ("REVIEW OF SYSTEMS: Denies CP or SOB.", "CP", "chest pain", "PROBLEM"),
        ("PAST MEDICAL HISTORY: Spastic CP since birth.", "CP", "cerebral palsy", "PROBLEM"),
        ("PLAN: PT and OT evaluation.", "PT", "physical therapy", "PROCEDURE"),
        ("LABORATORY DATA: PT 13.2, INR 1.1.", "PT", "prothrombin time", "TEST"),
        ("PLAN: She completed RT to the chest wall.", "RT", "radiation therapy", "PROCEDURE"),
        ("PHYSICAL EXAMINATION: Visual acuity is 20/40 OD.", "OD", "right eye", "ANATOMY"),
        ("HISTORY: Admitted after a heroin OD.", "OD", "overdose", "PROBLEM"),
        ("ASSESSMENT: AF on warfarin.", "AF", "atrial fibrillation", "PROBLEM"),
        ("PHYSICAL EXAMINATION: Pain at the CVA on percussion.", "CVA", "costovertebral angle", "ANATOMY"),
    ],
)
def test_an_abbreviation_is_read_by_what_stands_around_it(
    read: Read, text: str, short: str, means: str, label: str
) -> None:
    """The section and the words beside it say which of its meanings an abbreviation has."""
    found = [(e.attributes.get("means"), e.label.value) for e in read(text).entities if e.text.startswith(short)]
    assert found == [(means, label)]


def test_what_is_no_entity_is_left_out(read: Read) -> None:
    """Room air is no illness."""
    assert [e.text for e in read("VITAL SIGNS: Oxygen saturation 97% on RA.").entities] == ["Oxygen saturation", "97%"]


def test_what_the_text_leaves_open_is_asked(read: Read) -> None:
    """Where nothing points to one meaning, the entity names them all."""
    (found,) = (e for e in read("ASSESSMENT: MS, stable.").entities if e.text == "MS")
    assert "multiple sclerosis or mitral stenosis" in found.attributes["unclear"]
    assert "means" not in found.attributes


def test_what_the_text_explains_and_longer_names_are_left_alone(read: Read) -> None:
    """An explained abbreviation, and one that is a part of a name, has one meaning only."""
    for text in ("Multiple sclerosis (MS) was found. MS is stable.", "MS Contin 15 mg b.i.d."):
        assert not any("unclear" in e.attributes or "means" in e.attributes for e in read(text).entities)

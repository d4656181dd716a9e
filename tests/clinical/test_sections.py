from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe.clinical.sections import find_sections, known_category
from transcribe.domain import Category
from transcribe.work_types import headings


def outline(text: str) -> list[tuple[str, str, str]]:
    """Heading, category and body of each section."""
    return [(s.heading, s.category.value, s.body.of(text)) for s in find_sections(text)]


def test_headings_of_the_house_style_stand_alone() -> None:
    """A heading on a line of its own heads the paragraphs up to the next heading."""
    text = "CHIEF COMPLAINT:\n\nCough.\n\nPAST MEDICAL HISTORY:\n\n1. Asthma.\n2. Gout."
    assert outline(text) == [
        ("CHIEF COMPLAINT", "chief_complaint", "Cough."),
        ("PAST MEDICAL HISTORY", "past_medical_history", "1. Asthma.\n2. Gout."),
    ]


def test_inline_headings() -> None:
    """A known heading heads the rest of its line, in capitals or not."""
    text = "Allergies: none.\nPMH: asthma. Meds: aspirin."
    assert outline(text) == [
        ("Allergies", "allergies", "none."),
        ("PMH", "past_medical_history", "asthma."),
        ("Meds", "medications", "aspirin."),
    ]


def test_text_before_the_first_heading() -> None:
    """What stands before the first heading is a section with an empty heading."""
    assert outline("John was seen.\n\nPLAN:\n\nRest.") == [
        ("", "other", "John was seen."),
        ("PLAN", "plan", "Rest."),
    ]


def test_family_history_ends_at_assessment_and_plan() -> None:
    """A heading in mixed case ends the family history before it."""
    text = "Family history: diabetes.\nAssessment and plan: pneumonia."
    assert [category for _, category, _ in outline(text)] == ["family_history", "assessment_and_plan"]


@pytest.mark.parametrize(
    ("heading", "category"),
    [
        ("FINAL TISSUE DIAGNOSIS", "assessment"),
        ("POSTOPERATIVE REHABILITATION PLAN", "plan"),
        ("FAMILY AND GENETIC HISTORY", "family_history"),
        ("DISCHARGE ANTIBIOTIC MEDICATIONS", "medications"),
        ("STAFF PRESENT", "other"),
    ],
)
def test_unknown_headings_in_capitals_are_judged_by_their_words(heading: str, category: str) -> None:
    """An unknown heading in capitals with a colon is a section; its words give the category."""
    assert outline(f"{heading}: text here.") == [(heading, category, "text here.")]


def test_body_systems_stay_within_the_examination() -> None:
    """Lines for body systems are part of the examination they stand under."""
    text = "PHYSICAL EXAMINATION:\nHEENT: Normal.\nLUNGS: Clear. ABDOMEN: Soft.\nIMPRESSION: Well."
    assert [(h, c) for h, c, _ in outline(text)] == [
        ("PHYSICAL EXAMINATION", "physical_examination"),
        ("IMPRESSION", "impression"),
    ]


def test_a_body_system_on_its_own_line_is_a_section_of_the_same_category() -> None:
    """A body system that is a paragraph of its own is a section, and keeps the category above it."""
    text = "REVIEW OF SYSTEMS:\n\nAs follows.\n\nCARDIOVASCULAR:\n\nNo chest pain."
    assert outline(text)[1] == ("CARDIOVASCULAR", "review_of_systems", "No chest pain.")


def test_a_body_system_without_an_examination_begins_one() -> None:
    """Body systems below a medication list are an examination."""
    text = "MEDICATIONS:\nAspirin.\nLUNGS: Clear."
    assert outline(text)[1] == ("LUNGS", "physical_examination", "Clear.")


@pytest.mark.parametrize(
    "text",
    [
        "He was seen at 10:30 today.",
        "The ratio was 3:1 and blood pressure: 120/80.",
        "He said: no more pills.",
        "MR. SMITH WAS SEEN TODAY.",
        "I saw the following: a rash.",
    ],
)
def test_running_text_has_no_headings(text: str) -> None:
    """A colon in running text makes no heading."""
    assert outline(text) == [("", "other", text)]


def test_lines_of_a_social_history_stay_in_it() -> None:
    """Tobacco is a line of a social history, and a section of its own elsewhere."""
    assert len(outline("SOCIAL HISTORY: Married.\nTobacco: Never.")) == 1
    assert outline("ALLERGIES: None.\nTobacco: Never.")[1] == ("Tobacco", "social_history", "Never.")


def test_operations_after_an_operative_diagnosis_are_the_operation() -> None:
    """The same heading names past operations in a history and the operation in an operative report."""
    text = "PREOPERATIVE DIAGNOSIS: Hernia.\nOPERATIONS: Repair."
    assert outline(text)[1] == ("OPERATIONS", "procedure", "Repair.")
    assert outline("ALLERGIES: None.\nOPERATIONS: Repair.")[1][1] == "past_medical_history"


def test_an_abbreviation_in_a_heading_ends_no_sentence() -> None:
    """The points of an abbreviation in capitals belong to the heading."""
    assert outline("P.R.N. MEDICATIONS: Aspirin.")[0][0] == "P.R.N. MEDICATIONS"


def test_a_dash_may_stand_for_the_colon() -> None:
    """What stands in capitals before a dash is a heading, too."""
    assert outline("ALLERGIES - None.") == [("ALLERGIES", "allergies", "None.")]


def test_numbered_headings() -> None:
    """The number before a heading is not part of it."""
    assert outline("1. ALLERGIES: None.")[-1][:2] == ("ALLERGIES", "allergies")


def test_every_heading_of_the_house_style_is_known() -> None:
    """Each title and synonym of the shared table leads to its category."""
    for heading in headings().values():
        assert {known_category(words) for words in heading.synonyms} == {heading.category}


@given(st.lists(st.sampled_from([*headings(), "He is well.", "no pain", "\n", "\n\n", ": ", "HEENT", " "])))
def test_sections_are_in_order_and_cover_the_text(parts: list[str]) -> None:
    """Sections do not overlap, lie inside the text and leave out nothing but white space and colons."""
    text = "".join(parts)
    end = 0
    for section in find_sections(text):
        assert section.span.start >= end
        assert not text[end : section.span.start].strip(" \n:-.")
        assert section.span.contains(section.body)
        assert section.heading == text[section.span.start :][: len(section.heading)]
        assert isinstance(section.category, Category)
        end = section.span.end
    assert end <= len(text)
    assert not text[end:].strip(" \n:-")


def test_capitals_beneath_a_heading_are_its_text() -> None:
    """Capitals in a paragraph of their own are a title, but beneath a heading they are what it heads."""
    text = "ALLERGIES:\n\nPENICILLIN\n\nPLAN:\n\nRest at home."
    assert [heading for heading, _, _ in outline(text)] == ["ALLERGIES", "PLAN"]
    assert outline("ATRIAL LEAD\n\nModel 4568.")[0][0] == "ATRIAL LEAD"


def test_a_heading_in_capitals_needs_no_colon() -> None:
    """A known heading in capitals that begins a paragraph heads the sentence behind it."""
    assert outline("COMPLICATIONS None.\n\nPROCEDURES 1. Biopsy.") == [
        ("COMPLICATIONS", "procedure", "None."),
        ("PROCEDURES", "procedure", "1. Biopsy."),
    ]
    assert outline("PE was ruled out.")[0][0] == ""


def test_parts_of_a_section_stay_in_it() -> None:
    """A line for a part of the section above it begins no section; a heading of the house style always does."""
    text = "DIAGNOSES:\nAXIS I: Depression.\nAXIS II: Deferred.\nPLAN: Rest."
    assert [heading for heading, _, _ in outline(text)] == ["DIAGNOSES", "PLAN"]
    text = "MENTAL STATUS EXAM:\nATTITUDE: Pleasant.\nMOOD: Good."
    assert len(outline(text)) == 1


def test_systems_are_headings_where_they_stand_as_all_others_do() -> None:
    """With no heading above them, systems in capitals before paragraphs are sections; under an examination, lines."""
    alone = "GENERAL: Well.\n\nNECK: Supple.\n\nSKIN: Warm."
    assert [heading for heading, _, _ in outline(alone)] == ["GENERAL", "NECK", "SKIN"]
    above = "HISTORY: Cough.\n\nEXAM: Fit.\n\nNECK: Supple.\n\nSKIN: Warm.\n\nPLAN: Rest."
    assert [heading for heading, _, _ in outline(above)] == ["HISTORY", "EXAM", "PLAN"]


def test_capitals_before_a_list_head_it() -> None:
    """Words in capitals that begin a paragraph head the numbered list behind them."""
    assert [heading for heading, _, _ in outline("LEAD SETTINGS 1.  Output 2.\n2.  Rate 60.")] == ["LEAD SETTINGS"]
    assert [heading for heading, _, _ in outline("LEAD SETTINGS were kept.")] == [""]


def test_lines_amid_paragraphs_are_no_sections_unless_scope_ends() -> None:
    """Among headings in capitals "Quality:" in a line is no section, but what ends a family history is one."""
    told = "HISTORY: Pain.\n\nFAMILY HISTORY: Father had gout.\nSymptoms: None.\n\nEXAM: Fit.\nSymptoms: None."
    assert [heading for heading, _, _ in outline(told)] == ["HISTORY", "FAMILY HISTORY", "Symptoms", "EXAM"]

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


@given(st.lists(st.sampled_from([*headings(), "He is well.", "no pain", "\n", "\n\n", ": ", "HEENT", " ", "1. "])))
def test_sections_are_in_order_and_cover_the_text(parts: list[str]) -> None:
    """Sections do not overlap, lie inside the text and leave out nothing but white space, colons and numbers."""
    text = "".join(parts)
    end = 0
    for section in find_sections(text):
        assert section.span.start >= end
        assert not text[end : section.span.start].strip(" \n:-.1")
        assert section.span.contains(section.body)
        assert section.heading == text[section.span.start :][: len(section.heading)]
        assert isinstance(section.category, Category)
        end = section.span.end
    assert end <= len(text)
    assert not text[end:].strip(" \n:-.1")


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


def test_headings_show_by_their_own_style_whether_capitals_are_headings() -> None:
    """Where the headings of a text are not in capitals, capitals beneath one are its lines."""
    text = "Chief Complaint: Pain.\n\nPhysical Examination: A thin man.\n\nSKIN: Warm.\n\nNECK: Supple.\n\nPlan: Rest."
    assert [heading for heading, _, _ in outline(text)] == ["Chief Complaint", "Physical Examination", "Plan"]


def test_where_headings_stand_apart_labels_before_text_are_lines() -> None:
    """Headings on lines of their own tell that an unknown one before its text is a line of its section."""
    text = (
        "HISTORY:\n\nCough.\n\nHOSPITAL COURSE:\n\nQuiet.\n\nEEG 8/26: Slow.\n\nSTUDIES:\n\nEKG: Normal.\n\n"
        "MEDICATIONS AT HOME: Aspirin.\n\nPLAN:\n\nRest."
    )
    headings = [heading for heading, _, _ in outline(text)]
    assert headings == ["HISTORY", "HOSPITAL COURSE", "STUDIES", "MEDICATIONS AT HOME", "PLAN"]
    scope = "HISTORY:\n\nCough.\n\nFAMILY HISTORY:\n\nFather had gout.\nSymptoms: Cough.\n\nPLAN:\n\nRest."
    assert [heading for heading, _, _ in outline(scope)] == ["HISTORY", "FAMILY HISTORY", "Symptoms", "PLAN"]


def test_what_stands_right_behind_a_heading_is_its_text() -> None:
    """A label behind a heading in its line heads no section, unless it ends what the heading says of its text."""
    text = "CC: Pain.\n\nHX: Long.\n\nRECOMMENDATIONS: In summary: rest.\n\nPMH: Medications: aspirin."
    assert [heading for heading, _, _ in outline(text)] == ["CC", "HX", "RECOMMENDATIONS", "PMH", "Medications"]
    assert [heading for heading, _, _ in outline("EXAM:\n\nMRI LEFT SHOULDER\n\nCLINICAL:\n\nPain.")] == [
        "EXAM",
        "CLINICAL",
    ]


def test_a_label_amid_a_line_with_nothing_behind_it_heads_nothing() -> None:
    """What is left of a line after a label is empty, but the label does not stand alone."""
    text = "CC: Pain.\n\nHX: Lump in the breast. Lab:\n\nDATA: None."
    assert [heading for heading, _, _ in outline(text)] == ["CC", "HX", "DATA"]


@pytest.mark.parametrize(
    "text",
    [
        "SCLERAL BUCKLE OPENING The eye was draped.",
        "BLEPHAROPLASTY The eyelid was draped.",
        "TOURNIQUET MINUTES 30 minutes in all.",
        "2-D STUDY 1. Mild stenosis.",
        "OPERATIONS/PROCEDURES 1. Biopsy.",
        "A. TRANSPLANT ISSUES What do you know?",
        "EBL 20 mL.",
    ],
)
def test_capitals_that_a_sentence_or_measure_follows_are_a_heading(text: str) -> None:
    """Capitals that begin a paragraph belong to no sentence that begins behind them."""
    assert outline(text)[0][0].isupper()


@pytest.mark.parametrize(
    "text", ["HIV RNA was low.", "LASIX was given.", "ANGINA is chest pain.", "MRI Brain: Normal."]
)
def test_capitals_within_a_sentence_are_no_heading(text: str) -> None:
    """Capitals that a sentence goes on with are its subject."""
    assert "" in [heading for heading, _, _ in outline(text)] or outline(text)[0][0] == "MRI Brain"


def test_a_long_title_is_a_heading() -> None:
    """A heading in capitals may have many words."""
    words = "CONDITION OF THE PATIENT AT THE END OF THE PROCEDURE"
    assert outline(f"{words}: Stable.")[0][0] == words


def test_measures_are_lines_of_their_list() -> None:
    """Beneath a heading whose text begins with a measure, unknown headings before values are measures, too."""
    text = "EXAM: Fit.\n\nBIOMETRY: BPD: 9.0 cm.\n\nFL/HC: 19.9\n\nEDD BY DATES: 5/18/07\n\nIMPRESSION: Twins."
    assert [heading for heading, _, _ in outline(text)] == ["EXAM", "BIOMETRY", "IMPRESSION"]
    assert [heading for heading, _, _ in outline("CC: Pain.\n\nHX: Long.\n\nSHEATH SIZE: 5 French.")][
        -1
    ] == "SHEATH SIZE"


def test_systems_are_lines_of_the_examination_of_the_whole() -> None:
    """Beneath the examination of one system, others are sections; "alcohol" with nothing behind it is a line."""
    part = "HISTORY: Cough.\n\nNECK EXAM: Supple.\n\nLUNGS: Clear.\n\nPLAN: Rest."
    assert [heading for heading, _, _ in outline(part)] == ["HISTORY", "NECK EXAM", "LUNGS", "PLAN"]
    assert len(outline("SOCIAL HISTORY:\nTobacco: None.\nAlcohol:\nOccupation: Nurse.")) == 1


def test_the_head_of_a_letter_has_no_sections() -> None:
    """Dates and names above the text of a letter are no headings."""
    assert outline("4/17/2001\n\nJ. Smith\n\nRE: Ann Lee\nDOB: 1/2/1950\n\nDear Dr. Smith.")[0][0] == ""
    assert outline("MM/DD/YYYY\n\nThank you for seeing her.")[0][0] == ""


@pytest.mark.parametrize(
    "text",
    [
        "allergies: none.\nplan: rest.",
        "allergies:\nnone.\n\nplan:\nrest.",
        "allergies\n\nnone.\n\nplan\n\nrest.",
        "aLLERGIES: none.\nPLAn: rest.",
        "Allergies\nNone.\n\nPlan\nRest.",
        "Allergies - none.\nPlan - rest.",
        "Allergies — none.\nPlan — rest.",
        "ALLERGIES – NONE.\nPLAN – REST.",
        "ALLERGIES : none.\r\nPLAN : rest.",
        "ALLERGIES:None.\nPLAN:Rest.",
        "1. ALLERGIES: None.\n2. PLAN: Rest.",
        "1) Allergies\nNone.\n\n2) Plan\nRest.",
        "IV. ALLERGIES\n\nNone.\n\nV. PLAN\n\nRest.",
        "A. Allergies: None.\nB. Plan: Rest.",
        "- Allergies: None.\n- Plan: Rest.",
        "• ALLERGIES\nNone.\n• PLAN\nRest.",
        "## Allergies\nNone.\n\n## Plan\nRest.",
    ],
)
def test_headings_in_any_dress(text: str) -> None:
    """Small letters, numbers, bullets, dashes and missing colons hide no usual heading; its number is no text."""
    assert [(heading.lower(), body.lower()) for heading, _, body in outline(text)] == [
        ("allergies", "none."),
        ("plan", "rest."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "He was told about the new\nplan: rest and fluids.",
        "Discuss:\n1. Medications\n2. Allergies",
        "We agreed on a plan - to wait.",
        "- medication:\n- child care:",
        "plan\nto rest.",
    ],
)
def test_usual_words_in_running_text_and_lists_are_no_headings(text: str) -> None:
    """Small letters within a sentence, items of a list and a dash within a sentence make no heading."""
    assert outline(text) == [("", "other", text)]

"""What the rest of a report adds to a problem: side, kind, course, the pregnancy, the cause of an injury."""

from __future__ import annotations

import pytest
from reports import report

from transcribe.coding import CodeTables, mentioned, suggest
from transcribe.coding.patient import Patient, conflicts, patient
from transcribe.domain import Band, CodeSuggestion


def found(marked: str, tables: CodeTables) -> dict[str, CodeSuggestion]:
    text, reading = report(marked)
    return {each.code: each for each in suggest(text, reading, tables)}


def ticked(marked: str, tables: CodeTables) -> list[str]:
    return [code for code, each in found(marked, tables).items() if each.band is Band.SUGGESTED]


@pytest.mark.parametrize(
    ("marked", "code"),
    [
        ("CHIEF COMPLAINT:\n\nRight ankle injury.\n\nASSESSMENT:\n\n{Ankle sprain}.", "S93.401A"),
        (
            "HISTORY OF PRESENT ILLNESS:\n\nThe left ankle, then the right ankle gave way.\n\n"
            "PHYSICAL EXAMINATION:\n\nLeft ankle swollen.\n\nASSESSMENT:\n\n{Ankle sprain}.",
            "S93.402A",
        ),
        (
            "CHIEF COMPLAINT:\n\nEar pain.\n\nPHYSICAL EXAMINATION:\n\nLeft tympanic membrane red. "
            "Right tympanic membrane normal.\n\nASSESSMENT:\n\n{Otitis media}.",
            "H66.92",
        ),
        ("CHIEF COMPLAINT:\n\nLeft knee pain.\n\nASSESSMENT:\n\n{Right knee pain}.", "M25.561"),
        ("CHIEF COMPLAINT:\n\nLeft knee pain, right knee pain.\n\nASSESSMENT:\n\n{Knee pain}.", "M25.569"),
    ],
)
def test_a_side_is_read_where_the_report_names_it(marked: str, code: str, tables: CodeTables) -> None:
    """The assessment's own side wins, then complaint and history, then the examination; two sides are none."""
    assert ticked(marked, tables) == [code]


def test_a_kind_told_elsewhere_makes_the_code_specific(tables: CodeTables) -> None:
    """Preserved ejection fraction and a course named in the history are in the code, with their place as evidence."""
    marked = (
        "HISTORY OF PRESENT ILLNESS:\n\nShe has {chronic diastolic heart failure}.\n\n"
        "ASSESSMENT:\n\n{Heart failure}, compensated."
    )
    codes = found(marked, tables)
    assert list(codes) == ["I50.32"]
    text, _ = report(marked)
    assert {"chronic", "diastolic"} <= {word for span in codes["I50.32"].evidence for word in span.of(text).split()}
    assert ticked("ASSESSMENT:\n\n{Chronic heart failure with preserved ejection fraction}.", tables) == ["I50.32"]


def test_what_the_rest_denies_or_doubts_adds_nothing(tables: CodeTables) -> None:
    """A kind that the history doubts stays out of the code."""
    marked = (
        "HISTORY OF PRESENT ILLNESS:\n\nPossible {systolic heart failure|uncertain} in the past.\n\n"
        "ASSESSMENT:\n\n{Heart failure}."
    )
    assert ticked(marked, tables) == ["I50.9"]


@pytest.mark.parametrize(
    ("history", "code"),
    [
        ("She was in a cast for four weeks; there is callus.", "S52.501D"),
        ("She is here for follow-up of her wrist.", "S52.501D"),
        ("She fell this morning.", "S52.501A"),
        ("The fracture has not united.", "S52.501K"),
    ],
)
def test_the_encounter_may_be_told_in_another_sentence(history: str, code: str, tables: CodeTables) -> None:
    """Healing and follow-up in the history make the encounter a subsequent one (guideline I.C.19.a)."""
    marked = f"HISTORY OF PRESENT ILLNESS:\n\n{history}\n\nASSESSMENT:\n\nRight {{distal radius fracture}}."
    assert ticked(marked, tables) == [code]


def test_a_plan_to_follow_up_is_no_course(tables: CodeTables) -> None:
    """Follow-up that lies ahead does not make a new injury an old one."""
    marked = "ASSESSMENT AND PLAN:\n\nRight {ankle sprain}. Follow-up of the swelling in two weeks."
    assert ticked(marked, tables) == ["S93.401A"]


def test_only_headings_of_items_are_ticked(tables: CodeTables) -> None:
    """A disease named in the discussion of another problem is possible, a symptom there is nothing."""
    marked = (
        "ASSESSMENT AND PLAN:\n\nHypertension here.\n\n1. {Asthma}. It is harder to treat beside {gout}.\n"
        "2. {Psoriasis}. {Headache} was discussed."
    )
    codes = found(marked, tables)
    assert {code: each.band for code, each in codes.items()} == {
        "J45.909": Band.SUGGESTED,
        "M10.9": Band.POSSIBLE,
        "L40.9": Band.SUGGESTED,
    }


def test_a_heading_is_looked_up_as_a_whole(tables: CodeTables) -> None:
    """Two readings of one name are one disease."""
    assert ticked("ASSESSMENT:\n\n{Atrophic} {vaginitis}.", tables) == ["N95.2"]
    marked = "ASSESSMENT:\n\n{Major depressive disorder}, single {episode}, moderate."
    assert ticked(marked, tables) == ["F32.1"]


def test_abdominal_pain_keeps_its_quadrant(tables: CodeTables) -> None:
    """The place may follow a comma."""
    assert ticked("ASSESSMENT:\n\n{Abdominal pain}, right lower quadrant.", tables) == ["R10.31"]


def test_a_disease_in_pregnancy_is_coded_as_such(tables: CodeTables) -> None:
    """Chapter 15 comes first with its trimester, then the disease where the table asks for it, then the week."""
    history = "HISTORY OF PRESENT ILLNESS:\n\nShe is at 30 weeks of gestation.\n\n"
    assert ticked(f"{history}ASSESSMENT:\n\n{{Urinary tract infection}}.", tables) == ["O23.43", "Z3A.30"]
    reflux = ticked(f"{history}ASSESSMENT:\n\n{{Gastroesophageal reflux disease}}.", tables)
    assert reflux == ["O99.613", "K21.9", "Z3A.30"]


@pytest.mark.parametrize("told", ["She is not pregnant.", "Her sister is well.", "She would like to become pregnant."])
def test_no_pregnancy_changes_nothing(told: str, tables: CodeTables) -> None:
    """A pregnancy denied or hoped for is none."""
    marked = f"HISTORY OF PRESENT ILLNESS:\n\n{told}\n\nASSESSMENT:\n\n{{Urinary tract infection}}."
    assert ticked(marked, tables) == ["N39.0"]


def test_the_cause_of_an_injury_is_possible(tables: CodeTables) -> None:
    """How it happened is offered unticked beside an injury, and not beside a disease."""
    story = "HISTORY OF PRESENT ILLNESS:\n\nShe fell from a ladder.\n\nASSESSMENT:\n\n"
    codes = found(f"{story}Right {{ankle sprain}}.", tables)
    assert {code: each.band for code, each in codes.items()} == {
        "S93.401A": Band.SUGGESTED,
        "W11.XXXA": Band.POSSIBLE,
    }
    assert list(found(f"{story}{{Asthma}}.", tables)) == ["J45.909"]
    assert "W11.XXXA" not in found(f"{story.replace('fell', 'never fell')}Right {{ankle sprain}}.", tables)


def test_what_the_visit_does_not_treat_is_mentioned(tables: CodeTables) -> None:
    """The past history is listed for the coder, less what is suggested, denied or another's."""
    text, reading = report(
        "PAST MEDICAL HISTORY:\n\n{Hypertension}, {gout}, {asthma|negated}.\n\nASSESSMENT:\n\n{Gout}."
    )
    suggestions = suggest(text, reading, tables)
    assert [each.code for each in suggestions] == ["M10.9"]
    listed = mentioned(text, reading, tables, suggestions)
    assert [(each.code, each.band) for each in listed] == [("I10", Band.POSSIBLE)]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("A 34-year-old woman with pain.", Patient("female", 34)),
        ("A 7-month-old boy with fever.", Patient("male", 0)),
        ("His wife, he says, is well.", Patient()),
        ("A 60-year-old patient.", Patient("", 60)),
    ],
)
def test_sex_and_age_are_those_of_the_patient(text: str, who: Patient) -> None:
    """Only the words beside the age tell the sex."""
    assert patient(text) == who


def test_codes_of_the_other_sex_or_age_are_warned_of() -> None:
    """The message names the rule; an unknown sex or age breaks none."""
    assert [each.split("[")[1] for each in conflicts("N40.1", Patient("female", 50))] == [
        "sex; Medicare Code Editor, sex conflict]"
    ]
    assert [each.split(":")[0] for each in conflicts("O23.42", Patient("", 70))] == ["warning"]
    assert list(conflicts("N40.1", Patient())) == []

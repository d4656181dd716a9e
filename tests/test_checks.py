from __future__ import annotations

from transcribe.checks import check
from transcribe.domain import (
    Assertion,
    Category,
    Dictation,
    Draft,
    Entity,
    Header,
    Label,
    Mark,
    MarkKind,
    Reading,
    Report,
    Section,
    Severity,
    Span,
    WorkType,
)

NOTE = WorkType("note", "Note", "0-0", ("SUBJECTIVE", "ASSESSMENT", "PLAN"), (), 24)


def report(text: str, *entities: Entity, sections: tuple[Section, ...] = (), work_type: WorkType = NOTE) -> Report:
    draft = Draft(text, ())
    return Report(Dictation("x"), work_type, draft, Reading(sections, entities), (), (), {})


def section(text: str, heading: str, category: Category) -> Section:
    start = text.index(heading)
    span = Span(start, len(text))
    return Section(heading, category, span, Span(start + len(heading) + 1, len(text)))


def entity(
    text: str,
    words: str,
    label: Label,
    category: Category,
    *assertions: Assertion,
    **attributes: str,
) -> Entity:
    start = text.index(words)
    span = Span(start, start + len(words))
    return Entity(span, label, words, frozenset(assertions), category, attributes)


def found(marks: tuple[Mark, ...], text: str) -> list[tuple[str, str]]:
    return [(mark.kind.value, mark.span.of(text)) for mark in marks]


def test_a_missing_heading_is_named_and_stands_nowhere() -> None:
    """Each required heading that no section stands for gives one mark at an empty span."""
    text = "IMPRESSION: Well."
    asked = WorkType("note", "Note", "0-0", (), ("SUBJECTIVE", "ASSESSMENT", "PLAN"), 24)
    marks = check(report(text, sections=(section(text, "IMPRESSION", Category.IMPRESSION),), work_type=asked))
    assert [(mark.kind, mark.span, mark.reason.split(" is ")[0]) for mark in marks] == [
        (MarkKind.MISSING_HEADING, Span(0, 0), "The heading SUBJECTIVE"),
        (MarkKind.MISSING_HEADING, Span(0, 0), "The heading PLAN"),
    ]


def test_a_synonym_stands_for_a_heading() -> None:
    """A heading written in another known way is not missing."""
    text = "Pre-op diagnosis: Hernia."
    asked = WorkType("op", "Op", "0-0", (), ("PREOPERATIVE DIAGNOSIS",), 24)
    sections = (section(text, "Pre-op diagnosis", Category.ASSESSMENT),)
    assert check(report(text, sections=sections, work_type=asked)) == ()


def test_blanks() -> None:
    """Every way to leave a blank is marked once."""
    text = "He takes [____] and ____ daily [ ]."
    assert found(check(report(text)), text) == [("blank", "[____]"), ("blank", "____"), ("blank", "[ ]")]


def test_a_blank_that_is_marked_is_not_marked_again() -> None:
    """A blank of the write-up keeps its own mark."""
    text = "He takes [____]."
    draft = Draft(text, (), (), (Mark(Span(9, 15), MarkKind.BLANK, "unclear"),))
    assert check(Report(Dictation("x"), NOTE, draft, Reading((), ()), (), (), {})) == ()


def test_abbreviations_that_are_not_to_be_used() -> None:
    """The Joint Commission's list is marked where it stands."""
    text = "Insulin 10 U, heparin 5000 IU, aspirin QD, Lasix q.o.d., 5.0 mg, .5 mg, MS 4 mg, MgSO4."
    assert [words for _, words in found(check(report(text)), text)] == [
        " U", "IU", "QD", "q.o.d.", "5.0", ".5", "MS", "MgSO4",
    ]  # fmt: skip


def test_what_looks_like_one_of_them_is_left() -> None:
    """Values, other abbreviations and diagnoses are not on the list."""
    text = "Creatinine 1.0 mg/dL, q.i.d., 0.5 mg, 10.5 mg, MS Contin, she has MS, T2DM, 40 IU/L, L5-S1."
    assert check(report(text)) == ()


def test_sides_that_contradict_each_other() -> None:
    """The left knee in one section and the right knee in another are marked at the later place."""
    text = "DIAGNOSIS: left knee pain. PROCEDURE: right knee arthroscopy."
    sections = (
        section(text, "DIAGNOSIS", Category.ASSESSMENT),
        section(text, "PROCEDURE", Category.PROCEDURE),
    )
    entities = (
        entity(text, "left knee pain", Label.PROBLEM, Category.ASSESSMENT, side="left", site="knee"),
        entity(text, "right knee arthroscopy", Label.PROCEDURE, Category.PROCEDURE, side="right", site="knee"),
    )
    (mark,) = check(report(text, *entities, sections=sections))
    assert mark.span.of(text) == "right knee arthroscopy"
    assert "DIAGNOSIS" in mark.reason


def test_sides_that_may_differ() -> None:
    """Two sides in one section, another site, or the past contradict nothing."""
    text = "DIAGNOSIS: left knee pain. PLAN: right knee, right hip, old right knee."
    sections = (section(text, "DIAGNOSIS", Category.ASSESSMENT),)
    left = entity(text, "left knee pain", Label.PROBLEM, Category.ASSESSMENT, side="left", site="knee")
    right = entity(text, "right knee", Label.ANATOMY, Category.ASSESSMENT, side="right", site="knee")
    assert check(report(text, left, right, sections=sections)) == ()
    sections = (*sections, section(text, "PLAN", Category.PLAN))
    hip = entity(text, "right hip", Label.ANATOMY, Category.PLAN, side="right", site="hip")
    past = entity(text, "old right knee", Label.PROBLEM, Category.PLAN, Assertion.HISTORICAL, side="right", site="knee")
    assert check(report(text, left, hip, past, sections=sections)) == ()


def test_a_drug_against_an_allergy() -> None:
    """A drug of the family the patient is allergic to is marked, another is not."""
    text = "ALLERGIES: Penicillin. PLAN: Augmentin 875 mg, azithromycin."
    entities = (
        entity(text, "Penicillin", Label.DRUG, Category.ALLERGIES, Assertion.HISTORICAL),
        entity(text, "Augmentin", Label.DRUG, Category.PLAN),
        entity(text, "azithromycin", Label.DRUG, Category.PLAN),
    )
    (mark,) = check(report(text, *entities))
    assert (mark.kind, mark.span.of(text)) == (MarkKind.CHECK, "Augmentin")


def test_no_allergy_no_mark() -> None:
    """An allergy that is denied warns of nothing."""
    text = "ALLERGIES: No penicillin allergy. PLAN: Amoxicillin."
    entities = (
        entity(text, "penicillin allergy", Label.PROBLEM, Category.ALLERGIES, Assertion.NEGATED),
        entity(text, "Amoxicillin", Label.DRUG, Category.PLAN),
    )
    assert check(report(text, *entities)) == ()


def test_an_allergy_told_in_a_sentence() -> None:
    """The words "allergic to" make an allergen anywhere; the sentence itself gets no mark."""
    text = "He is allergic to penicillin. PLAN: Amoxicillin."
    entities = (
        entity(text, "penicillin", Label.DRUG, Category.HISTORY_OF_PRESENT_ILLNESS),
        entity(text, "Amoxicillin", Label.DRUG, Category.PLAN),
    )
    assert [words for _, words in found(check(report(text, *entities)), text)] == ["Amoxicillin"]


def test_stretches_of_time_that_nobody_dictates() -> None:
    """A number that "for" or "to" ran into is too long a time, and the likely one is named; a time of day is none."""
    text = "Pain for 412 hours, rest 210 weeks, seen at 1430 hours, 72 hours, an 80-year-old, 365 days."
    marks = check(report(text))
    assert found(marks, text) == [("query", "412 hours"), ("query", "210 weeks")]
    assert '"for 12" said' in marks[0].reason
    assert '"to 10" said' in marks[1].reason


def test_doses_that_sound_like_usual_ones() -> None:
    """Nearly no drug comes in 14 or 17 mg: 40 or 70 was said; those that do, and what is no dose, are left."""
    text = "Take 14 mg daily and wait. Candesartan 16 mg, glucose 14 mg/dL, 15 mg, 114 mg, and 17 mL."
    marks = check(report(text))
    assert found(marks, text) == [("query", "14 mg")]
    assert "40 mg" in marks[0].reason


def test_values_that_cannot_be() -> None:
    """A result outside what a living patient can have is marked, a bad one is not."""
    text = "Pulse 720, potassium 14, BP 80/120, blood pressure 220/130, oxygen saturation 88%."
    entities = (
        entity(text, "Pulse", Label.TEST, Category.RESULTS, value="720"),
        entity(text, "potassium", Label.TEST, Category.RESULTS, value="14"),
        entity(text, "BP", Label.TEST, Category.RESULTS, value="80/120"),
        entity(text, "blood pressure", Label.TEST, Category.RESULTS, value="220/130"),
        entity(text, "oxygen saturation", Label.TEST, Category.RESULTS, value="88", unit="%"),
    )
    assert [words for _, words in found(check(report(text, *entities)), text)] == ["Pulse", "potassium", "BP"]


def test_doses_outside_the_usual() -> None:
    """A dose is compared in the unit of its drug; what is usual or not listed gives no mark."""
    text = "Lisinopril 400 mg, metoprolol 50 mg, levothyroxine 75 mg, metformin 1 g, Fobarex 9000 mg."
    entities = (
        entity(text, "Lisinopril", Label.DRUG, Category.MEDICATIONS, dose="400 mg"),
        entity(text, "metoprolol", Label.DRUG, Category.MEDICATIONS, dose="50 mg"),
        entity(text, "levothyroxine", Label.DRUG, Category.MEDICATIONS, dose="75 mg"),
        entity(text, "metformin", Label.DRUG, Category.MEDICATIONS, dose="1 g"),
        entity(text, "Fobarex", Label.DRUG, Category.MEDICATIONS, dose="9000 mg"),
    )
    words = [words for _, words in found(check(report(text, *entities)), text)]
    assert words == ["Lisinopril", "levothyroxine"]


def test_sexes_that_contradict_each_other() -> None:
    """A second description and an organ of the other sex are marked, a relative's are not."""
    text = "A 50-year-old man. This 50-year-old white female has ovarian cyst. Mother: uterine cancer."
    entities = (
        entity(text, "ovarian cyst", Label.PROBLEM, Category.ASSESSMENT),
        entity(text, "uterine cancer", Label.PROBLEM, Category.FAMILY_HISTORY, Assertion.FAMILY),
    )
    words = [words for _, words in found(check(report(text, *entities)), text)]
    assert words == ["female", "ovarian cyst"]
    assert check(report("A 50-year-old woman. She is well.")) == ()


def test_the_header_tells_the_sex() -> None:
    """The header goes before the text."""
    text = "A 50-year-old man."
    dictation = Dictation("x", Header(sex="F"))
    marks = check(Report(dictation, NOTE, Draft(text, ()), Reading((), ()), (), (), {}))
    assert found(marks, text) == [("check", "man")]


def test_where_one_section_names_both_sides() -> None:
    """An operation on both sides may speak of either in another section."""
    text = "DIAGNOSIS: left knee pain. PROCEDURE: left knee, then right knee."
    sections = (
        section(text, "DIAGNOSIS", Category.ASSESSMENT),
        section(text, "PROCEDURE", Category.PROCEDURE),
    )
    entities = (
        entity(text, "left knee pain", Label.PROBLEM, Category.ASSESSMENT, side="left", site="knee"),
        entity(text, "left knee, then", Label.ANATOMY, Category.PROCEDURE, side="left", site="knee"),
        entity(text, "right knee", Label.ANATOMY, Category.PROCEDURE, side="right", site="knee"),
    )
    assert check(report(text, *entities, sections=sections)) == ()


def test_a_dose_is_judged_by_its_route() -> None:
    """What is usual by mouth may be far too much in a vein; a route that makes no difference changes nothing."""
    text = "PLAN: morphine 30 mg p.o. and morphine 30 mg IV and aspirin 81 mg p.o."
    second = text.index("morphine", 20)
    drugs = (
        entity(text, "morphine", Label.DRUG, Category.PLAN, dose="30 mg", route="p.o."),
        Entity(
            Span(second, second + 8),
            Label.DRUG,
            "morphine",
            frozenset(),
            Category.PLAN,
            {"dose": "30 mg", "route": "IV"},
        ),
        entity(text, "aspirin", Label.DRUG, Category.PLAN, dose="81 mg", route="p.o."),
    )
    (mark,) = check(report(text, *drugs))
    assert mark.span.start == second
    assert "1 to 15 mg" in mark.reason


def test_each_finding_has_its_severity() -> None:
    """A wrong dose may harm more than an abbreviation; the table of the rules says how much."""
    text = "PLAN: Warfarin 50 mg q.d."
    marks = check(report(text, entity(text, "Warfarin", Label.DRUG, Category.PLAN, dose="50 mg")))
    assert {mark.severity for mark in marks} == {Severity.CRITICAL, Severity.NOTICE}


def test_the_side_of_an_operation_against_its_diagnosis() -> None:
    """A part of the body that the words imply is compared like one that is named, and a film has a side as well."""
    text = (
        "Left inguinal hernia. Right herniorrhaphy of the groin. Left breast cancer. Right mastectomy. "
        "X-ray, right knee. Left knee pain."
    )
    entities = (
        entity(text, "Left inguinal hernia", Label.PROBLEM, Category.ASSESSMENT, side="left", site="inguinal"),
        entity(
            text, "Right herniorrhaphy of the groin", Label.PROCEDURE, Category.PROCEDURE, side="right", site="groin"
        ),
        entity(text, "Left breast cancer", Label.PROBLEM, Category.ASSESSMENT, side="left", site="breast"),
        entity(text, "Right mastectomy", Label.PROCEDURE, Category.PROCEDURE, side="right"),
        entity(text, "X-ray, right knee", Label.TEST, Category.PLAN, side="right", site="right knee"),
        entity(text, "Left knee pain", Label.PROBLEM, Category.ASSESSMENT, side="left", site="knee"),
    )
    sections = (
        section(text, "Left inguinal", Category.ASSESSMENT),
        section(text, "Right herniorrhaphy", Category.PROCEDURE),
        section(text, "Left breast", Category.ASSESSMENT),
        section(text, "Right mastectomy", Category.PROCEDURE),
        section(text, "X-ray", Category.PLAN),
        section(text, "Left knee", Category.ASSESSMENT),
    )
    marks = check(report(text, *entities, sections=sections))
    assert [words for _, words in found(marks, text)] == [
        "Right herniorrhaphy of the groin",
        "Right mastectomy",
        "Left knee pain",
    ]


def test_units_and_synonyms_are_judged() -> None:
    """Doses in units and mEq have a usual range, a test its limits by any of its names; a date has none."""
    text = "Insulin glargine 400 units, potassium chloride 200 mEq, warfarin, serum potassium 41, Hgb 134, hct 1985."
    entities = (
        entity(text, "Insulin glargine", Label.DRUG, Category.MEDICATIONS, dose="400 units"),
        entity(text, "potassium chloride", Label.DRUG, Category.MEDICATIONS, dose="200 mEq"),
        entity(text, "warfarin", Label.DRUG, Category.MEDICATIONS, dose="5 mg; 50 mg"),
        entity(text, "serum potassium", Label.TEST, Category.RESULTS, value="41"),
        entity(text, "Hgb", Label.TEST, Category.RESULTS, value="134"),
        entity(text, "hct", Label.TEST, Category.RESULTS, value="1985"),
    )
    words = [words for _, words in found(check(report(text, *entities)), text)]
    assert words == ["Insulin glargine", "potassium chloride", "warfarin", "serum potassium", "Hgb"]


def test_a_pronoun_of_the_other_sex() -> None:
    """The first sentence that begins with it is marked, unless somebody else was spoken of shortly before."""
    told = "This is a 45-year-old woman. He denies fever. He has a cough."
    assert found(check(report(told)), told) == [("check", "He")]
    assert check(report("This is a 45-year-old woman seen with her husband. He reports that she snores.")) == ()

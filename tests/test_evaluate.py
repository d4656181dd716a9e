"""The figures agree with counts made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcribe import evaluate
from transcribe.domain import (
    Band,
    CodeSuggestion,
    CodeSystem,
    Dictation,
    Draft,
    Mark,
    MarkKind,
    Match,
    Reading,
    Report,
    Span,
)
from transcribe.errors import UnusableInput
from transcribe.evaluate_doubt import DoubtFigures, doubt_figures
from transcribe.settings import Settings
from transcribe.work_types import work_type

REPORT = (
    "PMH:\n\nHistory of stroke. She denies fever.\n\nASSESSMENT:\n\nType 2 diabetes mellitus.\n\n"
    "MEDICATIONS:\n\nLisinopril 10 mg daily."
)


def suggestion(code: str, band: Band = Band.SUGGESTED) -> CodeSuggestion:
    """A suggestion of which only the code and the band matter."""
    return CodeSuggestion(CodeSystem.ICD10CM, code, "", "2026-04", 1.0, band, Match("", ""), ())


def measured(task: str, *rows: dict[str, Any]) -> evaluate.Figures:
    """The figures of a task on rows as they would stand in a file."""
    lines = [(number, json.dumps(row).encode()) for number, row in enumerate(rows, start=1)]
    return evaluate.TASKS[task](lines, Path(), Settings(), None)


def at(words: str, **more: object) -> dict[str, object]:
    """Words of the report as a person marks them."""
    start = REPORT.index(words)
    return {"start": start, "end": start + len(words), **more}


def test_word_errors_by_hand() -> None:
    """One word misheard, one lost, one invented, of six: three errors in six words."""
    found = evaluate.word_errors("no acute chest pain or fever", "acute chest paint or fever today")
    # no lost | acute | chest | pain→paint | or | fever | today invented
    assert found == evaluate.Errors(substitutions=1, deletions=1, insertions=1, total=6)
    assert found.rate == pytest.approx(0.5)


def test_word_errors_ignore_case_and_marks() -> None:
    """A recogniser that writes capitals and marks is compared by its words."""
    assert evaluate.word_errors("fifty six year old man", "Fifty-six-year-old man.").rate == 0


def test_words_invented_in_silence_count() -> None:
    """Nothing was said and something was heard: the rate is 1, not 0."""
    assert evaluate.word_errors("", "thank you").rate == 1
    assert evaluate.word_errors("", "").rate == 0


def test_write_up_figures_by_hand() -> None:
    """Wrong tokens whatever their case, one wrong number of two, one heading of two, one capital missing."""
    right = "PLAN:\n\nAspirin 81 mg daily.\n\nFOLLOWUP:\n\nIn 3 weeks."
    written = "PLAN:\n\naspirin 80 mg daily.\n\nIn three weeks."
    figures = evaluate.write_up_figures(written, right)
    # tokens of the right text: PLAN : Aspirin 81 mg daily . FOLLOWUP : In 3 weeks .
    assert figures.tokens == evaluate.Errors(substitutions=2, deletions=2, insertions=0, total=13)
    assert figures.numbers == evaluate.Score(right=1, found=2, expected=2)
    assert figures.headings == evaluate.Score(right=1, found=1, expected=2)
    assert figures.capitals == evaluate.Score(right=1, found=1, expected=2)
    # paragraphs begin: "plan :", "aspirin 81 mg", "followup :", "in 3 weeks"
    assert figures.paragraphs == evaluate.Score(right=1, found=3, expected=4)


def test_code_figures_by_hand() -> None:
    """Two ticked of which one is right, one possible and right, three expected."""
    found = [suggestion("I10"), suggestion("E11.9"), suggestion("J45.909", Band.POSSIBLE)]
    figures = evaluate.code_figures(found, ["i10", "E1165", "J45.909"])
    assert figures.suggested == evaluate.Score(right=1, found=2, expected=3)
    assert figures.suggested.f1 == pytest.approx(2 * 1 / (2 + 3))
    assert figures.shown == evaluate.Score(right=2, found=3, expected=3)
    assert figures.categories == evaluate.Score(right=2, found=2, expected=3)


def test_precision_recall_and_f1_by_hand() -> None:
    """8 right of 10 found and 16 expected: 0.8, 0.5 and their harmonic mean."""
    score = evaluate.Score(8, 10, 16)
    assert score.precision == 0.8
    assert score.recall == 0.5
    assert score.f1 == pytest.approx(2 * 0.8 * 0.5 / 1.3)


def test_figures_of_documents_add_up() -> None:
    """Micro-averaging adds the counts, it does not average the rates."""
    total = evaluate.Errors(1, 0, 0, 2) + evaluate.Errors(0, 0, 0, 8)
    assert total.rate == pytest.approx(0.1)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_edit_counts_agree_with_the_textbook(reference: list[str], hypothesis: list[str]) -> None:
    """The number of errors is the Levenshtein distance computed by the textbook's recursion."""
    row = list(range(len(hypothesis) + 1))
    for at, item in enumerate(reference, start=1):
        row, above = [at], row
        for to, other in enumerate(hypothesis, start=1):
            row.append(min(above[to] + 1, row[-1] + 1, above[to - 1] + (item != other)))
    found = evaluate.errors(reference, hypothesis)
    assert found.substitutions + found.deletions + found.insertions == row[-1]
    assert found.total == len(reference)


def test_entities_by_hand() -> None:
    """One drug of two found, one problem of three with other bounds, labels nobody marked do not count."""
    marked = [
        at("Lisinopril", label="DRUG"),
        at("daily", label="DRUG"),
        at("stroke", label="PROBLEM"),
        at("fever", label="PROBLEM"),
        at("diabetes mellitus", label="PROBLEM"),
    ]
    figures = measured("entities", {"text": REPORT, "entities": marked})
    # found: stroke, fever, Type 2 diabetes mellitus; Lisinopril
    assert figures == {
        "DRUG_strict_f1": pytest.approx(2 / 3),
        "DRUG_overlap_f1": pytest.approx(2 / 3),
        "PROBLEM_strict_f1": pytest.approx(2 / 3),
        "PROBLEM_overlap_f1": 1.0,
        "strict_f1": pytest.approx(2 * 3 / (4 + 5)),
        "overlap_f1": pytest.approx(2 * 4 / (4 + 5)),
        "expected": 5,
    }


def test_assertions_by_hand() -> None:
    """One denial of two is seen, a phrase in which nothing is found has no assertion, and the denied fever is past."""
    marked = [
        at("fever", assertions=["negated"]),
        at("stroke", assertions=["historical"]),
        at("mellitus", assertions=["negated"]),
        at("She", assertions=[]),
    ]
    figures = measured("assertions", {"text": REPORT, "entities": marked})
    # negated: 1 found of 2 expected; historical, as all under PMH: 2 found, 1 expected
    assert figures == {
        "negated_f1": pytest.approx(2 / 3),
        "historical_f1": pytest.approx(2 / 3),
        "phrases_found": 0.75,
        "phrases": 4,
    }


def test_sections_by_hand() -> None:
    """Three headings found of four marked, and of three categories told two are right."""
    marked = [
        {"heading": "PMH", "start": REPORT.index("PMH"), "category": "past_medical_history"},
        {"heading": "ASSESSMENT", "start": REPORT.index("ASSESSMENT"), "category": "plan"},
        {"heading": "MEDICATIONS", "start": REPORT.index("MEDICATIONS"), "category": "medications"},
        {"heading": "She", "start": REPORT.index("She")},
    ]
    assert measured("sections", {"text": REPORT, "sections": marked}) == {
        "headings_f1": pytest.approx(2 * 3 / (3 + 4)),
        "precision": 1.0,
        "recall": 0.75,
        "expected": 4,
        "categories_right": pytest.approx(2 / 3),
    }


def test_ranges_that_meet_by_hand() -> None:
    """Two found within one expected count both, and the expected one once."""
    score = evaluate.overlapping([Span(0, 4), Span(5, 9)], [Span(0, 9), Span(20, 24)])
    # of 2 found 2 meet one, of 2 expected 1 meets one: 3 of 4
    assert score.f1 == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("task", "key", "marked"),
    [
        ("entities", "entities", None),
        ("entities", "entities", [{"start": 0, "end": "4"}]),
        ("assertions", "entities", [{"end": 4}]),
        ("sections", "sections", [{"start": 0, "heading": 4}]),
    ],
)
def test_a_row_without_marks_is_refused_by_its_line(task: str, key: str, marked: object) -> None:
    """What cannot be measured is told by the number of its line, without its words."""
    right: list[object] = []
    with pytest.raises(UnusableInput, match=f'Line 2 needs "{key}"') as refused:
        measured(task, {"text": REPORT, key: right}, {"text": "Gout.", key: marked})
    assert "Gout" not in str(refused.value)


def test_doubt_by_hand() -> None:
    """A drug and a dose are wrong and a word is lost; marks stand on the drug, beside the loss and on a right word."""
    right = "She takes bisoprolol at 14 mg and still rests well."
    text = "She takes zarodalin at 40 mg and rests well."
    marks = [
        Mark(Span(text.index(at), text.index(at) + 4), MarkKind.QUERY, "listen") for at in ("zaro", "rest", "well")
    ]
    drafted = Report(Dictation("x"), work_type("letter"), Draft(text, ()), Reading((), ()), (), tuple(marks), {})
    found = doubt_figures(drafted, right, ["bisoprolol"])
    assert found == DoubtFigures(words=9, wrong=4, marks=3, deserved=2, grave=2, covered=1)


def test_doubt_of_what_was_heard_before() -> None:
    """A word that does not exist was heard in the place of a drug with certainty, and a mark stands on it."""
    heard = [[word, n * 0.4, n * 0.4 + 0.4, 0.95] for n, word in enumerate(["she", "takes", "zarodalin", "daily"])]
    found = measured("doubt", {"id": "1", "written": "She takes warfarin daily", "heard": heard})
    assert (found["precision"], found["grave_covered"], found["marks"], found["words"]) == (1, 1, 1, 4)


def test_doubt_needs_words_with_probabilities() -> None:
    """A line whose words have no times is refused."""
    with pytest.raises(UnusableInput, match="Line 1"):
        measured("doubt", {"id": "1", "written": "Well.", "heard": ["well"]})

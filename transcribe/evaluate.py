"""The figures: how well dictations are heard, written up and coded, against a person's own answers.

Tasks read JSON lines. `recognise`: {"id", "reference", "audio"} or {"id", "reference", "heard"};
`writeup`: {"id", "spoken", "written"}; `codes`: {"id", "text", "codes": [code, …]} with the written report as text.
`entities`: {"text", "entities": [{"start", "end", "label"}, …]}; `assertions`: {"text", "entities": [{"start", "end",
"assertions": […]}, …]}; `sections`: {"text", "sections": [{"heading", "start", "category"?}, …]}; `doubt`: its module.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import Levenshtein

from transcribe import clinical, files, pipeline, speech, writeup
from transcribe.domain import Assertion, Band, CodeSuggestion, Dictation, Entity, Label, Reading, Span
from transcribe.errors import UnusableInput
from transcribe.evaluate_doubt import evaluate_doubt
from transcribe.settings import Settings

if TYPE_CHECKING:
    from spacy.language import Language

Figures = dict[str, float | int]

Lines = Iterable[tuple[int, bytes]]  # with their numbers

_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|\S")
_HEADING = re.compile(r"^([A-Z][A-Z0-9 ,&/()'-]*):[ \t]*$", re.MULTILINE)
_SPOKEN_OF = frozenset({Label.PROBLEM, Label.DRUG, Label.PROCEDURE, Label.TEST, Label.ANATOMY})
_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True, slots=True)
class Errors:
    """Edit counts of one sequence against a reference of `total` items."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    total: int = 0

    def __add__(self, other: Errors) -> Errors:
        """Counts of two pieces of text taken together."""
        return Errors(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.total + other.total,
        )

    @property
    def rate(self) -> float:
        """Errors per reference item; an empty reference with insertions counts as 1."""
        wrong = self.substitutions + self.deletions + self.insertions
        return wrong / self.total if self.total else float(wrong > 0)


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of found things against expected things."""

    right: int = 0
    found: int = 0
    expected: int = 0

    def __add__(self, other: Score) -> Score:
        """Counts of two documents taken together (micro-average)."""
        return Score(self.right + other.right, self.found + other.found, self.expected + other.expected)

    @property
    def precision(self) -> float:
        """Share of the found things that were expected; 1 when nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the expected things that were found; 1 when nothing was expected."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 × right / (found + expected); 1 when there was nothing at all."""
        return 2 * self.right / (self.found + self.expected) if self.found + self.expected else 1.0


def errors(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> Errors:
    """The fewest substitutions, deletions and insertions that turn `reference` into `hypothesis`."""
    kinds = Counter(op.tag for op in Levenshtein.editops(reference, hypothesis))
    return Errors(kinds["replace"], kinds["delete"], kinds["insert"], len(reference))


def words(text: str) -> list[str]:
    """The words of spoken text for a word error rate: lower-case, hyphens as blanks, marks dropped."""
    return re.findall(r"[^\W_]+(?:['’.][^\W_]+)*", text.lower().replace("-", " "))


def word_errors(reference: str, heard: str) -> Errors:
    """Word errors of what was heard against what was said."""
    return errors(words(reference), words(heard))


def tokens(written: str) -> list[str]:
    """The tokens of a written report: words, numbers and marks, each as it is written."""
    return _TOKEN.findall(written)


def token_errors(right: str, done: str) -> Errors:
    """Errors of words, numbers and marks, whatever their case: capitals have a figure of their own."""
    return errors(tokens(right.lower()), tokens(done.lower()))


def overlap(found: Iterable[Hashable], expected: Iterable[Hashable]) -> Score:
    """Agreement of two collections in which things may occur more than once."""
    left, right = Counter(found), Counter(expected)
    return Score((left & right).total(), left.total(), right.total())


def numbers(written: str) -> list[str]:
    """The values of the numbers in a text; "three" and "3" are the same, "120/80" is two numbers."""
    values: list[str] = []
    for token in tokens(written):
        if token[0].isdigit():
            values.extend(part.replace(",", "") for part in re.split(r"[:/]", token))
        elif token.lower() in _UNITS:
            values.append(str(_UNITS.index(token.lower())))
    return values


def headings(written: str) -> list[str]:
    """The headings of a report: lines of capitals that end in a colon."""
    return _HEADING.findall(written)


def capitals(written: str) -> list[str]:
    """The words outside headings that begin with a capital."""
    return [token for token in tokens(_HEADING.sub("", written)) if token[0].isupper()]


def paragraphs(written: str) -> list[str]:
    """The first three words of each paragraph, by which a paragraph's beginning is recognised."""
    return [" ".join(tokens(part)[:3]).lower() for part in re.split(r"\n\s*\n", written) if part.strip()]


@dataclass(frozen=True, slots=True)
class WriteUpFigures:
    """How a written report agrees with the right one."""

    tokens: Errors = Errors()
    numbers: Score = Score()
    headings: Score = Score()
    capitals: Score = Score()
    paragraphs: Score = Score()

    def __add__(self, other: WriteUpFigures) -> WriteUpFigures:
        """Figures of two reports taken together."""
        return WriteUpFigures(
            self.tokens + other.tokens,
            self.numbers + other.numbers,
            self.headings + other.headings,
            self.capitals + other.capitals,
            self.paragraphs + other.paragraphs,
        )


def write_up_figures(written: str, right: str) -> WriteUpFigures:
    """The figures of one written report against the right one."""
    return WriteUpFigures(
        token_errors(right, written),
        overlap(numbers(written), numbers(right)),
        overlap(headings(written), headings(right)),
        overlap(capitals(written), capitals(right)),
        overlap(paragraphs(written), paragraphs(right)),
    )


@dataclass(frozen=True, slots=True)
class CodeFigures:
    """How suggested codes agree with a coder's: `suggested` counts the ticked ones, `shown` those and the
    possible ones, `categories` the ticked ones by their first three characters.
    """

    suggested: Score = Score()
    shown: Score = Score()
    categories: Score = Score()

    def __add__(self, other: CodeFigures) -> CodeFigures:
        """Figures of two reports taken together."""
        return CodeFigures(
            self.suggested + other.suggested, self.shown + other.shown, self.categories + other.categories
        )


def code_figures(suggestions: Iterable[CodeSuggestion], right: Iterable[str]) -> CodeFigures:
    """The figures of one report's suggestions against the codes a coder gave; dots and case do not matter."""
    expected = {_plain(code) for code in right}
    shown = list(suggestions)
    ticked = {_plain(each.code) for each in shown if each.band is Band.SUGGESTED}
    return CodeFigures(
        overlap(ticked, expected),
        overlap({_plain(each.code) for each in shown}, expected),
        overlap({code[:3] for code in ticked}, {code[:3] for code in expected}),
    )


def _plain(code: str) -> str:
    return code.upper().replace(".", "")


def evaluate_recognise(lines: Lines, folder: Path, settings: Settings, model: str | None) -> Figures:
    """Word error rate; a line without "heard" names its recording ("audio", relative to `folder`)."""
    total = Errors()
    recogniser: speech.Recogniser | None = None
    for number, row in _rows(lines):
        if "heard" not in row:
            recogniser = recogniser or speech.load_recogniser(model or settings.model, settings.cache_dir)
            row["heard"] = pipeline.recognise(folder / _text(row, "audio", number), recogniser).text
        total += word_errors(_text(row, "reference", number), _text(row, "heard", number))
    return {
        "word_error_rate": total.rate,
        "substitutions": total.substitutions,
        "deletions": total.deletions,
        "insertions": total.insertions,
        "words": total.total,
    }


def evaluate_write_up(lines: Lines, folder: Path, settings: Settings, model: str | None) -> Figures:
    """Tokens right, and F1 of number values, headings, capitals and paragraphs."""
    total = WriteUpFigures()
    for number, row in _rows(lines):
        done = writeup.write_up(_text(row, "spoken", number).split()).text
        total += write_up_figures(done, _text(row, "written", number))
    return {
        "tokens_right": 1 - total.tokens.rate,
        "substitutions": total.tokens.substitutions,
        "deletions": total.tokens.deletions,
        "insertions": total.tokens.insertions,
        "tokens": total.tokens.total,
        "numbers_f1": total.numbers.f1,
        "headings_f1": total.headings.f1,
        "capitals_f1": total.capitals.f1,
        "paragraphs_f1": total.paragraphs.f1,
    }


def evaluate_codes(lines: Lines, folder: Path, settings: Settings, model: str | None) -> Figures:
    """Micro-averaged agreement of suggested codes with a coder's."""
    total = CodeFigures()
    tools = pipeline.load_tools(settings.cache_dir)
    for number, row in _rows(lines):
        codes = row.get("codes")
        if not isinstance(codes, list):
            raise UnusableInput(f'Line {number} needs "codes" as a list.')
        dictation = Dictation(str(row.get("id", number)), files.header_of(row, number))
        drafted = pipeline.draft_text(_text(row, "text", number), dictation, tools, written=True)
        total += code_figures(drafted.codes, map(str, codes))
    return {
        "f1": total.suggested.f1,
        "precision": total.suggested.precision,
        "recall": total.suggested.recall,
        "recall_with_possible": total.shown.recall,
        "category_f1": total.categories.f1,
        "suggested": total.suggested.found,
        "expected": total.suggested.expected,
    }


def evaluate_entities(lines: Lines, folder: Path, settings: Settings, model: str | None) -> Figures:
    """F1 of each label that the file uses, with the same bounds (strict) and with bounds that overlap."""
    rows = list(_rows(lines))
    for number, row in rows:
        _text(row, "text", number)
        _marked(row, number, "entities")
    return entity_figures(clinical.load(), [row for _, row in rows])


def entity_figures(nlp: Language, rows: Sequence[dict[str, Any]]) -> Figures:
    """The figures of a pipeline on rows of "text" and "entities"."""
    gold = [row["entities"] for row in rows]
    used = sorted({str(each["label"]) for marked in gold for each in marked if "label" in each})
    strict, loose = ({label: Score() for label in used} for _ in range(2))
    readings = clinical.annotate_all(nlp, (row["text"] for row in rows))
    for reading, marked in zip(readings, gold, strict=True):
        for label in used:
            found = {entity.span for entity in reading.entities if entity.label == label}
            right = {Span(each["start"], each["end"]) for each in marked if each.get("label") == label}
            strict[label] += overlap(found, right)
            loose[label] += overlapping(found, right)
    kinds = {"strict_f1": strict, "overlap_f1": loose}
    figures: Figures = {f"{label}_{kind}": scores[label].f1 for label in used for kind, scores in kinds.items()}
    figures |= {kind: sum(scores.values(), Score()).f1 for kind, scores in kinds.items()}
    return figures | {"expected": sum(score.expected for score in strict.values())}


def overlapping(found: Collection[Span], expected: Collection[Span]) -> Score:
    """Agreement of ranges that share a character; on the side where more than one does, all of them count."""
    met = sum(any(one.overlaps(other) for other in expected) for one in found)
    seen = sum(any(one.overlaps(other) for other in found) for one in expected)
    # Each side is counted once from both: all counts are double, and F1 is what it should be.
    return Score(met + seen, 2 * len(found), 2 * len(expected))


def evaluate_assertions(lines: Lines, folder: Path, settings: Settings, model: str | None) -> Figures:
    """F1 of each assertion over marked phrases; a phrase has the assertions of the entities that overlap it."""
    rows = list(_rows(lines))
    scores = {assertion: Score() for assertion in Assertion}
    seen = total = 0
    for reading, (number, row) in zip(_readings(rows), rows, strict=True):
        for each in _marked(row, number, "entities"):
            said = said_of(reading, Span(each["start"], each["end"]))
            seen, total = seen + (said is not None), total + 1
            right = set(map(str, each.get("assertions", ())))
            for assertion in Assertion:
                scores[assertion] += overlap({assertion} & (said or frozenset()), {assertion} & right)
    figures: Figures = {f"{name}_f1": score.f1 for name, score in scores.items() if score.expected}
    return figures | {"phrases_found": seen / total if total else 1.0, "phrases": total}


def said_of(reading: Reading, span: Span) -> frozenset[Assertion] | None:
    """What is said of the phrase at `span`: of the entity that shares most of it, a measure only for want of another.

    None when no entity stands there.
    """
    near = [entity for entity in reading.entities if entity.span.overlaps(span)]
    if not near:
        return None

    def shared(entity: Entity) -> tuple[bool, int]:
        return entity.label in _SPOKEN_OF, min(entity.span.end, span.end) - max(entity.span.start, span.start)

    return max(near, key=shared).assertions


def evaluate_sections(lines: Lines, folder: Path, settings: Settings, model: str | None) -> Figures:
    """F1 of headings found where they stand, and the share of right categories where one is given."""
    rows = list(_rows(lines))
    headings_found, right, judged = Score(), 0, 0
    for reading, (number, row) in zip(_readings(rows), rows, strict=True):
        found = {
            Span(each.span.start, each.span.start + len(each.heading)): each
            for each in reading.sections
            if each.heading
        }
        marked = _marked(row, number, "sections")
        expected = {Span(each["start"], each["start"] + len(each["heading"])): each.get("category") for each in marked}
        headings_found += overlapping(found, expected)
        for span, category in expected.items():
            if category is not None:
                judged += 1
                right += any(span.overlaps(at) and section.category == category for at, section in found.items())
    figures: Figures = {
        "headings_f1": headings_found.f1,
        "precision": headings_found.precision,
        "recall": headings_found.recall,
        "expected": headings_found.expected // 2,
    }
    return figures | ({"categories_right": right / judged} if judged else {})


def _readings(rows: Iterable[tuple[int, dict[str, Any]]]) -> Iterator[Reading]:
    """The reading of each row's text, read in batches."""
    return clinical.annotate_all(clinical.load(), (_text(row, "text", number) for number, row in rows))


def _marked(row: dict[str, Any], number: int, key: str) -> list[dict[str, Any]]:
    """The things marked in a row. Raises `UnusableInput` when they are no list of objects with what is needed."""
    marked = row.get(key)
    needed, kind = ("heading", str) if key == "sections" else ("end", int)
    if not isinstance(marked, list) or not all(
        isinstance(each, dict) and isinstance(each.get("start"), int) and isinstance(each.get(needed), kind)
        for each in marked
    ):
        raise UnusableInput(f'Line {number} needs "{key}" as a list of objects with "start" and "{needed}".')
    return marked


TASKS: dict[str, Callable[[Lines, Path, Settings, str | None], Figures]] = {
    "recognise": evaluate_recognise,
    "writeup": evaluate_write_up,
    "codes": evaluate_codes,
    "entities": evaluate_entities,
    "assertions": evaluate_assertions,
    "sections": evaluate_sections,
    "doubt": evaluate_doubt,
}


def _rows(lines: Lines) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in lines:
        yield number, files.read_line(line, number)


def _text(row: dict[str, Any], key: str, number: int) -> str:
    return files.string_of(row, key, number)

"""The figures of doubt: whether an editor is sent to the places that are wrong, and to the ones that can harm.

Each line is {"id", "written", "audio"}, the recording relative to the file, or {"id", "written", "heard": [[word,
start, end, probability], …]}; "written" is the right report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rapidfuzz.distance import Levenshtein

from transcribe import clinical, files, pipeline, speech
from transcribe.domain import Dictation, Label, MarkKind, Report, Transcript, Word
from transcribe.doubt import WEIGHTY_WORD
from transcribe.errors import UnusableInput
from transcribe.settings import Settings
from transcribe.writeup.lexicon import is_form

if TYPE_CHECKING:
    from spacy.language import Language

_WORD = re.compile(r"\w+(?:[.,:/'’-]\w+)*%?")
_ASKING = frozenset({MarkKind.QUERY, MarkKind.BLANK})
_NO_DRUG = frozenset({"medication", "medications", "antibiotic", "antibiotics"})
_PER_PAGE = 400
"""Words on a page."""


@dataclass(frozen=True, slots=True)
class DoubtFigures:
    """Counts: written words, wrong ones, marks that ask, those of them on or beside a wrong word, mistakes in a number,
    side, negation or drug, and those of them that a mark stands on or beside.
    """

    words: int = 0
    wrong: int = 0
    marks: int = 0
    deserved: int = 0
    grave: int = 0
    covered: int = 0

    def __add__(self, other: DoubtFigures) -> DoubtFigures:
        """Counts of two reports taken together."""
        return DoubtFigures(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


def doubt_figures(drafted: Report, right: str, drugs: Iterable[str] = ()) -> DoubtFigures:
    """The figures of one draft against the right report, in which the words `drugs` name what is taken."""
    places = list(_WORD.finditer(drafted.text))
    found, expected = [_plain(place.group()) for place in places], [_plain(word) for word in _WORD.findall(right)]
    spans = [mark.span for mark in drafted.marks if mark.kind in _ASKING and mark.span.start < mark.span.end]
    on = [{n for n, at in enumerate(places) if at.start() < span.end and span.start < at.end()} for span in spans]
    asked = set().union(*on) if on else set()
    named = {_plain(word) for drug in drugs for word in _WORD.findall(drug)} - _NO_DRUG
    wrong: set[int] = set()
    grave = covered = 0
    for mistake in Levenshtein.opcodes(expected, found):
        if mistake.tag == "equal":
            continue
        first, last = mistake.dest_start, mistake.dest_end
        here = set(range(first, last)) or {first - 1, first} & set(range(len(found)))
        wrong |= here
        if _is_grave(expected[mistake.src_start : mistake.src_end], found[first:last], named):
            grave, covered = grave + 1, covered + bool(here & asked)
    return DoubtFigures(len(found), len(wrong), len(on), sum(bool(each & wrong) for each in on), grave, covered)


def _plain(word: str) -> str:
    return word.lower()


def _is_grave(right: list[str], heard: list[str], drugs: set[str]) -> bool:
    """Whether a mistake changes a number, a side, a negation or a drug, and is more than another form of the word."""
    if len(right) == len(heard) == 1 and (is_form(right[0], heard[0]) or is_form(heard[0], right[0])):
        return False
    return any(WEIGHTY_WORD.search(word) or word in drugs for word in right) or any(word[0].isdigit() for word in heard)


def evaluate_doubt(
    lines: Iterable[tuple[int, bytes]], folder: Path, settings: Settings, model: str | None
) -> dict[str, float | int]:
    """How many of the places that ask are wrong (precision), and how many of the grave mistakes are asked about."""
    total = DoubtFigures()
    tools = pipeline.load_tools(settings.cache_dir, steps=("writeup", "annotate"))
    for number, row, transcript in _heard(lines, folder, settings, model):
        right = files.string_of(row, "written", number)
        drafted = pipeline.draft(transcript, Dictation(str(number), files.header_of(row, number)), tools)
        total += doubt_figures(drafted, right, _drugs(tools.language, right))
    return {
        "precision": total.deserved / total.marks if total.marks else 1.0,
        "grave_covered": total.covered / total.grave if total.grave else 1.0,
        "marks_per_page": total.marks * _PER_PAGE / total.words if total.words else 0.0,
        "wrong_words": total.wrong / total.words if total.words else 0.0,
        "marks": total.marks,
        "grave": total.grave,
        "words": total.words,
    }


def _drugs(language: Language, text: str) -> Iterator[str]:
    return (each.text for each in clinical.annotate(language, text).entities if each.label is Label.DRUG)


def _heard(
    lines: Iterable[tuple[int, bytes]], folder: Path, settings: Settings, model: str | None
) -> Iterator[tuple[int, dict[str, Any], Transcript]]:
    """Each line with what was heard, now or before."""
    recogniser: speech.Recogniser | None = None
    for number, line in lines:
        row = files.read_line(line, number)
        if "heard" in row:
            yield number, row, _transcript(row["heard"], number)
            continue
        recogniser = recogniser or speech.load_recogniser(model or settings.model, settings.cache_dir)
        yield number, row, pipeline.recognise(folder / files.string_of(row, "audio", number), recogniser)


def _transcript(heard: Any, number: int) -> Transcript:
    """What was heard before. Raises `UnusableInput` when it is no list of words with times and probabilities."""
    try:
        words = tuple(Word(str(text), float(start), float(end), float(sure)) for text, start, end, sure in heard)
    except (TypeError, ValueError) as error:
        raise UnusableInput(f'Line {number} needs "heard" as a list of [word, start, end, probability].') from error
    return Transcript(words, words[-1].end if words else 0.0, "heard before")

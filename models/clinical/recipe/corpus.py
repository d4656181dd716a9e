"""Reads the sets for spaCy's training (JSON lines of a text and its entities, in any casing) and writes reports."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

from transcribe import writeup
from transcribe.clinical import learned

sys.path.append(str(Path(__file__).parents[2] / "dictation-demo" / "recipe"))
# The recogniser's recipe writes dictations.
import text as dictation_grammar

# What each set was annotated for; in its texts nothing can be learned of the other labels.
ANNOTATED = {"bc5cdr": ("PROBLEM", "DRUG"), "ncbi_disease": ("PROBLEM",), "anatem": ("ANATOMY",)}
# Here only diseases were annotated: a symptom that the lexicons know is neither right nor wrong.
PARTLY = frozenset({"ncbi_disease"})
# Case reports without annotation: they teach what a report is like, as do dictations of the recogniser's grammar.
REPORTS, DICTATED = "codiesp_en", "dictated"
DICTATIONS = 3000

# The last part of each set is never learned from: on it the figures are measured.
HELD_OUT = 0.125

# How often a text is learned from in small letters, how often also without marks, how often with its entities in
# capitals; how often a case report is taken at all, and then line by line.
LOWER, BARE, CAPITALS = 0.15, 0.1, 0.05
REPORTS_TAKEN, LINES = 0.3, 0.5
_MARK = re.compile(r"[.,;:!?](?=\s|$)")


@registry.readers("transcribe.clinical_corpus.v1")
def reader(folder: str | Path, *, training: bool) -> Callable[[Language], Iterable[Example]]:
    """The examples of all sets in `folder` and below it that are learned from, or else of those held out.

    In training they come shuffled and some in other casing, with reports; else as they are written.
    """
    chance = random.Random(1)
    rows = list(chosen(Path(folder), training=training))
    if training:
        rows += [(DICTATED, {"text": text}) for text in dictated(chance)]

    def examples(nlp: Language) -> Iterator[Example]:
        if training:
            chance.shuffle(rows)
        for name, row in rows:
            if name == REPORTS and chance.random() > REPORTS_TAKEN:
                continue
            for text in _pieces(row["text"], chance) if name == REPORTS else [row["text"]]:
                entities = row.get("entities", [])
                cased = _recased(text, entities, chance) if training else text
                yield _example(nlp, cased, entities, name)

    return examples


def held_out(rows: list[dict]) -> int:
    """The index of the first of the rows that are never learned from."""
    return len(rows) - round(len(rows) * HELD_OUT)


def chosen(folder: Path, *, training: bool) -> Iterator[tuple[str, dict]]:
    """The rows to learn from or the others, each with the name of its set."""
    for name in ANNOTATED:
        rows = _rows(folder, f"{name}_train.jsonl") + _rows(folder, f"{name}_devel.jsonl")
        at = held_out(rows)
        yield from ((name, row) for row in (rows[:at] if training else rows[at:]))
    if training:
        yield from ((REPORTS, row) for row in _rows(folder, f"{REPORTS}_train.jsonl"))


def dictated(chance: random.Random) -> Iterator[str]:
    """Short dictations as the product writes them up, of one to four sentences."""
    writer = dictation_grammar.Writer(chance, salad=0.0, packaged=False)
    for _ in range(DICTATIONS):
        said = [[*writer.grammar().split(), "period"] for _ in range(chance.choice((1, 1, 1, 2, 3, 4)))]
        yield writeup.write_up([word for sentence in said for word in sentence]).text


def _rows(folder: Path, name: str) -> list[dict]:
    path = next(folder.rglob(name), None)
    if path is None:
        raise SystemExit(f"{folder} has no {name}.")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _pieces(text: str, chance: random.Random) -> list[str]:
    """The report as a whole or its lines."""
    return [line for line in text.splitlines() if line.strip()] if chance.random() < LINES else [text]


def _recased(text: str, entities: list[dict], chance: random.Random) -> str:
    """The text, sometimes in small letters, without marks or with entities in capitals; its length never changes."""
    draw = chance.random()
    other = text
    if draw < LOWER:
        other = text.lower()
    elif draw < LOWER + BARE:
        other = _MARK.sub(" ", text.lower())
    elif draw < LOWER + BARE + CAPITALS:
        for entity in entities:
            start, end = entity["start"], entity["end"]
            other = other[:start] + other[start:end].upper() + other[end:]
    return other if len(other) == len(text) else text


def _example(nlp: Language, text: str, entities: list[dict], name: str) -> Example:
    reference: Doc = nlp.make_doc(text)
    for label in ANNOTATED.get(name, ()):
        marked = (row for row in entities if row["label"] == label)
        spans = (reference.char_span(row["start"], row["end"], label=label, alignment_mode="expand") for row in marked)
        reference.spans[label] = [span for span in spans if span is not None]
    if name in PARTLY:
        reference.spans[learned.PARTLY] = []
    if name in (REPORTS, DICTATED):
        reference.spans[learned.REPORT] = []
    return Example(nlp.make_doc(text), reference)

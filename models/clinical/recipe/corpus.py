"""Reads the annotated sets for spaCy's training: JSON lines of a text and its entities, some in other casing."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

# What each set was annotated for; in its texts nothing can be learned of the other labels.
ANNOTATED = {"bc5cdr": ("PROBLEM", "DRUG"), "ncbi_disease": ("PROBLEM",), "anatem": ("ANATOMY",)}
PARTS = ("train", "devel")

# How often a text is learned from in small letters, and how often with an entity in capitals.
LOWER, CAPITALS = 0.25, 0.05


@registry.readers("transcribe.clinical_corpus.v1")
def reader(
    folder: str | Path, parts: list[str], *, cased: bool, limit: int = 0
) -> Callable[[Language], Iterable[Example]]:
    """The examples of the `parts` of all sets in `folder`; `cased`: each as it is written, always in one order."""
    rows = [(name, row) for name in ANNOTATED for part in parts for row in _rows(Path(folder) / f"{name}_{part}.jsonl", limit)]
    chance = random.Random(1)

    def examples(nlp: Language) -> Iterator[Example]:
        if not cased:
            chance.shuffle(rows)
        for name, row in rows:
            text = row["text"] if cased else _recased(row["text"], row["entities"], chance)
            yield _example(nlp, text, row["entities"], ANNOTATED[name])

    return examples


def _rows(path: Path, limit: int) -> list[dict]:
    lines = path.read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines[: limit or None]]


def _recased(text: str, entities: list[dict], chance: random.Random) -> str:
    """The text, sometimes in small letters or with its entities in capitals; its length never changes."""
    draw = chance.random()
    if draw < LOWER:
        other = text.lower()
    elif draw < LOWER + CAPITALS:
        other = text
        for entity in entities:
            start, end = entity["start"], entity["end"]
            other = other[:start] + other[start:end].upper() + other[end:]
    else:
        other = text
    return other if len(other) == len(text) else text


def _example(nlp: Language, text: str, entities: list[dict], labels: tuple[str, ...]) -> Example:
    reference: Doc = nlp.make_doc(text)
    for label in labels:
        marked = (row for row in entities if row["label"] == label)
        spans = (
            reference.char_span(row["start"], row["end"], label=label, alignment_mode="expand") for row in marked
        )
        reference.spans[label] = [span for span in spans if span is not None]
    return Example(nlp.make_doc(text), reference)

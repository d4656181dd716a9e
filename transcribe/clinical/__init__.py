"""Reads a written report: its sections, the medical things it mentions, and what it says about them.

spaCy is imported when a pipeline is loaded, not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from transcribe.domain import Reading

if TYPE_CHECKING:
    from spacy.language import Language

VERSION = "clinical 2"
"""What `made_by` says of a reading."""


def load(*, learned: bool = True) -> Language:
    """Return a new spaCy pipeline that anyone can use.

    `learned`: with the trained component beside the lexicons and rules; without it reading is three times as fast.
    It fills `doc.ents`, `doc.sents`, `doc.spans["sections"]`, `doc._.sections`, and on every entity
    `._.assertions`, `._.cues`, `._.attributes` and `._.category`.
    """
    from transcribe.clinical import language

    return language.load(learned=learned)


def annotate(nlp: Language, text: str) -> Reading:
    """The sections and entities of a written text, in text order; spans are characters of `text`."""
    return next(annotate_all(nlp, [text]))


def annotate_all(nlp: Language, texts: Iterable[str]) -> Iterator[Reading]:
    """The reading of each text, in order."""
    from transcribe.clinical import language

    return language.annotate_all(nlp, texts)

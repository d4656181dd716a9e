"""Decides what an abbreviation of several meanings means, by what stands around it and in which section it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from transcribe.clinical.entities import Found
from transcribe.clinical.mentions import Sentence
from transcribe.clinical.words import Words
from transcribe.domain import Category, Label, Span

MEANS, UNCLEAR = "means", "unclear"
"""The attributes of an entity that say what its abbreviation means, or between which meanings it is open."""

# What each kind of sign weighs: words right beside it decide, a section or a word of the sentence counts.
_DECIDES, _SECTION, _SENTENCE, _ELSEWHERE = 10, 2, 2, 1
_AROUND = 40
_FAR = 400


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning and what points to it; `label` is None for what is no entity."""

    means: str
    label: Label | None
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    sections: frozenset[Category]
    near: re.Pattern[str] | None
    usual: bool


@cache
def _senses() -> dict[str, tuple[Sense, ...]]:
    raw = tomllib.loads(files("transcribe.clinical").joinpath("ambiguous.toml").read_text("utf-8"))
    return {
        short: tuple(
            Sense(
                means=row["means"],
                label=Label(row["label"]) if "label" in row else None,
                before=re.compile(row["before"], re.I) if "before" in row else None,
                after=re.compile(row["after"], re.I) if "after" in row else None,
                sections=frozenset(map(Category, row.get("sections", ()))),
                near=re.compile(rf"\b(?:{'|'.join(map(re.escape, row['near']))})", re.I) if "near" in row else None,
                usual=row.get("usual", False),
            )
            for row in rows
        )
        for short, rows in raw.items()
    }


def with_meanings(text: str, words: Words, sentence: Sentence, found: list[Found]) -> list[Found]:
    """The entities of a sentence with every ambiguous abbreviation read; one that is part of more stays as it is."""
    for span in _abbreviations(text, words, sentence):
        here = [item for item in found if item.span.overlaps(span)]
        if any(item.span != span for item in here):
            continue
        found = [item for item in found if item.span != span]
        sense = _meant(text, span, words, sentence)
        item = here[0] if here else Found(span, Label.PROBLEM)
        if sense is None:
            labels = [each.label for each in _senses()[span.of(text)] if each.label]
            if not here or (sentence.category is not Category.OTHER and item.label not in labels):
                item.label = labels[0]
            item.attributes[UNCLEAR] = " or ".join(sense.means for sense in _senses()[span.of(text)])
        elif sense.label is None:
            continue
        else:
            item.label = sense.label
            item.attributes[MEANS] = sense.means
        found = sorted([*found, item], key=lambda item: item.span)
    return found


def _abbreviations(text: str, words: Words, sentence: Sentence) -> Iterator[Span]:
    """The ambiguous abbreviations that the text does not explain, in a sentence that is not all in capitals."""
    for at in range(sentence.first, sentence.last):
        if words.written[at] not in _senses():
            continue
        span = Span(words.starts[at], words.ends[at])
        if not _sentence(text, words, sentence).isupper() and f"({span.of(text)})" not in text:
            yield span


def _sentence(text: str, words: Words, sentence: Sentence) -> str:
    """The text of the sentence, without the short words that are capitals themselves."""
    return " ".join(re.findall(r"\w{4,}", text[words.starts[sentence.first] : words.ends[sentence.last - 1]])) or "a"


def _meant(text: str, span: Span, words: Words, sentence: Sentence) -> Sense | None:
    """The sense that most points to; None when none does or two do alike."""
    start, end = words.starts[sentence.first], words.ends[sentence.last - 1]
    before, after = text[max(start, span.start - _AROUND) : span.start], text[span.end : min(end, span.end + _AROUND)]
    own = f"{text[start : span.start]} {text[span.end : end]}"
    wide = text[max(0, span.start - _FAR) : span.end + _FAR]

    def weight(sense: Sense) -> int:
        decided = (sense.before and sense.before.search(before)) or (sense.after and sense.after.search(after))
        return (
            _DECIDES * bool(decided)
            + _SECTION * (sentence.category in sense.sections)
            + (
                _SENTENCE * bool(sense.near.search(own)) + _ELSEWHERE * bool(sense.near.search(wide))
                if sense.near
                else 0
            )
        )

    ranked = sorted(_senses()[span.of(text)], key=weight, reverse=True)
    most, next_ = weight(ranked[0]), weight(ranked[1])
    if most > next_:
        return ranked[0]
    return next((sense for sense in ranked if sense.usual and weight(sense) == most), None)

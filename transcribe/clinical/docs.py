"""What the components share: a spaCy document as the words, sentences and mentions of a report."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from spacy.tokens import Doc, Span

import transcribe.clinical.storing  # noqa: F401 (registers how a document with our values is stored)
from transcribe import domain
from transcribe.clinical.mentions import Sentence
from transcribe.clinical.words import Words, words_of
from transcribe.domain import Category

TEXT, OUTSIDE, ARTICLE = "clinical_text", "clinical_outside", "clinical_article"
_WORDS, _READ = "clinical_words", "clinical_read"


def text_of(doc: Doc) -> str:
    """The text of the document, put together once: spaCy joins the tokens at every asking."""
    text: str | None = doc.user_data.get(TEXT)
    if text is None:
        text = doc.user_data[TEXT] = doc.text
    return text


def starts_of(doc: Doc) -> list[int]:
    """The character at which each token begins."""
    # One array is ten times as fast as asking every token.
    starts: list[int] = doc.to_array("IDX").tolist()
    return starts


def written_tokens(doc: Doc, starts: list[int]) -> list[str]:
    """Each token as it is written."""
    text = text_of(doc)
    lengths: list[int] = doc.to_array("LENGTH").tolist()
    return [text[start : start + length] for start, length in zip(starts, lengths, strict=True)]


def content_words(doc: Doc, starts: list[int]) -> Words:
    """The content words of the document, found once."""
    words: Words | None = doc.user_data.get(_WORDS)
    if words is None:
        words = doc.user_data[_WORDS] = words_of(written_tokens(doc, starts), starts)
    return words


def remember(doc: Doc, found: list[Sentence]) -> None:
    """Keep the sentences for the components that follow."""
    doc.user_data[_READ] = found


def remembered(doc: Doc) -> list[Sentence]:
    """The sentences that the component of the mentions kept."""
    found: list[Sentence] = doc.user_data.get(_READ, [])
    return found


def forget(doc: Doc) -> None:
    """Drop what only the components needed, so that the document can be stored and sent."""
    for key in (_WORDS, _READ, OUTSIDE, ARTICLE):
        doc.user_data.pop(key, None)


def bodies(doc: Doc, words: Words, starts: list[int]) -> Iterator[tuple[int, int, Category]]:
    """Each sentence under a heading as a range of words, with the category of its section."""
    marks = doc.to_array("SENT_START").tolist()
    firsts = [bisect_left(words.starts, starts[at]) for at, mark in enumerate(marks) if mark == 1]
    sections = iter(doc._.sections)
    section = next(sections, None)
    for first, last in pairwise([*firsts, len(words)]):
        if first >= last:
            continue
        here = words.starts[first]
        while section is not None and here >= section.span.end:
            section = next(sections, None)
        if section is not None and here >= section.body.start:
            yield first, last, section.category


def span_of(doc: Doc, starts: list[int], span: domain.Span, label: str) -> Span:
    """The tokens that cover a range of characters."""
    return Span(doc, bisect_left(starts, span.start), bisect_left(starts, span.end), label=label)

"""The clinical reading as a spaCy pipeline: tokenizer, components, and what they hand to the domain."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import registry
from spacy.vocab import Vocab

from transcribe import assets, domain
from transcribe.clinical.abbreviations import explained, uses
from transcribe.clinical.ambiguous import with_meanings
from transcribe.clinical.assertions import Reach, heading_assertion, is_habit, reaches, section_assertion, settled
from transcribe.clinical.docs import (
    ARTICLE,
    OUTSIDE,
    TEXT,
    bodies,
    content_words,
    forget,
    remember,
    remembered,
    span_of,
    starts_of,
    text_of,
)
from transcribe.clinical.entities import Found, is_given, sentence_entities
from transcribe.clinical.fused import LABELS, Named, added, weighed
from transcribe.clinical.learned import KEY, NAME
from transcribe.clinical.mentions import Mention, Sentence, chunks, mentions
from transcribe.clinical.sections import find_sections
from transcribe.clinical.sentences import sentences
from transcribe.clinical.tables import tables
from transcribe.clinical.words import Words, pieces
from transcribe.domain import Assertion, Category, Label, Reading
from transcribe.errors import MissingPart

COMPONENTS = (
    "clinical_sections",
    "clinical_sentences",
    "clinical_mentions",
    "clinical_entities",
    "clinical_assertions",
)
_MEASURES = frozenset({Label.DOSAGE, Label.ROUTE, Label.FREQUENCY})
# A mention of the lexicons is given up where the trained component is surer than this that there is none.
_SURELY_NOT = {Label.PROBLEM: 0.5, Label.DRUG: 0.8, Label.ANATOMY: 0.9}
# To a report the trained component adds what it doubts less than this: it was taught more by articles.
_SURELY_NEW = 0.1
# A text is a report unless the component is surer than this that it is an article.
_SURELY_ARTICLE = 0.97
_SHORT = 2
_LITTLE_WORDS = frozenset({"NO", "IN", "OR", "AS", "AT", "IS", "IT", "TO", "ON", "OF", "BY", "WE", "IF", "HE", "AN"})
# Few texts at once: the network's memory grows with them, and its speed does not.
_CONFIG = {"nlp": {"tokenizer": {"@tokenizers": "transcribe.clinical_tokenizer.v1"}, "batch_size": 4}}


class Tokenizer:
    """Cuts text into words, figures and marks; hyphens stand alone, "b.i.d." and "0.5" stay whole."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """The text as a spaCy document, not yet read."""
        found, blanks = pieces(text)
        return Doc(self.vocab, words=found, spaces=blanks, user_data={TEXT: text})

    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to store: the rules are in the code."""
        return b""

    def from_bytes(self, _: bytes, **__: Any) -> Tokenizer:
        """Nothing to restore."""
        return self

    def to_disk(self, _: Any, **__: Any) -> None:
        """Nothing to store."""

    def from_disk(self, _: Any, **__: Any) -> Tokenizer:
        """Nothing to restore."""
        return self


@registry.tokenizers("transcribe.clinical_tokenizer.v1")  # type: ignore[untyped-decorator]
def make_tokenizer() -> Callable[[Language], Tokenizer]:
    """The tokenizer for a spaCy configuration."""
    return lambda nlp: Tokenizer(nlp.vocab)


for _owner, _name, _default in (
    (Doc, "sections", ()),
    (Span, "assertions", frozenset()),
    (Span, "cues", ()),
    (Span, "attributes", {}),
    (Span, "category", Category.OTHER),
):
    _owner.set_extension(_name, default=_default, force=True)


@Language.component(COMPONENTS[0], assigns=["doc._.sections"])
def clinical_sections(doc: Doc) -> Doc:
    """Find the sections: `doc._.sections` for the domain, `doc.spans["sections"]` labelled by category."""
    found = find_sections(text_of(doc))
    doc._.sections = found
    starts = starts_of(doc)
    doc.spans["sections"] = [span_of(doc, starts, section.span, section.category.value) for section in found]
    return doc


@Language.component(COMPONENTS[1], requires=["doc._.sections"], assigns=["token.is_sent_start"])
def clinical_sentences(doc: Doc) -> Doc:
    """Mark where sentences, list items, headings and the texts under headings begin."""
    starts = starts_of(doc)
    words = content_words(doc, starts)
    edges = (edge for section in doc._.sections for edge in (section.span.start, section.body.start))
    begins = [bisect_left(starts, words.starts[first]) for first, _ in sentences(words, edges)]
    # As one array: to mark a single token makes spaCy look through the whole document. The stubs want
    # an array type of thinc, which is numpy's at run time.
    marks = np.zeros((len(doc), 1), dtype="uint64")
    marks[begins] = 1
    return doc.from_array(["SENT_START"], marks)  # type: ignore[arg-type]


@Language.component(COMPONENTS[2], requires=["token.is_sent_start"])
def clinical_mentions(doc: Doc) -> Doc:
    """Find what the lexicons and rules know, for the components that follow."""
    starts = starts_of(doc)
    words = content_words(doc, starts)
    found = []
    for first, last, category in bodies(doc, words, starts):
        parts = chunks(words, first, last)
        found.append(Sentence(first, last, category, parts, mentions(words, parts)))
    remember(doc, found)
    return doc


@Language.component(COMPONENTS[3], assigns=["doc.ents"])
def clinical_entities(doc: Doc) -> Doc:
    """Find the entities: `ent.label_`, `ent._.attributes`, and `ent._.category` of their section."""
    text = text_of(doc)
    starts = starts_of(doc)
    words = content_words(doc, starts)
    found: list[tuple[Found, Category]] = []
    _take_learned(doc, words, starts)
    for sentence in remembered(doc):
        here = with_meanings(text, words, sentence, sentence_entities(text, words, sentence))
        found += [(item, sentence.category) for item in here]
    found = _with_abbreviations(doc, found)
    spans = [span_of(doc, starts, item.span, item.label.value) for item, _ in found]
    doc.ents = spans
    for span, (item, category) in zip(spans, found, strict=True):
        span._.attributes = item.attributes
        span._.category = category
    return doc


def _take_learned(doc: Doc, words: Words, starts: list[int]) -> None:
    """Join the mentions of each sentence with those of the trained component, if it ran."""
    outside = doc.user_data.get(OUTSIDE)
    if outside is None:
        return
    waiting = [
        (bisect_left(words.starts, span.start_char), bisect_right(words.ends, span.end_char), Label(span.label_))
        for span in doc.spans[KEY]
        if _is_name(span)
    ]

    def outside_of(name: Named) -> float:
        """How surely the words are no such thing, from 0 to 1."""
        first, last = (bisect_left(starts, words.starts[at]) for at in (name[0], name[1] - 1))
        return float(outside[first : last + 1, LABELS.index(name[2])].mean())

    def is_sure(mention: Mention) -> bool:
        if capitals:
            return True  # the network reads capitals less well than the lexicons do
        if (
            mention.label is Label.PROBLEM
            and mention.last - mention.first > 1
            and is_habit(words, mention.first, mention.last)
        ):
            return True
        if mention.label not in LABELS:
            return is_given(text_of(doc), words, end, mention)
        alone = not any(span[0] < mention.last and mention.first < span[1] for span in here)
        return is_given(text_of(doc), words, end, mention) or (
            alone and outside_of((mention.first, mention.last, mention.label)) < _SURELY_NOT[mention.label]
        )

    article = _is_article(doc)
    at = 0
    for sentence in remembered(doc):
        begin = at
        while at < len(waiting) and waiting[at][0] < sentence.last:
            at += 1
        here = [item for item in waiting[begin:at] if sentence.first <= item[0] < item[1] <= sentence.last]
        end = words.ends[sentence.last - 1]
        capitals = text_of(doc)[words.starts[sentence.first] : end].isupper()
        if article:
            sentence.mentions = weighed(sentence, here, is_sure)
        else:
            sentence.mentions = added(sentence, [name for name in here if outside_of(name) < _SURELY_NEW])


def _is_article(doc: Doc) -> bool:
    """Whether the text reads like an article and has no heading of a report."""
    headed = any(section.category is not Category.OTHER for section in doc._.sections)
    return not headed and bool(doc.user_data[ARTICLE] > _SURELY_ARTICLE)


def _is_name(span: Span) -> bool:
    """Whether a learned name may stand: one of two letters only as a substance in capitals ("CS", "E2").

    "NO" is a denial before it is nitric oxide.
    """
    words = span.text
    if len(words) != _SHORT:
        return len(words) > _SHORT
    return span.label_ == Label.DRUG and words[0].isalpha() and words.isupper() and words not in _LITTLE_WORDS


def _with_abbreviations(doc: Doc, found: list[tuple[Found, Category]]) -> list[tuple[Found, Category]]:
    """The entities with the abbreviations that the text explains, in order."""
    text = text_of(doc)
    names = explained(text, (item for item, _ in found))
    more = uses(text, names, [item.span for item, _ in found if item.label is not Label.ANATOMY])
    extra = [
        (item, section.category) for item in more for section in doc._.sections if section.body.contains(item.span)
    ]
    kept = [pair for pair in found if not any(pair[0].span.overlaps(item.span) for item, _ in extra)]
    return sorted([*kept, *extra], key=lambda pair: pair[0].span)


@Language.component(COMPONENTS[4], requires=["doc.ents"])
def clinical_assertions(doc: Doc) -> Doc:
    """Decide what is said of each entity: `ent._.assertions`, and for each its words in `ent._.cues`."""
    starts = starts_of(doc)
    words = content_words(doc, starts)
    waiting = [
        (bisect_left(words.starts, ent.start_char), bisect_left(words.starts, ent.end_char), ent) for ent in doc.ents
    ]
    at = 0
    for first, last, category in bodies(doc, words, starts):
        here = at
        while at < len(waiting) and waiting[at][0] < last:
            at += 1
        _assert(doc, words, first, last, waiting[here:at], category)
    forget(doc)
    return doc


def _assert(
    doc: Doc, words: Words, first: int, last: int, ents: list[tuple[int, int, Span]], category: Category
) -> None:
    """Write the assertions of the entities of one sentence."""
    said = [(begin, end, ent) for begin, end, ent in ents if Label(ent.label_) not in _MEASURES]
    if not said:
        return
    # A result in words ("negative") is an entity and may be a cue as well.
    taken = [(begin, end) for begin, end, ent in said if ent.label_ != Label.VALUE]
    results = [(begin, end) for begin, end, ent in said if ent.label_ == Label.VALUE]
    found = [reach for reach in reaches(words, first, last, taken) if not _is_result(reach, results)]
    heading = _heading(doc, words.starts[first])
    of_problems = heading_assertion(heading.of(text_of(doc)))
    of_all = section_assertion(category)
    for begin, end, ent in said:
        problem = ent.label_ == Label.PROBLEM
        cues: dict[Assertion, domain.Span] = {}
        for reach in found:
            if reach.covers(begin, end, problem=problem):
                cue = domain.Span(words.starts[reach.cue_first], words.ends[reach.cue_last - 1])
                cues.setdefault(reach.rule.assertion, cue)
        if Assertion.NEGATED in cues and is_habit(words, begin, end):
            cues.setdefault(Assertion.HISTORICAL, cues[Assertion.NEGATED])
        prior = (of_problems if problem else None) or of_all
        if prior is not None and prior not in cues:
            cues[prior] = heading
        cues = settled(cues)
        ent._.assertions = frozenset(cues)
        ent._.cues = tuple(cues.items())


def _is_result(reach: Reach, results: list[tuple[int, int]]) -> bool:
    """Whether the cue behind is the result of a test, and says nothing of a problem: "rash, strep negative"."""
    backward = not reach.rule.forward and reach.rule.assertion is Assertion.NEGATED
    return backward and any(begin <= reach.cue_first and reach.cue_last <= end for begin, end in results)


def _heading(doc: Doc, at: int) -> domain.Span:
    """The heading that the character `at` stands under: the cue of what a section says."""
    section = next(section for section in reversed(doc._.sections) if section.span.start <= at)
    return domain.Span(section.span.start, section.span.start + len(section.heading))


def load(*, learned: bool = True, weights: bytes | None = None) -> Language:
    """A new pipeline; see `transcribe.clinical.load`. `weights` stand for the bundled ones of the trained component."""
    nlp = spacy.blank("en", config=_CONFIG)
    for name in COMPONENTS:
        nlp.add_pipe(name)
    if learned:
        component = nlp.add_pipe(NAME, before="clinical_entities")
        component.model.from_bytes(weights or _bundled())  # type: ignore[attr-defined]
    nlp("Aspirin 81 mg daily.")  # reads the tables now, so that the first report does not wait for them
    return nlp


def _bundled() -> bytes:
    """The weights that come with the product. Raises `MissingPart` when they are not there."""
    path = assets.shipped("models") / "clinical" / "model" / "model.bin"
    if not path.is_file():
        raise MissingPart(f"The clinical model comes with the product and is not at {path}; install it again.")
    return path.read_bytes()


def reading(doc: Doc) -> Reading:
    """What the components found, as values of the domain."""
    entities = tuple(
        domain.Entity(
            span=domain.Span(ent.start_char, ent.end_char),
            label=Label(ent.label_),
            text=ent.text,
            assertions=ent._.assertions,
            section=Category(ent._.category),
            attributes=dict(ent._.attributes),
            cues=tuple((Assertion(name), cue) for name, cue in ent._.cues),
        )
        for ent in doc.ents
    )
    sections = tuple(doc._.sections)
    return Reading(sections, entities, tables(text_of(doc), sections, entities))


def annotate_all(nlp: Language, texts: Iterable[str]) -> Iterator[Reading]:
    """The reading of each text; see `transcribe.clinical.annotate_all`."""
    return map(reading, nlp.pipe(texts))

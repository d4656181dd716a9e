"""Finds the entities of a sentence: mentions by lexicon, measures by form, and what belongs together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from transcribe.clinical import measures
from transcribe.clinical.mentions import Mention, Sentence
from transcribe.clinical.words import Words
from transcribe.domain import Category, Label, Span
from transcribe.usual_values import flag

# How far, in characters, a dose may stand behind its drug and before it ("10 mg of lisinopril").
_DOSE_BEHIND, _DOSE_BEFORE = 60, 5
_PRESCRIBED = frozenset({Category.MEDICATIONS, Category.ALLERGIES})
_SITED = frozenset({Label.PROBLEM, Label.PROCEDURE, Label.ANATOMY})
_DOSED = re.compile(r"\s*(?:\d[\d.,]*\s?(?:mg|mcg|g|gm|grams?|mEq|units?|mL|tablets?)\b(?!/(?:dL|L)\b)|supplement)")
_UNLISTED = re.compile(r"(?:\d+[.)]\s*)?([A-Z][A-Za-z-]{3,})(?=\s+\d)")
_FOR = re.compile(
    r",?\s+(?:(?:as needed |p\.r\.n\. )?(?:for|to treat|to control|because of)"
    r"(?: (?:his|her|the|their|a|any|chronic|acute))*\s+|(?<=p\.r\.n\. ))",
    re.I,
)
_PRESCRIPTION = frozenset({Label.DOSAGE, Label.ROUTE, Label.FREQUENCY})
_SIDES = re.compile(r"\b(left|right|bilateral(?:ly)?|both)\b", re.I)
_APART = re.compile(r"[,;:\n]|\b(?:and|then)\b")
_QUANTITY = re.compile(
    r"((?:[<>≤≥~]|(?:less|greater|more) than)?\s?\d[\d,.]*(?:\s?(?:[-–/x]|to\b)\s?\d[\d,.]*)*)\s*(.*)", re.S
)
_FIGURES = re.compile(r"\s\d")
_COUNTED = re.compile(r"\b(?:tab|cap|pill|puff|drop|spray|patch|supposit|lozenge|vial|packet|inhalation)", re.I)
_SEVERITY = re.compile(r"\b(mild|moderate|severe)(?:ly)?(?: to (moderate|severe))?\s+$", re.I)


@dataclass(slots=True)
class Found:
    """An entity while its sentence is being read."""

    span: Span
    label: Label
    attributes: dict[str, str] = field(default_factory=dict)


def sentence_entities(text: str, words: Words, sentence: Sentence) -> list[Found]:
    """The entities of a sentence, in order and without overlap."""
    start, end, category = words.starts[sentence.first], words.ends[sentence.last - 1], sentence.category
    found = [_found(text, words, mention, category) for mention in sentence.mentions]
    if category is Category.MEDICATIONS and not any(item.label is Label.DRUG for item in found):
        found = _with_unlisted_drug(text, start, end, found)
    drugs = [item.span for item in found if item.label is Label.DRUG]
    claims: list[Found] = []
    if drugs:
        claims.extend(_prescription(text, start, end, found, drugs))
    results = _results(text, start, end, found)
    numbers = [Found(span, Label.VALUE) for span in measures.values(text, start, end)]
    solid = [item for item in found if item.label is not Label.ANATOMY]
    body = [item for item in found if item.label is Label.ANATOMY]
    kept = _without_overlap([solid, claims, results, numbers, body])
    _attach(text, start, kept)
    _give_reasons(text, kept)
    return kept


def is_given(text: str, words: Words, end: int, mention: Mention) -> bool:
    """Whether a dose behind a drug, or a result behind a test, shows by itself what the mention is."""
    at = words.ends[mention.last - 1]
    if mention.label is Label.TEST:
        return measures.result_after(text, at, end) is not None
    return mention.label is Label.DRUG and _DOSED.match(text, at, end) is not None


def _found(text: str, words: Words, mention: Mention, category: Category) -> Found:
    """The mention as an entity; a substance is a drug beside a dose or in a list of drugs."""
    span = Span(words.starts[mention.first], words.ends[mention.last - 1])
    given = mention.substance and (category in _PRESCRIBED or _DOSED.match(text, span.end))
    found = Found(span, Label.DRUG if given else mention.label)
    sided = found.label is Label.TEST and _SIDES.search(span.of(text)) is not None
    if mention.site[1] and (sided or found.label in _SITED):
        site = Span(words.starts[mention.site[0]], words.ends[mention.site[1] - 1])
        found.attributes["site"] = site.of(text).lower()
    return found


def _with_unlisted_drug(text: str, start: int, end: int, found: list[Found]) -> list[Found]:
    """The entities with the capitalised name before the first dose of a line in a medication list."""
    name = _UNLISTED.match(text, start, end)
    if name is None or not _DOSED.match(text, name.end(1), end):
        return found
    span = Span(*name.span(1))
    return [Found(span, Label.DRUG), *(item for item in found if not item.span.overlaps(span))]


def _prescription(text: str, start: int, end: int, found: list[Found], drugs: list[Span]) -> list[Found]:
    """Doses near a drug, and the routes and frequencies of the sentence."""
    tests = [item.span for item in found if item.label is Label.TEST]
    return [
        Found(span, label)
        for span, label in measures.prescriptions(text, start, end)
        if label is not Label.DOSAGE or _near_drug(span, drugs, tests)
    ]


def _near_drug(dose: Span, drugs: list[Span], tests: list[Span]) -> bool:
    """Whether a dose stands close behind or right before a drug, with no test between."""
    for drug in drugs:
        if 0 <= drug.start - dose.end <= _DOSE_BEFORE:
            return True
        if 0 <= dose.start - drug.end <= _DOSE_BEHIND:
            return not any(drug.end <= test.start < dose.start for test in tests)
    return False


def _results(text: str, start: int, end: int, found: list[Found]) -> list[Found]:
    """The results beside the tests of the sentence."""
    tests = [item.span for item in found if item.label is Label.TEST]
    after = (measures.result_after(text, test.end, end) for test in tests)
    before = (measures.result_before(text, start, test.start) for test in tests)
    return [Found(span, Label.VALUE) for span in (*after, *before) if span is not None]


def _without_overlap(groups: Iterable[list[Found]]) -> list[Found]:
    """The entities of all groups in text order; an earlier group wins over a later one."""
    kept: list[Found] = []
    for group in groups:
        for item in sorted(group, key=lambda item: (item.span.start, -item.span.end)):
            if item.span.start < item.span.end and not any(item.span.overlaps(other.span) for other in kept):
                kept.append(item)
    return sorted(kept, key=lambda item: item.span)


def _attach(text: str, start: int, found: list[Found]) -> None:
    """Give each drug its dose, route and frequency, each test its value, each problem its side and site."""
    owner: Found | None = None
    names = {Label.DOSAGE: "dose", Label.ROUTE: "route", Label.FREQUENCY: "frequency"}
    waiting: list[Found] = []
    for before, item in zip([None, *found], found, strict=False):
        if item.label in (Label.DRUG, Label.TEST):
            owner = item
            for earlier in waiting:
                _own(text, owner, earlier, names)
            waiting = []
            if item.label is Label.TEST:
                _place(text, start, item)
        elif item.label in names or item.label is Label.VALUE:
            if _before_its_owner(text, item, found) and not _behind_its_owner(text, item, owner):
                waiting.append(item)
            elif owner is not None and before and _is_anothers(text, owner, before, item):
                owner = None
            elif owner is not None:
                _own(text, owner, item, names)
        elif item.label in _SITED:
            _place(text, start, item)


def _before_its_owner(text: str, item: Found, found: list[Found]) -> bool:
    """Whether a dose or a result stands right before the drug or test it belongs to."""
    wanted = Label.TEST if item.label is Label.VALUE else Label.DRUG
    return any(
        other.label is wanted and text[item.span.end : other.span.start].strip() in {"", "of"}
        for other in found
        if other.span.start >= item.span.end
    )


def _behind_its_owner(text: str, item: Found, owner: Found | None) -> bool:
    """Whether a dose or a result follows its drug or test at once, so that the next one's is still to come.

    "Pulse 72 temperature 98.6": the 72 is the pulse, although it stands right before the temperature.
    """
    wanted = Label.TEST if item.label is Label.VALUE else Label.DRUG
    if owner is None or owner.label is not wanted or text[item.span.end :].lstrip().startswith("of "):
        return False
    if item.label is Label.VALUE and "value" in owner.attributes:
        return False
    if item.label is Label.DOSAGE and "dose" in owner.attributes:
        return False
    between = text[owner.span.end : item.span.start]
    return _APART.search(between) is None


def _is_anothers(text: str, owner: Found, before: Found, dose: Found) -> bool:
    """Whether a dose belongs to words that no list has: "…125 mg IV, indifen hydromine 50 mg"."""
    if dose.label is not Label.DOSAGE or owner.label is not Label.DRUG:
        return False
    words = text[before.span.end : dose.span.start]
    parts = re.split(r"[,;]|\b(?:and|then)\b", words)
    if len(parts) == 1 and "dose" not in owner.attributes:
        return False
    return not measures.only_link(parts[-1])


def _own(text: str, owner: Found, item: Found, names: dict[Label, str]) -> None:
    """Write the dose, route, frequency or value to its drug or test; the first of each stands."""
    words = item.span.of(text)
    if owner.label is Label.DRUG and item.label in names:
        before = owner.attributes.get(names[item.label])
        if before is None:
            owner.attributes[names[item.label]] = words
        elif item.label is Label.DOSAGE and "/kg" not in words:
            # "10 mg, two tablets" is one dose, "40 mg daily, then 20 mg daily" are two.
            owner.attributes["dose"] = f"{before}{', ' if _COUNTED.search(words) else '; '}{words}"
        elif item.label is Label.FREQUENCY and text[: item.span.start].rstrip().endswith(before):
            owner.attributes["frequency"] = f"{before} {words}"
    elif owner.label is Label.TEST and item.label is Label.VALUE and _tells(text, owner, item):
        quantity = _QUANTITY.fullmatch(words)
        if quantity and _FIGURES.search(quantity[2]):
            quantity = None  # "5 feet 10 inches" is one value
        owner.attributes["value"] = quantity[1].strip() if quantity else words
        if quantity and quantity[2]:
            owner.attributes["unit"] = quantity[2].strip()
        judged = flag(owner.span.of(text), owner.attributes["value"], owner.attributes.get("unit", ""))
        if judged:
            owner.attributes["flag"] = judged


def _tells(text: str, test: Found, result: Found) -> bool:
    """Whether a result is the first of its test, or the figure behind a word ("stable at 1.2")."""
    before = test.attributes.get("value")
    if before is None:
        return True
    words = text[test.span.end : result.span.start].rstrip()
    return words.endswith((" at", " of", " to")) and not any(map(str.isdigit, before + words))


def _give_reasons(text: str, found: list[Found]) -> None:
    """Give each drug the problem that it is said to be for: "gabapentin 300 mg at bedtime for neuropathy"."""
    drug: Found | None = None
    until = 0
    for item in found:
        if item.label is Label.DRUG:
            drug, until = item, item.span.end
        elif item.label in _PRESCRIPTION:
            until = item.span.end
        elif drug is not None and item.label is Label.PROBLEM:
            if _FOR.fullmatch(text, until, item.span.start):
                drug.attributes["reason"] = item.span.of(text)
            drug = None


def _place(text: str, start: int, item: Found) -> None:
    """Write the side from the words of the entity, and how strong a problem is from those right before."""
    side = _SIDES.search(item.span.of(text))
    if side is not None:
        low = side[1].lower()
        item.attributes["side"] = low if low in {"left", "right"} else "bilateral"
    severity = _SEVERITY.search(text[max(start, item.span.start - 24) : item.span.start])
    if severity is not None and item.label is Label.PROBLEM:
        item.attributes["severity"] = " to ".join(part.lower() for part in severity.groups() if part)

"""Which few places of a draft are so doubtful that an editor should listen to them again.

Every written word has a risk, the share of such words that turned out wrong on recognised dictation whose true words
are known: a word that no list has, one that stands there twice, one of low probability, the more so where it is drawn
out over a silence. The risk counts for more where a mistake would change a treatment: numbers, sides, negations,
drugs. The places with the highest product are asked about, one in `TOKENS_PER_QUERY` words at most.

How the figures were found: 140 stretches of dictated reports (14,900 words spoken by four synthetic voices, 16 % of
them heard wrong by the model of the samples) were recognised and written up; the risks were read off the first 115,
threshold and weight were chosen by the figures of two halves, and `transcribe evaluate doubt` counted. By probability
and weight alone 55 % of the marks stood on or beside a wrong word, and 24 % of the mistakes in a number, side, negation
or drug were marked, with 17 marks on a page; so 86 % and 39 %, with 18. Where only 6 % of the words are wrong it was
44 % and is 58 % of the marks. What stays unmarked was heard with certainty, or there were worse places. Whisper's own
output for people came without probabilities: of the words there that no list has, 88 % were wrong (medium.en).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transcribe.domain import Assertion, Category, Draft, Label, Mark, MarkKind, Reading, Span, Token, Transcript

ASKED = 0.35
"""A place is worth asking about from this product of risk and weight on."""

TOKENS_PER_QUERY = 25
"""At most one place in so many words is marked: an editor who is sent to every second word looks at none."""

_UNLISTED_RISK, _REPEATED_RISK, _UNCERTAIN_RISK = 0.9, 0.8, 0.62
"""The share of wrong ones among words that no list has, among those that stand there twice, and, as the probability
goes to nothing, among all others."""

_DRAWN_OUT_RISK, _DRAWN_OUT_SECONDS, _LONG_SECONDS = 0.1, 0.2, 0.6
"""What is added for a word that takes longer than so many seconds for each letter and in all: it hides a silence or
words that were lost."""

_WEIGHT = 1.5
"""How much more a place counts where a mistake would change a treatment."""

_LONGEST_PLACE = 3
_LONGEST_REPEATED = 4
_GIVEN = frozenset({Category.MEDICATIONS, Category.ALLERGIES})
_WEIGHTY_LABELS = frozenset({Label.DRUG, Label.DOSAGE, Label.VALUE})
WEIGHTY_WORD = re.compile(
    r"\d|^(no|not|never|none|without|denie[sd]|negative|left|right|bilateral|"
    r"zero|one|two|three|four|five|six|seven|eight|nine)\b",
    re.IGNORECASE,
)
"""Numbers, negations and sides: the small words that change a treatment when they are heard wrong."""

_RUN_TOGETHER = re.compile(r"(no|not|never|left|right|denie[sd])\w{3,}", re.IGNORECASE)
_SAID_TWICE = frozenset({"that", "had", "very", "is", "you"})
"""Words that rightly stand twice: "he said that that was new"."""

_LIST_NUMBER = re.compile(r"^\d+\. ", re.MULTILINE)
"""What stands before a list item: a number, but not one that treats anybody."""


@dataclass(slots=True)
class _Place:
    """Neighbouring doubtful tokens `[first, last]`, and what the editor is told."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A doubtful token: its index, what it is worth to look at it, and why."""

    at: int
    worth: float
    reason: str


def doubts(draft: Draft, reading: Reading, transcript: Transcript | None) -> tuple[Mark, ...]:
    """Queries for the places most worth listening to again; without a transcript nothing is known of probabilities.

    Left out are places that the write-up already marks and the numbers of list items. Where more words were
    doubtful than an editor can be sent to, a last mark on the beginning of the text says how many.
    """
    found = sorted(_found(draft, reading, transcript), key=lambda doubt: (-doubt.worth, doubt.at))
    most = max(1, len(draft.tokens) // TOKENS_PER_QUERY)
    places: list[_Place] = []
    placed: dict[int, _Place] = {}
    left_out = 0
    for doubt in found:
        near = (placed[at] for at in (doubt.at - 1, doubt.at + 1) if at in placed)
        place = next((place for place in near if _has_room(place, doubt.at, draft)), None)
        if place is not None:
            place.first, place.last = min(place.first, doubt.at), max(place.last, doubt.at)
        elif len(places) < most:
            place = _Place(doubt.at, doubt.at, doubt.reason)
            places.append(place)
        else:
            left_out += 1
            continue
        placed[doubt.at] = place
    queries = (Mark(_span(place, draft), MarkKind.QUERY, place.reason) for place in places)
    return (*queries, *_unlisted(left_out))


def _span(place: _Place, draft: Draft) -> Span:
    return Span(draft.tokens[place.first].span.start, draft.tokens[place.last].span.end)


def _has_room(place: _Place, at: int, draft: Draft) -> bool:
    """Whether the token `at` beside the place goes with it: in the same paragraph, and the place is still short."""
    one, other = draft.tokens[min(at, place.last)], draft.tokens[max(at, place.first)]
    same = "\n" not in draft.text[one.span.end : other.span.start]
    return same and place.last - place.first + 1 < _LONGEST_PLACE


def _unlisted(count: int) -> tuple[Mark, ...]:
    if not count:
        return ()
    words = "1 more word is" if count == 1 else f"{count} more words are"
    return (Mark(Span(0, 0), MarkKind.CHECK, f"{words} doubtful and not marked; listen to the whole dictation"),)


def _found(draft: Draft, reading: Reading, transcript: Transcript | None) -> Iterator[_Doubt]:
    """Every doubtful word that nothing marks yet."""
    passed = [mark.span for mark in draft.marks]
    passed += [Span(*match.span()) for match in _LIST_NUMBER.finditer(draft.text)]
    passed_by, weighty = _tokens_in(draft, passed), _tokens_in(draft, _weighty(reading))
    strange, repeated = _tokens_in(draft, draft.strange), _repeated(draft)
    given = _tokens_in(draft, (section.body for section in reading.sections if section.category in _GIVEN))
    for at, token in enumerate(draft.tokens):
        words = token.span.of(draft.text)
        if not words[:1].isalnum() or at in passed_by:
            continue
        risk, reason = _risk(token, transcript, unlisted=at in strange, repeated=at in repeated, words=words)
        if at in strange:
            heavy = at in given or _beside_number(draft, at) or bool(_RUN_TOGETHER.fullmatch(words))
        else:
            heavy = at in weighty or bool(WEIGHTY_WORD.search(words))
        worth = risk * (_WEIGHT if heavy else 1)
        if worth >= ASKED:
            yield _Doubt(at, worth, reason)


def _risk(
    token: Token, transcript: Transcript | None, *, unlisted: bool, repeated: bool, words: str
) -> tuple[float, str]:
    """How probably the token is wrong, and what tells so."""
    if unlisted:
        return _UNLISTED_RISK, f'"{words}" is in no list of words; listen again'
    if repeated:
        return _REPEATED_RISK, f'"{words}" stands here twice; listen whether it was said twice'
    certainty = probability(token, transcript) if transcript else None
    if certainty is None or transcript is None:
        return 0.0, ""
    risk = _UNCERTAIN_RISK * (1 - certainty)
    if _is_drawn_out(token, transcript):
        return risk + _DRAWN_OUT_RISK, f"drawn out and heard with low certainty ({certainty:.0%}); listen again"
    return risk, f"heard with low certainty ({certainty:.0%}); listen again"


def _weighty(reading: Reading) -> list[Span]:
    """The ranges of drugs, doses, values and negations."""
    spans = [entity.span for entity in reading.entities if entity.label in _WEIGHTY_LABELS]
    return spans + [cue for entity in reading.entities for kind, cue in entity.cues if kind is Assertion.NEGATED]


def _beside_number(draft: Draft, at: int) -> bool:
    beside = (*draft.tokens[max(0, at - 1) : at], *draft.tokens[at + 1 : at + 2])
    return any(draft.text[token.span.start].isdigit() for token in beside)


def _repeated(draft: Draft) -> frozenset[int]:
    """The tokens that say again what the words right before them said, as a recogniser in a loop does."""
    words = [token.span.of(draft.text).lower() for token in draft.tokens]
    found: set[int] = set()
    for length in range(1, _LONGEST_REPEATED + 1):
        for at in range(length, len(words) - length + 1):
            again = words[at : at + length]
            if again == words[at - length : at] and any(map(_tells, again)):
                found.update(range(at, at + length))
    return frozenset(found)


def _tells(word: str) -> bool:
    """Whether the word does not stand twice by right, as figures and marks may."""
    return word.isalpha() and word not in _SAID_TWICE


def probability(token: Token, transcript: Transcript) -> float | None:
    """The probability of the least certain heard word behind `token`; None when no word stands behind it."""
    words = transcript.words[slice(*token.heard)]
    return min((word.probability for word in words), default=None)


def _is_drawn_out(token: Token, transcript: Transcript) -> bool:
    words = transcript.words[slice(*token.heard)]
    seconds = words[-1].end - words[0].start
    return seconds > max(_LONG_SECONDS, _DRAWN_OUT_SECONDS * sum(len(word.text) for word in words))


def _tokens_in(draft: Draft, spans: Iterable[Span]) -> frozenset[int]:
    """The indices of the tokens that one of `spans` touches."""
    found: set[int] = set()
    for span in spans:
        low = bisect_right(draft.tokens, span.start, key=lambda token: token.span.end)
        high = bisect_left(draft.tokens, span.end, key=lambda token: token.span.start)
        found.update(range(low, high))
    return frozenset(found)

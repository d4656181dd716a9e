"""Where a heading ends: by its colon, by the table of headings, or by the words that headings are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from transcribe.work_types import headings_by_synonym
from transcribe.writeup.items import Item, Kind, keys
from transcribe.writeup.numerals import ONES, TENS
from transcribe.writeup.tables import labels, listed, table

LONGEST_LABEL = 6
"""A heading that is in no table has at most so many words."""
_LONGEST = 8


def said(items: Sequence[Item]) -> str:
    """The words as the table of headings has them: blanks between words, none around a slash or hyphen."""
    said = ""
    for item in items:
        tight = item.kind is Kind.JOIN or said.endswith(("/", "-")) or not said
        said += item.key if tight else f" {item.key}"
    return said


def with_colon(items: Sequence[Item], at: int) -> int:
    """Where the words from `at` meet their colon, 0 when anything but words stands between."""
    end = at
    while end < len(items) and end - at <= _LONGEST + 2 and items[end].kind in (Kind.WORD, Kind.JOIN):
        end += 1
    if end == at or end >= len(items) or items[end].kind is not Kind.MARK or items[end].text != ":":
        return 0
    return end


def could_be_heading(items: Sequence[Item]) -> bool:
    """Whether the words of `items`, which no table knows, read as a heading: few words and no sentence."""
    words = [word for word in keys(items) if word]
    if len(words) > LONGEST_LABEL or words[0] in {"please", *listed("plain_words")} - _grammar("modifiers"):
        return False
    if any(word in ONES or word in TENS or word.isdigit() for word in words):
        return False
    return not any(word in _sentence("strong") and word != "of" for word in words[1:])


def ends_like_heading(word: str) -> bool:
    """Whether `word` is a noun that headings end in."""
    return word in _grammar("nouns") or _is_double(word)


def split_title(items: Sequence[Item], at: int, stop: int) -> int:
    """Where a heading without a colon ends when a label with one follows: "objective vital signs colon"."""
    for end in range(stop - 1, at, -1):
        known = said(items[at:end]) in headings_by_synonym()
        if known and said(items[end:stop]) in labels():
            return end
    return 0


def without_colon(items: Sequence[Item], at: int, asked: bool, fresh: bool) -> int:
    """Where a heading that starts at `at` and has no colon ends; `at` when there is none."""
    made = _by_grammar(items, at) if fresh else at
    for end in range(min(len(items), at + _LONGEST), at, -1):
        known = said(items[at:end]) in headings_by_synonym()
        made_here = end == made and end < len(items) and items[end].is_word
        if (known or made_here) and _stands_alone(items, at, end, asked, fresh):
            return end
    if asked:
        return _before_text(items, at)
    return _before_clause(items, at) if fresh else at


def _stands_alone(items: Sequence[Item], at: int, end: int, asked: bool, fresh: bool) -> bool:
    """Whether the sentence does not go on after the words `[at, end)` of a known heading."""
    if end >= len(items) or items[end].is_break:
        return fresh and end < len(items)
    following = items[end]
    if following.kind is Kind.MARK:
        return following.text == "." and end + 1 < len(items)
    if following.kind in (Kind.JOIN, Kind.OPEN):
        return fresh and following.kind is Kind.OPEN
    if items[at].text != items[at].key and following.text == following.key and not asked:
        return False  # a recogniser that sets capitals goes on in small letters within the sentence
    if not fresh:
        if following.key in _sentence("answers") and not (items[end + 1 : end + 2] and items[end + 1].is_word):
            return True
        return end - at > 2 and following.key not in _sentence("goes_on")
    if asked:
        return following.key not in ("of",)
    if items[at].key == "on":
        return False
    return following.key not in _sentence(_kind_of(items[at].key, end - at))


def _kind_of(word: str, length: int) -> str:
    """The list of words that go on with a sentence which starts with these words of a heading."""
    if length == 1:
        return "after_singular" if word in _sentence("singular") else "goes_on"
    return "goes_on" if word in _sentence("verbs") else "strong"


def _by_grammar(items: Sequence[Item], at: int) -> int:
    """Where a run of words that headings are made of ends, from its first to its last noun."""
    end, at_noun = at, at
    while end < len(items) and end - at < LONGEST_LABEL and items[end].is_word:
        key = items[end].key
        if ends_like_heading(key):
            at_noun = end + 1
        elif key not in _grammar("modifiers") and not (end > at and key in _grammar("links")):
            break
        end += 1
    if items[at].key in _grammar("links") or (at_noun - at < 2 and not _is_double(items[at].key)):
        return at
    return at_noun


@cache
def _is_double(word: str) -> bool:
    """Whether two nouns of headings are run together, as "assessment/plan" is where slashes are lost."""
    nouns = _grammar("nouns")
    return any(word[:cut] in nouns and word[cut:] in nouns for cut in range(4, len(word) - 3))


def _before_text(items: Sequence[Item], at: int) -> int:
    """Where a heading asked for by "next heading" ends: before the word that opens a sentence."""
    end = at
    while end < len(items) and end - at < LONGEST_LABEL and items[end].is_word:
        if end > at and items[end].key in _sentence("starts"):
            return end
        end += 1
    if end < len(items) and end - at < LONGEST_LABEL and (items[end].is_break or items[end].text == "."):
        return end
    return at + 1


def _before_clause(items: Sequence[Item], at: int) -> int:
    """Where a noun of headings ends that a new clause follows at once: "angiographic findings the left main"."""
    plain = frozenset(listed("plain_words"))
    for end in range(at + 2, min(at + LONGEST_LABEL - 1, len(items) - 1)):
        words = keys(items[at:end])
        if "" in words or words[0] in plain or any(word in plain and word not in _grammar("links") for word in words):
            return at
        if words[-1] in _grammar("nouns") and items[end].key in _sentence("clause"):
            return end if _stands_alone(items, at, end, False, True) else at
    return at


@cache
def _sentence(name: str) -> frozenset[str]:
    return frozenset(table("headings")["sentence"][name])


@cache
def _grammar(name: str) -> frozenset[str]:
    return frozenset(table("headings")["grammar"][name])

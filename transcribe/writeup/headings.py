"""Headings are found, with "colon" or without it, and the same words in a sentence are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from transcribe.domain import Category, MarkKind, WorkType
from transcribe.work_types import headings_by_synonym
from transcribe.writeup.items import Item, Kind, Trail, keys, sentence_start
from transcribe.writeup.numerals import ONES, TENS
from transcribe.writeup.tables import labels, listed, table

_LONGEST = 8
_LABEL = 6
"""An unknown heading or label has at most so many words."""
_EXAMINATION = frozenset({Category.PHYSICAL_EXAMINATION, Category.REVIEW_OF_SYSTEMS})


@dataclass(frozen=True, slots=True)
class _Title:
    """The words `[start, end)` of a heading or label; `after` is where the text behind it starts."""

    end: int
    after: int
    colon: bool


@dataclass(slots=True)
class _Section:
    """The section that the text stands in while headings are looked for."""

    category: Category = Category.OTHER


def find_headings(items: Sequence[Item], trail: Trail, work_type: WorkType | None) -> list[Item]:
    """`items` with each heading as a paragraph of its own in capitals.

    The headings of `work_type` are looked for first where a way of saying could be a heading or a label.
    """
    section = _Section()
    expected = frozenset(title.lower() for title in work_type.headings) if work_type else frozenset()
    out: list[Item] = []
    index = 0
    while index < len(items):
        done = 0
        if items[index].is_word and sentence_start(out, len(out)):
            done = _heading(items, index, out, trail, section, expected)
        if not done:
            out.append(items[index])
        index = done or index + 1
    return out


def _heading(
    items: Sequence[Item],
    at: int,
    out: list[Item],
    trail: Trail,
    section: _Section,
    expected: frozenset[str],
) -> int:
    """Write the heading or label that starts at `at`; where to go on, 0 when there is none."""
    asked = bool(out) and out[-1].kind is Kind.HEADING
    fresh = not out or out[-1].is_break
    if items[at].key == "dear":
        return 0
    title = _with_colon(items, at)
    if title is not None:
        return _labelled(items, at, title, out, trail, section, asked, fresh, expected)
    end = _without_colon(items, at, asked, fresh)
    labelled = _said(items[at:end]) in labels() and section.category in _EXAMINATION and not asked
    if end == at or labelled:
        return 0
    done = _write(items, at, _Title(end, _after_mark(items, end), False), out, trail, section)
    if keys(items[done : done + 1]) == ["colon"]:
        trail.ask(items[done], MarkKind.QUERY, "Was the bowel meant here, or only the mark after the heading?")
    return done


def _with_colon(items: Sequence[Item], at: int) -> _Title | None:
    """The words from `at` to a colon, if nothing but words stands between."""
    end = at
    while end < len(items) and end - at <= _LONGEST + 2 and items[end].kind in (Kind.WORD, Kind.JOIN):
        end += 1
    if end == at or end >= len(items) or items[end].kind is not Kind.MARK or items[end].text != ":":
        return None
    return _Title(end, end + 1, True)


def _labelled(
    items: Sequence[Item],
    at: int,
    title: _Title,
    out: list[Item],
    trail: Trail,
    section: _Section,
    asked: bool,
    fresh: bool,
    expected: frozenset[str],
) -> int:
    """Write words with a colon behind them as a heading or as the label of a paragraph."""
    said = _said(items[at : title.end])
    known = said in headings_by_synonym()
    in_examination = section.category in _EXAMINATION
    if said in labels() and not asked and (in_examination or not known) and said not in expected:
        return _label(items, at, title, out, said)
    if known:
        return _write(items, at, title, out, trail, section)
    split = _split_title(items, at, title) if fresh else 0
    if split:
        return _write(items, at, _Title(split, split, False), out, trail, section)
    shouted = all(item.text == item.text.upper() for item in items[at : title.end]) and len(said) > 3
    words = [word for word in keys(items[at : title.end]) if word]
    heading = (
        asked
        or shouted
        or (fresh and not in_examination)
        or (fresh and (words[-1] in _grammar("nouns") or _is_double(words[-1])))
    )
    if heading and len(words) <= _LABEL and not _is_clause(words) and (fresh or shouted):
        return _write(items, at, title, out, trail, section)
    return 0


def _is_clause(words: list[str]) -> bool:
    goes_on = table("headings")["sentence"]["strong"]
    if words[0] in set(listed("plain_words")) - _grammar("modifiers") or any(
        word in ONES or word in TENS or word.isdigit() for word in words
    ):
        return True
    return any(word in goes_on and word != "of" for word in words[1:])


def _split_title(items: Sequence[Item], at: int, title: _Title) -> int:
    """Where a heading without a colon ends when a label with one follows: "objective vital signs colon"."""
    for end in range(title.end - 1, at, -1):
        known = _said(items[at:end]) in headings_by_synonym()
        if known and _said(items[end : title.end]) in labels():
            return end
    return 0


def _without_colon(items: Sequence[Item], at: int, asked: bool, fresh: bool) -> int:
    """Where a heading that starts at `at` and has no colon ends; `at` when there is none."""
    made = _by_grammar(items, at) if fresh else at
    for end in range(min(len(items), at + _LONGEST), at, -1):
        known = _said(items[at:end]) in headings_by_synonym()
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
        return end - at > 2 and following.key not in _sentence("goes_on")
    if asked:
        return following.key not in ("of",)
    if items[at].key == "on":
        return False
    noun = end - at > 1 and items[at].key not in _sentence("verbs")
    return following.key not in _sentence("strong" if noun else "goes_on")


def _by_grammar(items: Sequence[Item], at: int) -> int:
    """Where a run of words that headings are made of ends, from its first to its last noun."""
    end, at_noun = at, at
    while end < len(items) and end - at < _LABEL and items[end].is_word:
        key = items[end].key
        if key in _grammar("nouns") or _is_double(key):
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
    while end < len(items) and end - at < _LABEL and items[end].is_word:
        if end > at and items[end].key in _sentence("starts"):
            return end
        end += 1
    if end < len(items) and end - at < _LABEL and (items[end].is_break or items[end].text == "."):
        return end
    return at + 1


def _before_clause(items: Sequence[Item], at: int) -> int:
    """Where a noun of headings ends that a new clause follows at once: "angiographic findings the left main"."""
    plain = frozenset(listed("plain_words"))
    for end in range(at + 2, min(at + _LABEL - 1, len(items) - 1)):
        words = keys(items[at:end])
        if "" in words or words[0] in plain or any(word in plain and word not in _grammar("links") for word in words):
            return at
        if words[-1] in _grammar("nouns") and items[end].key in _sentence("clause"):
            return end if _stands_alone(items, at, end, False, True) else at
    return at


def _after_mark(items: Sequence[Item], end: int) -> int:
    """Past a full stop that closes the heading."""
    closed = end < len(items) and items[end].kind is Kind.MARK and items[end].text == "."
    return end + 1 if closed else end


def _write(items: Sequence[Item], at: int, title: _Title, out: list[Item], trail: Trail, section: _Section) -> int:
    """Put the heading into `out` with its breaks; where its text starts."""
    said = _said(items[at : title.end])
    known = headings_by_synonym().get(said)
    section.category = known.category if known else _guess_category(said)
    source = list(items[at : max(title.end, title.after)])
    letters = known is not None and _by_letters(said)
    written = known.title if known is not None and letters else said.upper()
    trail.note("heading" if title.colon else "heading without colon", source, f"{written}:")
    _ensure_break(out, items[at])
    if letters:
        first, last = items[at].first, items[title.end - 1].last
        out.extend(Item(word, first, last, settled=True, heading=True) for word in written.split())
    else:
        out.extend(replace(item, text=item.text.upper(), settled=True, heading=True) for item in items[at : title.end])
    colon = items[title.end] if title.after > title.end else items[title.end - 1]
    first = colon.first if title.after > title.end else colon.last
    out.append(Item(":", first, colon.last, Kind.MARK, spoken=True, heading=True))
    out.append(Item("", colon.last, colon.last, Kind.PARAGRAPH))
    end = title.after
    while end < len(items) and items[end].is_break and items[end].kind is not Kind.HEADING:
        end += 1
    return end


def _ensure_break(out: list[Item], item: Item) -> None:
    """Make sure that a new paragraph starts before a heading."""
    if out and out[-1].is_break:
        out[-1] = replace(out[-1], kind=Kind.PARAGRAPH)
    elif out:
        out.append(Item("", item.first, item.first, Kind.PARAGRAPH))


def _label(items: Sequence[Item], at: int, title: _Title, out: list[Item], said: str) -> int:
    """Write a part of the examination as the label of its paragraph: "Vital Signs: …"."""
    cased = labels()[said].split()
    for item, word in zip(items[at : title.end], cased, strict=False):
        keep = item.text != item.text.lower() or item.kind is not Kind.WORD
        out.append(item if keep else item.with_text(word))
    out.append(items[title.end])
    return title.after


def _guess_category(said: str) -> Category:
    """The kind of section of a heading that is not in the table, by its last word."""
    last = said.split()[-1].rstrip("s")
    if last in ("exam", "examination"):
        return Category.PHYSICAL_EXAMINATION
    return Category.OTHER


def _said(items: Sequence[Item]) -> str:
    """The words as the table of headings has them: blanks between words, none around a slash or hyphen."""
    said = ""
    for item in items:
        tight = item.kind is Kind.JOIN or said.endswith(("/", "-")) or not said
        said += item.key if tight else f" {item.key}"
    return said


def _by_letters(said: str) -> bool:
    return said in table("headings")["letters"]["expanded"] or all(len(word) == 1 for word in said.split())


@cache
def _sentence(name: str) -> frozenset[str]:
    return frozenset(table("headings")["sentence"][name])


@cache
def _grammar(name: str) -> frozenset[str]:
    return frozenset(table("headings")["grammar"][name])

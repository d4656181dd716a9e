"""Headings are found, with "colon" or without it, and the same words in a sentence are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from transcribe.domain import Category, MarkKind, WorkType
from transcribe.work_types import headings_by_synonym
from transcribe.writeup.items import Item, Kind, Trail, keys, sentence_start
from transcribe.writeup.tables import labels, table
from transcribe.writeup.titles import could_be_heading, ends_like_heading, said, split_title, with_colon, without_colon

_EXAMINATION = frozenset({Category.PHYSICAL_EXAMINATION, Category.REVIEW_OF_SYSTEMS})


@dataclass(slots=True)
class _Page:
    """The items so far, and the section that they stand in."""

    trail: Trail
    expected: frozenset[str]
    out: list[Item] = field(default_factory=list)
    category: Category = Category.OTHER
    listing: bool = False
    """Whether paragraph after paragraph begins with a label of its own, as results under one heading do."""

    @property
    def asked(self) -> bool:
        """Whether the speaker said "next heading"."""
        return bool(self.out) and self.out[-1].kind is Kind.HEADING

    @property
    def fresh(self) -> bool:
        """Whether a new line or paragraph starts."""
        return not self.out or self.out[-1].is_break

    @property
    def headed(self) -> bool:
        """Whether a heading stands directly before."""
        return len(self.out) > 1 and self.out[-1].is_break and self.out[-2].heading

    @property
    def examining(self) -> bool:
        """Whether the findings of an examination are told, part by part."""
        return self.category in _EXAMINATION


def find_headings(items: Sequence[Item], trail: Trail, work_type: WorkType | None) -> list[Item]:
    """`items` with each heading as a paragraph of its own in capitals.

    What could be a heading or a label is a heading where `work_type` has it.
    """
    expected = frozenset(title.lower() for title in work_type.headings) if work_type else frozenset()
    page = _Page(trail, expected)
    index = 0
    while index < len(items):
        done = 0
        if items[index].is_word and sentence_start(page.out, len(page.out)) and items[index].key != "dear":
            stop = with_colon(items, index)
            done = _labelled(items, index, stop, page) if stop else _unlabelled(items, index, page)
            page.listing = page.listing and (bool(stop) or not page.fresh)
        if not done:
            page.out.append(items[index])
        index = done or index + 1
    return page.out


def _labelled(items: Sequence[Item], at: int, stop: int, page: _Page) -> int:
    """Write the words before the colon at `stop` as a heading or a label; where to go on, 0 for neither."""
    words = said(items[at:stop])
    known = words in headings_by_synonym()
    if words == "cc" and not items[stop].spoken:
        return 0  # typed before the names of those who get a copy
    if words in labels() and not page.asked and (page.examining or not known) and words not in page.expected:
        return _label(items, at, stop, page)
    if known:
        return _write(items, at, stop, stop + 1, page)
    split = split_title(items, at, stop) if page.fresh else 0
    if split:
        return _write(items, at, split, split, page)
    page.listing = page.fresh and not page.asked and (page.listing or page.headed)
    if page.listing:
        page.out.extend(items[at : stop + 1])
        return stop + 1
    if _is_new_heading(items[at:stop], page) and could_be_heading(items[at:stop]):
        return _write(items, at, stop, stop + 1, page)
    return 0


def _is_new_heading(words: Sequence[Item], page: _Page) -> bool:
    """Whether a heading that no table knows may stand here: asked for, typed in capitals, or on a new line."""
    if page.asked or (len(said(words)) > 3 and all(word.text == word.text.upper() for word in words)):
        return True
    return page.fresh and (not page.examining or ends_like_heading(words[-1].key))


def _unlabelled(items: Sequence[Item], at: int, page: _Page) -> int:
    """Write the heading without a colon that starts at `at`; where to go on, 0 when there is none."""
    end = without_colon(items, at, page.asked, page.fresh)
    if end == at or (page.examining and not page.asked and said(items[at:end]) in labels()):
        return 0
    closed = end < len(items) and items[end].kind is Kind.MARK and items[end].text == "."
    done = _write(items, at, end, end + 1 if closed else end, page)
    if keys(items[done : done + 1]) == ["colon"]:
        reason = "Was the bowel meant here, or only the mark after the heading?"
        page.trail.ask(items[done], MarkKind.QUERY, reason)
    return done


def _write(items: Sequence[Item], at: int, stop: int, after: int, page: _Page) -> int:
    """Write `items[at:stop]` as a heading whose text starts at `after`; where to go on past its breaks."""
    words = items[at:stop]
    known = headings_by_synonym().get(said(words))
    page.category = known.category if known else _guess_category(words[-1].key)
    page.listing = False
    _ensure_break(page.out, items[at])
    if known is not None and _by_letters(said(words)):
        first, last = words[0].first, words[-1].last
        typed = [Item(word, first, last, settled=True, heading=True) for word in known.title.split()]
    else:
        typed = [replace(word, text=word.text.upper(), settled=True, heading=True) for word in words]
    colon, last = after > stop, items[max(stop, after) - 1].last
    page.trail.note(
        "heading" if colon else "heading without colon", items[at : max(stop, after)], f"{said(typed).upper()}:"
    )
    first = items[stop].first if colon else last
    page.out.extend([*typed, Item(":", first, last, Kind.MARK, spoken=True, heading=True)])
    page.out.append(Item("", last, last, Kind.PARAGRAPH))
    while after < len(items) and items[after].is_break and items[after].kind is not Kind.HEADING:
        after += 1
    return after


def _label(items: Sequence[Item], at: int, stop: int, page: _Page) -> int:
    """Write a part of the examination as the label of its paragraph: "Vital Signs: …"."""
    cased = labels()[said(items[at:stop])].split()
    for item, word in zip(items[at:stop], cased, strict=False):
        keep = item.text != item.text.lower() or item.kind is not Kind.WORD
        page.out.append(item if keep else item.with_text(word))
    page.out.append(items[stop])
    return stop + 1


def _ensure_break(out: list[Item], item: Item) -> None:
    """Make sure that a new paragraph starts before a heading."""
    if out and out[-1].is_break:
        out[-1] = replace(out[-1], kind=Kind.PARAGRAPH)
    elif out:
        out.append(Item("", item.first, item.first, Kind.PARAGRAPH))


def _guess_category(last: str) -> Category:
    """The kind of section of a heading that is not in the table, by its last word."""
    examination = last in ("exam", "exams", "examination", "examinations")
    return Category.PHYSICAL_EXAMINATION if examination else Category.OTHER


def _by_letters(words: str) -> bool:
    """Whether a heading was said by its letters: "h p i"."""
    return words in table("headings")["letters"]["expanded"] or all(len(word) == 1 for word in words.split())

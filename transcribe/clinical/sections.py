"""Finds the headings of a written report and the part of the report that each begins."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

from transcribe.clinical.assertions import section_assertion
from transcribe.domain import Category, Section, Span
from transcribe.work_types import headings_by_synonym

_EXAMINED = frozenset({Category.PHYSICAL_EXAMINATION, Category.REVIEW_OF_SYSTEMS, Category.FINDINGS})
_MOST_WORDS = 9
_LONGEST = 80
_LEAST_LETTERS = 4
_SEVERAL = 2
_LINE = re.compile(r"[^\n]+")
# Where a heading may begin inside a line: after the end of a sentence.
_SENTENCE_END = re.compile(r"(?<!\.[A-Z])[.!?;]\s+")
_COLON = re.compile(r":(?=\s|$)")
_ENUMERATOR = re.compile(r"\s*(?:\(?[0-9IVX]{1,4}[.)]|[-*•#]+)\s+(?=\S)")
_DASH = re.compile(r"\s[-–]+(?=\s|$)")
# Capitals that begin a line and the words of a sentence or the number of a list behind them ("ANESTHESIA General.").
_CAPITALS_HEAD = re.compile(r"([A-Z][A-Z/&'() -]*[A-Z)])\s+(?=[A-Z]?[a-z]|\d)")
_CAPITALS_TAIL = re.compile(r"(?:[A-Z][A-Z/&'-]*[ ])+[A-Z][A-Z/&'()-]*$")
_FIRST = re.compile(r"1[.)](?:\s|$)")
_BRACKETS = re.compile(r"\([^)]*\)")
_NOT_LETTERS = re.compile(r"[^a-z0-9/ ]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A heading in a text: its words, where the text after it begins, and what it heads.

    `alone`: nothing else stands on its line; `opens`: it begins a paragraph.
    """

    span: Span
    body: int
    category: Category
    alone: bool
    opens: bool


@cache
def _table() -> dict[str, Category]:
    """Each known way to write a heading, normalised, and its category."""
    table = tomllib.loads(_read())
    known = {
        normal(variant): Category(category) for category, variants in table["written"].items() for variant in variants
    }
    known |= {normal(synonym): heading.category for synonym, heading in headings_by_synonym().items()}
    return known


@cache
def _parents() -> dict[str, frozenset[Category]]:
    """For each heading that may be a line of a section: the sections it may stand beneath."""
    table = tomllib.loads(_read())
    return {
        normal(heading): frozenset(map(Category, table[kind]["beneath"]))
        for kind in ("habits", "systems")
        for heading in table[kind]["headings"]
    }


@cache
def _systems() -> frozenset[str]:
    return frozenset(map(normal, tomllib.loads(_read())["systems"]["headings"]))


@cache
def _operation() -> tuple[frozenset[str], re.Pattern[str], Category]:
    """Headings that name the operation after a heading that the pattern fits, and their category then."""
    row = tomllib.loads(_read())["operation"]
    return frozenset(map(normal, row["headings"])), re.compile(row["after"]), Category(row["category"])


@cache
def _inferences() -> tuple[tuple[re.Pattern[str], Category], ...]:
    rows = tomllib.loads(_read())["infer"]
    return tuple((re.compile(row["pattern"]), Category(row["category"])) for row in rows)


@cache
def _read() -> str:
    return files("transcribe.clinical").joinpath("headings.toml").read_text("utf-8")


@lru_cache(maxsize=16384)
def normal(heading: str) -> str:
    """`heading` as it is compared: lower case, "&" as "and", without brackets, hyphens and marks."""
    low = heading.lower().replace("&", " and ")
    return " ".join(_NOT_LETTERS.sub(" ", _BRACKETS.sub(" ", low)).replace(" / ", "/").split())


def known_category(heading: str) -> Category | None:
    """The category of a heading that stands in the tables, in whatever case it is written."""
    return _table().get(normal(heading))


def inferred_category(heading: str) -> Category | None:
    """The category that the words of an unknown heading point to."""
    low = normal(heading)
    return next((category for pattern, category in _inferences() if pattern.search(low)), None)


def find_sections(text: str) -> tuple[Section, ...]:
    """The sections of `text` in order; together they cover all of it but white space.

    Text before the first heading is a section with an empty heading. A line for a part of a section, such
    as a body system beneath an examination ("HEENT: …"), stays within that section, unless it stands on a
    line of its own, or is written as the headings of the text are: in capitals, before its text.
    """
    kept: list[Found] = []
    operative = False
    every = list(_headings(text))
    before, behind = _layout(text, every)
    for found in every:
        words = normal(found.span.of(text))
        names, after, category = _operation()
        operative = operative or after.search(words) is not None
        above = kept[-1].category if kept else None
        beneath = above is not None and above in _parents().get(words, ())
        if kept and not found.alone and not _heads(text, found, kept[-1], before, behind, beneath=beneath):
            continue
        if above is not None and beneath:
            found = replace(found, category=above)
        elif operative and words in names:
            found = replace(found, category=category)
        kept.append(found)
    return tuple(_sections(text, kept))


def _heads(text: str, found: Found, above: Found, before: int, behind: int, *, beneath: bool) -> bool:
    """Whether a heading with text right behind it begins a section rather than a line of the one above it.

    `before` and `behind` are those of `_layout`, `beneath` tells that it may be a line of the section above.
    """
    words = normal(found.span.of(text))
    capitals = found.span.of(text).isupper()
    alike = capitals and found.opens and before >= behind
    # Where "EYES: …" has a paragraph, but "HEENT: …" before it is no section either, both are lines.
    lines = beneath and before and above.category in _EXAMINED and not (above.alone or _is_system(above.span.of(text)))
    if (lines or not alike) and (beneath or _is_part(found, words, above.category)):
        return False
    if before + behind < _SEVERAL or (section_assertion(above.category) and found.category is not above.category):
        return True
    # The headings of the text are capitals at the beginning of paragraphs: others amid them need to be usual.
    if words in headings_by_synonym():
        return capitals or found.opens or section_assertion(found.category) is not None
    return capitals and (found.opens or len(words) > 1)


def _layout(text: str, every: list[Found]) -> tuple[int, int]:
    """How many headings of the house style stand before their texts, and how many on a line above them.

    One above another heading ("PHYSICAL EXAMINATION:", "HEENT: Normal.") tells nothing.
    """
    starts = [found.span.start for found in every] + [len(text)]
    before = behind = 0
    for found, following in zip(every, starts[1:], strict=True):
        words = found.span.of(text)
        if found.opens and words.isupper() and normal(words) in headings_by_synonym():
            before += not found.alone
            behind += found.alone and any(map(str.isalpha, text[found.body : following]))
    return before, behind


def _is_part(found: Found, words: str, above: Category) -> bool:
    """Whether the heading is that of a part of the section above it ("Axis II: …" among the diagnoses).

    A heading of the house style always begins a section.
    """
    if words in headings_by_synonym():
        return False
    return found.category is above or (found.category is Category.OTHER and above in _EXAMINED)


def _sections(text: str, kept: list[Found]) -> Iterator[Section]:
    """A section for each heading that was kept, and one for the text before the first."""
    first = kept[0].span.start if kept else len(text)
    if text[:first].strip():
        body = _trimmed(text, 0, first)
        yield Section("", Category.OTHER, body, body)
    for at, found in enumerate(kept):
        until = kept[at + 1].span.start if at + 1 < len(kept) else len(text)
        body = _trimmed(text, found.body, until)
        heading = found.span.of(text)
        end = max(body.end, found.span.end)
        yield Section(heading, found.category, Span(found.span.start, end), body)


def _trimmed(text: str, start: int, end: int) -> Span:
    """The range without the white space around it; an empty range stays where it begins."""
    inside = text[start:end]
    if not inside.strip():
        return Span(start, start)
    return Span(start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip()))


def _headings(text: str) -> Iterator[Found]:
    """Every heading in the order of the text."""
    for line in _LINE.finditer(text):
        start, end = line.span()
        colons = list(_COLON.finditer(text, start, end))
        head = _heading_without_colon(text, start, end)
        if head is not None:
            yield head
            start = head.body
        elif not colons:
            found = _bare_heading(text, start, end)
            if found is not None:
                yield found
        begin = start
        for colon in colons:
            found = _heading_before(text, line.start(), begin, colon.start(), end)
            if found is not None and found.span.start >= begin:
                yield found
                begin = colon.end()


def _bare_heading(text: str, start: int, end: int) -> Found | None:
    """A heading without a colon: a whole line, or what stands before a dash ("ALLERGIES - None")."""
    marker = _ENUMERATOR.match(text, start, end)
    dash = _DASH.search(text, start, end)
    if dash is not None:
        span = _trimmed(text, start, dash.start())
        words = span.of(text)
        if words.isupper() and (known_category(words) or _is_system(words)):
            return _found(text, span, dash.end(), end)
        return None
    if marker is not None:
        return None
    span = _trimmed(text, start, end)
    words = span.of(text)
    if not _short(words) or words[-1] in ".,;":
        return None
    capitals = words.isupper()
    known = known_category(words) is not None and (capitals or _titled(words))
    if known or (capitals and (inferred_category(words) is not None or _is_title(text, span))):
        return _found(text, span, end, end)
    return None


def _is_title(text: str, span: Span) -> bool:
    """Whether the capitals at `span` are a paragraph of their own with other text behind ("ATRIAL LEAD").

    Right beneath a heading they are its text ("ALLERGIES:", "PENICILLIN").
    """
    above = text[: span.start].rstrip().rpartition("\n")[2]
    behind = text[span.end : span.end + _LONGEST].lstrip(" \t:")
    words = span.of(text)
    return (
        _opens(text, span.start)
        and not (above.endswith(":") or above.isupper())
        and behind.startswith("\n\n")
        and sum(map(str.isalpha, words)) >= _LEAST_LETTERS
        and any(map(str.islower, behind))
    )


def _heading_without_colon(text: str, start: int, end: int) -> Found | None:
    """A heading in capitals that begins a paragraph, its text right behind it: a known one, or words before a list."""
    head = _CAPITALS_HEAD.match(text, start, end)
    if head is None or not _opens(text, start) or sum(map(str.isalpha, head[1])) < _LEAST_LETTERS:
        return None
    words = " ".join(head[1].split())
    listed = " " in words and _FIRST.match(text, head.end(), end)
    if (known_category(words) is None and not listed) or _is_system(words):
        return None
    return _found(text, Span(*head.span(1)), head.end(), end)


def _opens(text: str, at: int) -> bool:
    """Whether a paragraph begins at the character `at`."""
    before = text[:at].rstrip(" \t")
    return not before or before.endswith("\n\n")


def _heading_before(text: str, line: int, begin: int, colon: int, end: int) -> Found | None:
    """The heading that the colon at `colon` ends, looking back no further than `begin`."""
    stops = [stop.end() for stop in _SENTENCE_END.finditer(text, begin, colon)]
    first = stops[-1] if stops else begin
    marker = _ENUMERATOR.match(text, first, colon)
    # "1. HISTORY:" is a heading with a number; the full stop of the number ended no sentence.
    at_line = first == line or not text[line:first].strip("0123456789IVX.) \t-*•#(")
    span = _trimmed(text, marker.end() if marker else first, colon)
    words = span.of(text)
    # Right behind another heading's colon only a known heading is one: what stands there is its text.
    fresh = at_line or bool(stops) or known_category(words) is not None
    if _short(words) and fresh and _accepts(words, numbered=marker is not None and at_line, at_line=at_line):
        return _found(text, span, colon + 1, end)
    tail = _CAPITALS_TAIL.search(text, max(first, colon - _LONGEST), colon)
    return _known_tail(text, tail.start(), colon, end) if tail else None


def _accepts(words: str, *, numbered: bool, at_line: bool) -> bool:
    """Whether `words` before a colon at the beginning of a line or sentence are a heading."""
    if not words[0].isupper():
        return False
    known = known_category(words) is not None or _is_system(words)
    letters = sum(char.isalpha() for char in words)
    if words.isupper():
        return known or (letters >= 3 and not numbered and (at_line or " " in words))
    if not known:
        return False
    # "Pulse: 72" in running text is a value, not a part of the report; so is a lone letter.
    return letters > 2 and (at_line or not _is_system(words))


def _known_tail(text: str, start: int, colon: int, end: int) -> Found | None:
    """The longest known heading of several words in capitals that ends at the colon, amid other words."""
    while True:
        words = text[start:colon]
        if " " not in words.strip():
            return None
        if known_category(words) is not None:
            return _found(text, _trimmed(text, start, colon), colon + 1, end)
        start = text.index(" ", start) + 1


def _found(text: str, span: Span, body: int, end: int) -> Found:
    """The heading at `span`, judged by the tables and then by its words."""
    words = span.of(text)
    system = _is_system(words)
    category = known_category(words) or (None if system else inferred_category(words))
    fallback = Category.PHYSICAL_EXAMINATION if system else Category.OTHER
    return Found(span, body, category or fallback, not text[body:end].strip(), _opens(text, span.start))


def _is_system(words: str) -> bool:
    return normal(words) in _systems()


def _short(words: str) -> bool:
    return bool(words) and len(words) <= _LONGEST and len(words.split()) <= _MOST_WORDS


def _titled(words: str) -> bool:
    """Whether `words` are written as a title or begin with a capital, as a heading does."""
    return words[0].isupper() and len(words.split()) <= 6

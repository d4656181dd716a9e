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
_JUDGED = frozenset({Category.ASSESSMENT, Category.IMPRESSION})
_MOST_WORDS = 15
_LONGEST = 100
_REACH = 400
_LEAST_LETTERS = 4
_MANY_LETTERS = 8
_SEVERAL = 2
_LINE = re.compile(r"[^\n]+")
# Where a heading may begin inside a line: after the end of a sentence.
_SENTENCE_END = re.compile(r"(?<!\.[A-Z])[.!?;]\s+")
_COLON = re.compile(r":(?=\s|$|[A-Z][a-z])")
_ENUMERATOR = re.compile(r"\s*(?:\(?(?:[0-9IVX]{1,4}|[A-Z])[.)]|[-*•#]+)\s+(?=\S)")
_DASH = re.compile(r"\s[-–—]+(?=\s|$)")
# Capitals that begin a line and the words of a sentence or the number of a list behind them ("ANESTHESIA General.").
_CAPITALS_HEAD = re.compile(
    r"(?:[A-Z]\.\s+)?((?:\d-)?[A-Z][A-Z/&'()-]*(?:\s+(?:[A-Z/&'()-]+(?:-\d+)?))*(?<=[A-Z)]))\s+(?=[A-Z]?[a-z\d]|A\.)"
)
_CAPITALS_TAIL = re.compile(r"(?:[A-Z][A-Z/&'-]*[ ])+[A-Z][A-Z/&'()-]*$")
_FIRST = re.compile(r"[1A][.)](?:\s|$)")
# What stands behind a heading: a sentence, a title or a measure, and behind a single word certainly a sentence.
_DOSE = re.compile(r"\d+(?:[.,]\d+)?\s*[a-z%]")
_BODY = re.compile(rf"[A-Z][a-z]+|{_DOSE.pattern}")
_SENTENCE = re.compile(r"(?:The|This|These|There|He|She|It|We|Patient)\b|[A-Z][a-z]+\s+[a-z]+\s+[a-z]+")
# A date, or the place of one in a form: 4/17/01, MM/DD/YYYY.
_DATE = re.compile(r"(?:[\dDMY]{1,4}[/-]){2}[\dY]{2,4}")
_MEASURE = re.compile(r"[ \t]+[(<>~]*\d(?![.)]\s)")
# Behind a label and its value ("BPD: 9.0 cm") others follow, with values or a few words ("LMP: unknown").
_VALUE = re.compile(rf"{_MEASURE.pattern}|[^:\n]{{1,20}}(?:\n|$)")
_MEASURED = re.compile(rf"\s*[A-Z][\w /()-]{{0,20}}:{_MEASURE.pattern}")
# The headings of an examination of the whole patient, beneath which body systems are lines.
_WHOLE = re.compile(r"(?:^|physical |general )exam(?:ination)?\b|systems|^(?:pe|ros|findings)$")
_LETTER = re.compile(r"[^\W\d_]")
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


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text writes the headings that begin its paragraphs.

    So many are capitals with their text right behind them (`inline`) or on a line above it (`apart`), and so
    many are not in capitals (`titled`).
    """

    inline: int
    apart: int
    titled: int

    @property
    def is_apart(self) -> bool:
        """Whether headings stand on lines of their own."""
        return self.apart > self.inline and self.apart >= _SEVERAL

    @property
    def is_inline(self) -> bool:
        """Whether capitals before their text may be headings."""
        return not self.is_apart and self.inline >= self.titled

    @property
    def is_plain(self) -> bool:
        """Whether capitals at the beginning of paragraphs are the headings."""
        return self.inline + self.apart >= _SEVERAL


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
    """The sections of `text` in order; together they cover all of it but white space and the numbers of headings.

    Text before the first heading is a section with an empty heading. A line for a part of a section, such
    as a body system beneath an examination ("HEENT: …"), stays within that section, unless it stands on a
    line of its own, or is written as the headings of the text are: in capitals, before its text.
    """
    kept: list[Found] = []
    operative = False
    every = list(_headings(text))
    layout = _layout(text, every)
    for found in every:
        words = normal(found.span.of(text))
        names, after, category = _operation()
        operative = operative or after.search(words) is not None
        above = kept[-1].category if kept else None
        beneath = above is not None and above in _parents().get(words, ())
        if not found.opens and (beneath if found.alone else not kept and found.category is Category.OTHER):
            # "Alcohol:" with nothing behind it among the habits; "Re: …" in the head of a letter.
            continue
        if kept and not found.alone and not _heads(text, found, kept[-1], layout, beneath=beneath):
            continue
        if above is not None and beneath:
            found = replace(found, category=above)
        elif operative and words in names:
            found = replace(found, category=category)
        kept.append(found)
    return tuple(_sections(text, kept))


def _heads(text: str, found: Found, above: Found, layout: Layout, *, beneath: bool) -> bool:
    """Whether a heading with text right behind it begins a section rather than a line of the one above it.

    `beneath` tells that it may be a line of the section above.
    """
    words = found.span.of(text)
    usual, capitals = _is_usual(words), _capitals(words)
    differs = found.category is not above.category
    ends = differs and section_assertion(above.category) and (found.opens or found.category is not Category.OTHER)
    matters = ends or section_assertion(found.category) is not None
    if _is_line(text, found, above, layout, beneath=beneath) or _is_measure(text, found, above):
        return False
    if _LETTER.search(text, above.body, found.span.start) is None:
        # The first words beneath a heading are its text, unless another heading is sure.
        if not found.opens and not matters and not (usual and capitals):
            return False
        if layout.is_apart and not (usual and differs):
            return False
    if layout.is_apart and not usual and not matters and not (known_category(words) and capitals and found.opens):
        return False
    if ends or not layout.is_plain:
        return True
    # The headings of the text are capitals at the beginning of paragraphs: others amid them need to be usual.
    starts = capitals and _starts(text, found.span.start)
    if usual:
        return starts or found.opens or matters
    return starts and (found.opens or len(words) > 1)


def _is_line(text: str, found: Found, above: Found, layout: Layout, *, beneath: bool) -> bool:
    """Whether the heading is that of a line of the section above, going by how the text writes its headings."""
    words = found.span.of(text)
    # Where "EYES: …" has a paragraph, but "HEENT: …" before it is no section either, both are lines.
    whole = above.category in _EXAMINED and not above.alone and _WHOLE.search(normal(above.span.of(text)))
    if beneath and whole and layout.inline:
        return True
    alike = _capitals(words) and found.opens and layout.is_inline
    return not alike and (beneath or _is_part(found, words, above.category))


def _is_measure(text: str, found: Found, above: Found) -> bool:
    """Whether an unknown heading with a value is one of a list of measures ("BIOMETRY: BPD: 9.0 cm", "FL/HC: 19.9")."""
    listed = above.category not in _EXAMINED and _MEASURED.match(text, above.body)
    return bool(listed and not known_category(found.span.of(text)) and _VALUE.match(text, found.body))


def _layout(text: str, every: list[Found]) -> Layout:
    """The layout of the text by the headings of the tables that can be no lines of a section.

    One above another heading ("PHYSICAL EXAMINATION:", "HEENT: Normal.") tells nothing.
    """
    starts = [found.span.start for found in every] + [len(text)]
    inline = apart = titled = 0
    for found, following in zip(every, starts[1:], strict=True):
        words = found.span.of(text)
        if not found.opens or known_category(words) is None or normal(words) in _parents():
            continue
        if not _capitals(words):
            titled += 1
        elif not found.alone:
            inline += 1
        elif _LETTER.search(text, found.body, following):
            apart += 1
    return Layout(inline, apart, titled)


def _is_part(found: Found, words: str, above: Category) -> bool:
    """Whether the heading is that of a part of the section above it ("Axis II: …" among the diagnoses).

    A heading of the house style always begins a section.
    """
    if _is_usual(words):
        return False
    kin = found.category is above or {found.category, above} <= _JUDGED
    return kin or (found.category is Category.OTHER and above in _EXAMINED)


def _sections(text: str, kept: list[Found]) -> Iterator[Section]:
    """A section for each heading that was kept, and one for the text before the first."""
    first = _start(text, kept[0]) if kept else len(text)
    if text[:first].strip():
        body = _trimmed(text, 0, first)
        yield Section("", Category.OTHER, body, body)
    for at, found in enumerate(kept):
        until = _start(text, kept[at + 1]) if at + 1 < len(kept) else len(text)
        body = _trimmed(text, found.body, until)
        heading = found.span.of(text)
        end = max(body.end, found.span.end)
        yield Section(heading, found.category, Span(found.span.start, end), body)


def _start(text: str, found: Found) -> int:
    """Where the number or mark of a heading begins, or the heading itself."""
    line = text.rfind("\n", 0, found.span.start) + 1
    marker = _ENUMERATOR.match(text, line)
    return line if marker is not None and marker.end() == found.span.start else found.span.start


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
    inside = marker.end() if marker else start
    dash = _DASH.search(text, inside, end)
    if dash is not None:
        span = _trimmed(text, inside, dash.start())
        words = span.of(text)
        if _is_known(words) if words.isupper() else marker is None and _is_usual(words) and _titled(words):
            return _found(text, span, dash.end(), end)
    span = _trimmed(text, inside, end)
    words = span.of(text)
    if not _short(words) or words[-1] in ".,;":
        return None
    if marker is not None and not marker[0].strip(" .()").isalpha():
        heads = _is_usual(words) and not _is_item(text, start, end)
    else:
        heads = _heads_alone(text, start, span)
    return _found(text, span, end, end) if heads else None


def _heads_alone(text: str, start: int, span: Span) -> bool:
    """Whether the words at `span`, all of the line that begins at `start`, are a heading."""
    words = span.of(text)
    if known_category(words) is not None and (words.isupper() or _titled(words)):
        return True
    if not words.isupper():
        return _is_usual(words) and _opens(text, start) and text.startswith("\n\n", span.end)
    inferred = inferred_category(words) is not None and not _is_label(_above(text, start))
    return inferred or _is_title(text, start, span)


def _is_item(text: str, start: int, end: int) -> bool:
    """Whether the line from `start` to `end` is one of several items, or an item of a heading's list."""
    return _is_label(_above(text, start)) or _ENUMERATOR.match(text, end + 1) is not None or end == len(text)


def _is_title(text: str, start: int, span: Span) -> bool:
    """Whether the capitals at `span` are a paragraph of their own with other text behind ("ATRIAL LEAD").

    Their line begins at `start`. Right beneath a heading they are its text ("ALLERGIES:", "PENICILLIN").
    """
    above = _above(text, start)
    behind = text[span.end : span.end + _LONGEST].lstrip(" \t:")
    words = span.of(text)
    return (
        _opens(text, span.start)
        and not (_is_label(above) or above.isupper())
        and behind.startswith("\n\n")
        and sum(map(str.isalpha, words)) >= _LEAST_LETTERS
        and any(map(str.islower, behind))
        and not _DATE.fullmatch(words)
    )


def _is_label(line: str) -> bool:
    """Whether `line` ends as a heading does and is no item of a list."""
    return line.endswith(":") and not _ENUMERATOR.match(line)


def _above(text: str, start: int) -> str:
    """The last line with text on it before `start`."""
    return text[max(0, start - _REACH) : start].rstrip().rpartition("\n")[2]


def _heading_without_colon(text: str, start: int, end: int) -> Found | None:
    """A heading in capitals that begins a paragraph, its text right behind it: a known one, or words before a list."""
    head = _CAPITALS_HEAD.match(text, start, end)
    if head is None or not _opens(text, start):
        return None
    words = " ".join(head[1].split())
    letters = sum(map(str.isalpha, words))
    several = " " in words or "/" in words
    listed = several and _FIRST.match(text, head.end(), end)
    told = letters >= _MANY_LETTERS and (_BODY if several else _SENTENCE).match(text, head.end(), end)
    known = known_category(words) is not None and letters >= _LEAST_LETTERS - bool(_DOSE.match(text, head.end(), end))
    if not (known or listed or told) or _is_system(words):
        return None
    return _found(text, Span(*head.span(1)), head.end(), end)


def _opens(text: str, at: int) -> bool:
    """Whether a paragraph begins at the character `at`."""
    line = text.rfind("\n", 0, at) + 1
    above = text.rfind("\n", 0, max(0, line - 1)) + 1
    return _starts(text, at) and not text[above:line].strip()


def _starts(text: str, at: int) -> bool:
    """Whether nothing but the number or the mark of an item stands before `at` in its line."""
    line = text.rfind("\n", 0, at) + 1
    marker = _ENUMERATOR.match(text, line)
    return (marker is not None and marker.end() == at) or (at - line <= _LONGEST and not text[line:at].strip())


def _heading_before(text: str, line: int, begin: int, colon: int, end: int) -> Found | None:
    """The heading that the colon at `colon` ends, looking back no further than `begin`."""
    stops = [stop.end() for stop in _SENTENCE_END.finditer(text, begin, colon)]
    first = stops[-1] if stops else begin
    marker = _ENUMERATOR.match(text, first, colon)
    # "1. HISTORY:" is a heading with a number; the full stop of the number ended no sentence.
    at_line = _starts(text, first)
    span = _trimmed(text, marker.end() if marker else first, colon)
    words = span.of(text)
    # Right behind another heading's colon only a known heading is one: what stands there is its text.
    fresh = at_line or bool(stops) or known_category(words) is not None
    small = marker is None and at_line and words[:1].isalpha() and _is_usual(words) and _is_fresh(text, line)
    if _short(words) and fresh and (small or _accepts(words, numbered=marker is not None and at_line, at_line=at_line)):
        return _found(text, span, colon + 1, end)
    tail = _CAPITALS_TAIL.search(text, max(first, colon - _LONGEST), colon)
    return _known_tail(text, tail.start(), colon, end) if tail else None


def _is_fresh(text: str, line: int) -> bool:
    """Whether no sentence goes on in the line that begins at `line`."""
    above = text[max(0, line - _REACH) : line].removesuffix("\n").rpartition("\n")[2]
    return not above.strip() or above.rstrip()[-1] in ".:;!?"


def _accepts(words: str, *, numbered: bool, at_line: bool) -> bool:
    """Whether `words` before a colon at the beginning of a line or sentence are a heading."""
    if not words[0].isupper():
        return False
    known = _is_known(words)
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
    alone = not text[body:end].strip() and _starts(text, span.start)
    return Found(span, body, category or fallback, alone, _opens(text, span.start))


def _is_usual(words: str) -> bool:
    """Whether `words` are a heading of the house style or a synonym of one."""
    return normal(words) in headings_by_synonym()


def _is_known(words: str) -> bool:
    """Whether the tables have `words`, as a heading or as a body system."""
    return known_category(words) is not None or _is_system(words)


def _is_system(words: str) -> bool:
    return normal(words) in _systems()


def _capitals(words: str) -> bool:
    """Whether `words` are in capitals but for what stands in brackets."""
    return _BRACKETS.sub("", words).isupper()


def _short(words: str) -> bool:
    return bool(words) and len(words) <= _LONGEST and len(words.split()) <= _MOST_WORDS


def _titled(words: str) -> bool:
    """Whether `words` are written as a title or begin with a capital, as a heading does."""
    return words[0].isupper() and len(words.split()) <= 6

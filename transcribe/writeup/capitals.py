"""Capital letters: sentence starts, names, brands, abbreviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from transcribe.writeup.context import TITLES, determiners
from transcribe.writeup.dates import MONTHS
from transcribe.writeup.items import Item, Kind, Trail, joined, keys, sentence_start
from transcribe.writeup.phrases import acronyms
from transcribe.writeup.tables import listed

_LISTS = ("brands", "eponyms", "places")
_LONGEST = 4
_SPOKEN_TITLES = {"doctor": "Dr.", "mister": "Mr.", "missus": "Mrs.", "mizz": "Ms."}
_PARENTS = frozenset({"mom", "dad", "grandma", "grandpa", "mommy", "daddy"})
_OWNERS = frozenset({"patient's", "child's", "baby's", "of"})
_INSTITUTIONS = frozenset(
    {
        "hospital",
        "clinic",
        "center",
        "university",
        "college",
        "school",
        "institute",
        "street",
        "avenue",
        "county",
    }
)
_INSTITUTION_PARTS = _INSTITUTIONS | {
    "medical",
    "general",
    "memorial",
    "regional",
    "community",
    "health",
    "high",
}
_LABEL_WORDS = 4
"""What stands before a colon is a label, and what follows starts anew, up to so many words."""


@cache
def _names() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Names of one word or more by their lower-case words, with and without their hyphens."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name in (entry for source in _LISTS for entry in listed(source)):
        said = tuple(name.lower().split())
        found[said] = tuple(name.split())
        if "-" in name:
            found.setdefault(tuple(name.lower().replace("-", " ").split()), (name,))
    return found


@cache
def _first_words() -> frozenset[str]:
    return frozenset(said[0] for said in _names()) | frozenset(f"{said[0]}'s" for said in _names())


@cache
def _given_names() -> frozenset[str]:
    return frozenset(name.lower() for name in listed("given_names"))


@cache
def _plain() -> frozenset[str]:
    return frozenset(listed("plain_words"))


@cache
def _left_lower() -> frozenset[str]:
    return frozenset(listed("lower_words"))


def capitalise(items: Sequence[Item], trail: Trail, *, spoken_only: bool) -> list[Item]:
    """`items` with their capitals; letters that are capital already stay so.

    `spoken_only`: the words came without case, so names after titles and given names are ours to find.
    """
    out: list[Item] = []
    index = 0
    while index < len(items):
        item = items[index]
        if not item.is_word or item.heading:
            out.append(item)
            index += 1
            continue
        index = _named(items, index, out, trail) or _one(items, index, out, trail, spoken_only)
    if spoken_only:
        out = _institutions(out)
    return [_raised(out, at) for at in range(len(out))]


def _institutions(items: Sequence[Item]) -> list[Item]:
    """`items` with a capital on each word of "Newton Medical Center" behind the name."""
    out = list(items)
    for at in range(1, len(out)):
        before = out[at - 1]
        named = before.is_word and not before.heading and before.text[:1].isupper() and before.text[1:].islower()
        if not named or sentence_start(out, at - 1) or out[at].key not in _INSTITUTION_PARTS:
            continue
        ahead = keys(out[at : at + 3])
        if _INSTITUTIONS & set(ahead):
            out[at] = _capital(out[at])
    return out


def _named(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write the name that starts at `at`; where to go on, 0 when there is none."""
    if items[at].key not in _first_words():
        return 0
    words = keys(items[at : at + _LONGEST])
    for length in range(len(words), 0, -1):
        said = tuple(words[:length])
        owner = said[-1].endswith("'s")
        base = (*said[:-1], said[-1][:-2]) if owner and said not in _names() else said
        written = _names().get(base)
        if written is None:
            continue
        if base != said:
            written = (*written[:-1], written[-1] + "'s")
        _write_name(items[at : at + length], written, out, trail)
        return at + length
    return 0


def _write_name(source: Sequence[Item], written: tuple[str, ...], out: list[Item], trail: Trail) -> None:
    if len(written) == len(source):
        out.extend(
            item if item.text != item.key else item.with_text(word) for item, word in zip(source, written, strict=True)
        )
        return
    trail.note("name", source, " ".join(written))
    out.extend(joined(source, word) for word in written)


def _one(items: Sequence[Item], at: int, out: list[Item], trail: Trail, spoken_only: bool) -> int:
    """Write the single word at `at` with its capital, if it has one of its own."""
    item = items[at]
    if item.settled or item.text != item.key:
        out.append(item)
        return at + 1
    if spoken_only and (title := _title(items, at)):
        trail.note("title", item, title)
        out.append(item.with_text(title))
        return _person(items, at + 1, out)
    if spoken_only and out and out[-1].key == "dear":
        out.append(_capital(item))
        return at + 1
    if out and out[-1].text in ("Dr.", "Mr.", "Mrs.", "Ms.", "Prof.") and out[-1].is_word:
        return _person(items, at, out)
    out.append(item.with_text(_own_case(items, at, spoken_only), settled=False))
    return at + 1


def _title(items: Sequence[Item], at: int) -> str:
    """How the title of a person at `at` is typed; empty when no name follows."""
    key, following = items[at].key, keys(items[at + 1 : at + 2])
    if not following or not following[0].isalpha() or following[0] in _plain():
        return ""
    if key in TITLES - {"st", "vs", "jr", "sr"}:
        return f"{key.capitalize()}."
    before = items[at - 1].key if at else ""
    if key in _SPOKEN_TITLES and before not in determiners() and before not in ("her", "his", "family", "care"):
        return _SPOKEN_TITLES[key]
    return ""


def _person(items: Sequence[Item], at: int, out: list[Item]) -> int:
    """Write the name at `at` that stands behind a title."""
    if at >= len(items) or not items[at].is_word:
        return at
    out.append(_capital(items[at]))
    if items[at].key in _given_names() and at + 1 < len(items) and items[at + 1].is_word:
        following = items[at + 1]
        if following.key.isalpha() and following.key not in _plain() and not following.settled:
            out.append(_capital(following))
            return at + 2
    return at + 1


def _capital(item: Item) -> Item:
    return item.with_text(item.text[:1].upper() + item.text[1:])


def _own_case(items: Sequence[Item], at: int, spoken_only: bool) -> str:
    """The word at `at` as it stands inside a sentence."""
    word = items[at].text
    stem, ending = (word[:-2], "'s") if word.endswith("'s") else (word, "")
    if stem == "i" or word.startswith("i'"):
        return word.capitalize()
    if stem in acronyms() and stem not in _left_lower():
        return acronyms()[stem] + ending
    if stem.endswith("s") and len(stem) > 3 and stem[:-1] in acronyms() and stem[:-1] not in _left_lower():
        return acronyms()[stem[:-1]] + "s"
    if stem in ("march", "may") and _is_month(items, at):
        return MONTHS[stem]
    if spoken_only and stem in _given_names():
        return word.capitalize()
    if spoken_only and _is_called(items, at, stem):
        return word.capitalize()
    return word


def _is_called(items: Sequence[Item], at: int, word: str) -> bool:
    """Whether `word` stands as a name here: a letter by itself, "Mom" without "his", a hospital behind its name."""
    before = items[at - 1] if at else None
    if len(word) == 1:
        beside = [before, *items[at + 1 : at + 2]]
        return word.isalpha() and word not in "ax" and not any(item and item.kind is Kind.JOIN for item in beside)
    if word in _PARENTS:
        return before is None or not before.is_word or before.key not in determiners() | _OWNERS
    return False


def _is_month(items: Sequence[Item], at: int) -> bool:
    before = items[at - 1].key if at else ""
    following = keys(items[at + 1 : at + 2])
    if following and (following[0][:1].isdigit() or following[0] == "of"):
        return True
    return before in ("in", "since", "last", "until", "this", "early", "late", "by", "of") and (
        items[at].key == "march" or before in ("in", "since", "last", "of")
    )


def _raised(items: Sequence[Item], at: int) -> Item:
    """The item at `at` with a capital where a sentence starts."""
    item = items[at]
    if not item.is_word or item.heading or not item.text[:1].islower():
        return item
    if any(letter.isupper() for letter in item.text):
        return item
    if _after_initial(items, at) or item.text in ("cc", "cc:"):
        return item
    if sentence_start(items, at) or _after_number(items, at) or _after_label(items, at):
        return replace(_capital(item), settled=item.settled)
    return item


def _after_initial(items: Sequence[Item], at: int) -> bool:
    """Whether the recogniser's own dot before belongs to an initial: "E. coli"."""
    before = items[max(0, at - 2) : at]
    if len(before) < 2 or before[1].kind is not Kind.MARK or before[1].text != "." or before[1].spoken:
        return False
    return len(before[0].text) == 1 and before[0].text.isupper()


def _after_number(items: Sequence[Item], at: int) -> bool:
    """Whether the number of a list item stands before."""
    if at == 0 or not items[at - 1].is_word or not items[at - 1].settled:
        return False
    return items[at - 1].text.endswith(".") and items[at - 1].text[:-1].isdigit()


def _after_label(items: Sequence[Item], at: int) -> bool:
    """Whether a short label with a colon stands before, itself at the start of a sentence."""
    if at == 0 or items[at - 1].text != ":" or items[at - 1].kind is not Kind.MARK:
        return False
    start = at - 2
    while start >= 0 and items[start].is_word and at - 1 - start <= _LABEL_WORDS:
        if sentence_start(items, start):
            return True
        start -= 1
    return False

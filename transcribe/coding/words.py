"""Turns clinical text into comparable words: no capitals, accents and plurals; abbreviations written out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

# A prefix and its word are one word, hyphen or none: "velo-cardio-facial", "non-displaced", "post-operative".
_WORD = re.compile(
    r"(?:(?!two-|who-|ago-)[a-z]{2,}o-|(?:anti|hyper|inter|intra|non|peri|post|pre|sub|supra)-)+[a-z]+"
    r"|[a-z0-9]+(?:\.[0-9]+)?"
)
_STOP = re.compile(r"[.;:\n]")
# After these an "a" is a name, not an article.
_BEFORE_LETTER_A = frozenset({"hepatitis", "vitamin", "influenza", "hemophilia", "group", "type", "strain"})
# How much a word of degree counts beside a word that names a thing.
SOFT = 0.15
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8"}
_BEFORE_ROMAN_ONE = frozenset({"type", "stage", "grade", "class", "bipolar", "mobitz", "degree"})
# "Type IIIa" and the like.
_ROMAN_KIND = re.compile(r"[ivx][abc]|(?:ii|iii|iv|vi|vii|viii|ix|xi|xii)[a-d]?")
# British spelling, which dictionaries of speech recognisers keep.
_BRITISH = (
    (re.compile(r"aem(?=[iao])"), "em"),
    (re.compile(r"rrhoe(?=[ai])"), "rrhe"),
    (re.compile(r"oe(d[ei]m|soph|str)"), r"e\1"),
    (re.compile(r"^(f|c)oe(?=[tl])|(am|hom|pn)oe(?=[boa])"), r"\1\2e"),
    (re.compile(r"(^f|^c|gyn|^n|^pr|ph|p)ae(?=[cdiosv])"), r"\1e"),
    (re.compile(r"aesth"), "esth"),
    (re.compile(r"(tum|hum|lab|behavi)our"), r"\1or"),
    (re.compile(r"(fib|cent|goit)re$"), r"\1er"),
    (re.compile(r"isation$"), "ization"),
    (re.compile(r"(al|id|at|er|il|un)ised$"), r"\1ized"),
    (re.compile(r"leuco"), "leuko"),
    (re.compile(r"sulph"), "sulf"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """One comparable word and the half-open character range it was written in."""

    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists of `words.txt`: `same` holds stems and what they mean; the rest are sets of stems."""

    same: dict[str, tuple[str, ...]]
    empty: frozenset[str]
    soft: frozenset[str]
    side: frozenset[str]
    idle: frozenset[str]
    vague: frozenset[str]
    places: frozenset[str]
    kinds: frozenset[str]
    alone: frozenset[str]
    narrated: frozenset[str]


@lru_cache(65536)
def stem(word: str) -> str:
    """`word` (lower case, plain letters) without its plural ending; "metastases" and "metastasis" agree."""
    for pattern, plain in _BRITISH:
        word = pattern.sub(plain, word)
    if len(word) < 4 or word[-1].isdigit():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "ses", "sis", "zes")):
        return word[:-2]
    if word.endswith("se") and len(word) > 4:
        return word[:-1]
    if word.endswith("ical"):
        return word[:-2]
    if word.endswith("ae"):
        return word[:-1]
    if word.endswith("s") and word[-2] not in "sui":
        return word[:-1]
    return word


def plain(text: str) -> str:
    """`text` in lower case with every accent taken off; as long as the original, so ranges stay true."""
    if text.isascii():
        return text.lower()
    return "".join(_plain_letter(letter) for letter in text)


@cache
def _plain_letter(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1].lower()
    return base if len(base) == 1 else letter


def words(text: str, offset: int = 0) -> tuple[Word, ...]:
    """The comparable words of `text`; `offset` is added to their ranges.

    An abbreviation yields all the words that it stands for, each with the range of the abbreviation.
    """
    return tuple(Word(root, start + offset, end + offset) for root, start, end in _roots(text))


def _roots(text: str) -> Iterator[tuple[str, int, int]]:
    same = lexicon().same
    before, last = "", 0
    for found in _WORD.finditer(plain(text).replace("'s ", "   ").replace("’s ", "   ")):
        raw = found.group().replace("-", "")
        start, end = found.span()
        if _STOP.search(text, last, start):
            before = ""
        written = _ROMAN.get(raw, raw)
        if raw == "i" and before in _BEFORE_ROMAN_ONE:
            written = "1"
        if raw == "a" and before in _BEFORE_LETTER_A:
            written = "typea"
        root = stem(written)
        for each in same.get(root, (root,)):
            yield each, start, end
        before, last = raw, end


def stems(text: str) -> tuple[str, ...]:
    """The words of `text` that mean something, without ranges, in order, each once."""
    empty = lexicon().empty
    return tuple(dict.fromkeys(root for root, _, _ in _roots(text) if root not in empty))


def share(word: str) -> float:
    """How much of its rarity a word weighs: little where it tells degree, number or just "disease"."""
    lists = lexicon()
    numbered = word[0].isdigit() or _ROMAN_KIND.fullmatch(word)
    return SOFT if numbered or word in lists.soft | lists.idle | lists.kinds else 1.0


@cache
def lexicon() -> Lexicon:
    """The word lists beside this module, read once."""
    same: dict[str, tuple[str, ...]] = {}
    sets: dict[str, set[str]] = {}
    part = ""
    for line in lines("words.txt"):
        if line.startswith("["):
            part = line.strip("[]")
        elif part == "same":
            target, _, variants = line.partition(":")
            meaning = tuple(stem(each) for each in target.split())
            same.update({stem(each.strip()): meaning for each in variants.split(",")})
        else:
            sets.setdefault(part, set()).update(stem(each) for each in line.split())
    return Lexicon(same=same, **{name: frozenset(members) for name, members in sets.items()})


def lines(name: str) -> list[str]:
    """The lines of the table `name` beside this module, without comments and blanks."""
    whole = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line.strip() for line in whole.splitlines() if line.strip() and not line.startswith("#")]

"""Number words are read: what value a run of them says, whatever it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from transcribe.writeup.items import Item, Kind
from transcribe.writeup.units import listed_words, unit_at

_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
ONES = {word: value for value, word in enumerate(_ONES, 1)}
TEENS = {word: value for value, word in enumerate(_TEENS, 10)}
TENS = {word: 10 * value for value, word in enumerate(_TENS, 2)} | {"fourty": 40, "ninty": 90}
SCALES = {"thousand": 1000}
ZEROS = frozenset({"zero", "oh", "o", "nought"})
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_TENTHS = "thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth"
ORDINALS = {word: value for value, word in enumerate(_ORDINALS.split(), 1)} | {
    word: 10 * value for value, word in enumerate(_TENTHS.split(), 3)
}
_COUNTED_ONCE = frozenset({"puff", "tablet", "capsule", "spray", "drop", "pill", "inhalation"})
_LONGEST_STRING = 24
_FIGURES = re.compile(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^\d*\.?\d+$", re.ASCII)
_DIGITS = frozenset(ONES) | frozenset(TEENS) | frozenset(TENS) | ZEROS
_NUMBER_WORDS = frozenset(ONES) | frozenset(TEENS) | frozenset(TENS) | {"zero"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was said: its figures, and the index after its last word.

    `in_words` tells that it was said in words, `small` that it is a whole number below ten.
    """

    figures: str
    end: int
    in_words: bool = True

    @property
    def value(self) -> float:
        """What it amounts to."""
        return float(self.figures.replace(",", ""))

    @property
    def whole(self) -> bool:
        """Whether it has no decimals."""
        return "." not in self.figures

    @property
    def small(self) -> bool:
        """Whether house style writes it as a word where nothing is measured."""
        return self.whole and self.value < 10


def number_at(items: Sequence[Item], at: int) -> Number | None:
    """The number that starts at `at`, or None."""
    if at >= len(items) or not items[at].is_word or items[at].settled:
        return None
    key = items[at].key
    if key[0].isdigit() or (key[0] == "." and len(key) > 1):
        return _from_figures(items, at)
    if key == "a" and _key(items, at + 1) in ("hundred", "thousand"):
        return _decimals(items, *_whole(items, at))
    if key not in _NUMBER_WORDS and key not in ("point", "oh", "o"):
        return None
    if key == "point":
        number = _decimals(items, "0", at)
        return number if number.end > at and _is_below_one(items, at, number.end) else None
    if key in ("oh", "o") and _key(items, at + (2 if _key(items, at + 1) == "point" else 1)) not in _DIGITS:
        return None
    return _digit_string(items, at) or _decimals(items, *_whole(items, at))


def number_end(items: Sequence[Item], at: int) -> int:
    """The index after the number at `at`; `at` itself where there is none."""
    number = number_at(items, at)
    return number.end if number else at


def ordinal_at(items: Sequence[Item], at: int) -> tuple[int, int] | None:
    """The ordinal said at `at`, as its value and the index after it."""
    key = _key(items, at)
    if key in ORDINALS:
        return ORDINALS[key], at + 1
    parts = key.split("-")
    if len(parts) == 2 and parts[0] in TENS and ORDINALS.get(parts[1], 10) < 10:
        return TENS[parts[0]] + ORDINALS[parts[1]], at + 1
    following = ORDINALS.get(_key(items, at + 1), 10)
    if key in TENS and following < 10:
        return TENS[key] + following, at + 2
    return None


def figures(value: int) -> str:
    """`value` in figures, with commas from ten thousand on."""
    return f"{value:,}" if value >= 10_000 else str(value)


def _key(items: Sequence[Item], at: int) -> str:
    if 0 <= at < len(items) and items[at].is_word and not items[at].settled:
        return items[at].key
    return ""


def _from_figures(items: Sequence[Item], at: int) -> Number | None:
    if not _FIGURES.match(items[at].key) or len(items[at].key) > _LONGEST_STRING // 2:
        return None
    if _key(items, at + 1) == "point":
        return _decimals(items, items[at].key, at + 1)
    key = items[at].key
    return Number(f"0{key}" if key.startswith(".") else key, at + 1, in_words=False)


def _whole(items: Sequence[Item], at: int) -> tuple[str, int]:
    """The whole number said at `at`, as figures and the index after it."""
    key = _key(items, at)
    if key in ZEROS:
        figure = ONES.get(_key(items, at + 1), 0)
        led = figure and at + 2 < len(items) and items[at + 2].kind is Kind.JOIN
        return (f"0{figure}", at + 2) if led else ("0", at + 1)
    paired = _paired(items, at)
    if paired is not None:
        return paired
    value, end = _thousands(items, at)
    return figures(value), end


def _thousands(items: Sequence[Item], at: int) -> tuple[int, int]:
    total, (group, end) = 0, _hundreds(items, at)
    while _key(items, end) in SCALES:
        total += group * SCALES[_key(items, end)]
        group, end = 0, end + 1
        start = end + 1 if _key(items, end) == "and" else end
        if _key(items, start) in _NUMBER_WORDS and _key(items, start) != "zero":
            more, stop = _hundreds(items, start)
            group, end = more, stop
    return total + group, end


def _hundreds(items: Sequence[Item], at: int) -> tuple[int, int]:
    value, end = _below_hundred(items, at)
    if _key(items, end) != "hundred":
        return value, end
    value, end = value * 100, end + 1
    start = end + 1 if _key(items, end) == "and" else end
    if _key(items, start) not in _NUMBER_WORDS or _key(items, start) == "zero":
        return value, end
    more, stop = _below_hundred(items, start)
    if _key(items, stop) == "hundred" and start > end:
        return value, end
    return value + more, stop


def _below_hundred(items: Sequence[Item], at: int) -> tuple[int, int]:
    key = _key(items, at)
    if key in TENS:
        one = 0 if _starts_a_count(items, at) else ONES.get(_key(items, at + 1), 0)
        return (TENS[key] + one, at + 2) if one else (TENS[key], at + 1)
    return ONES.get(key) or TEENS.get(key) or int(key == "a"), at + 1


def _starts_a_count(items: Sequence[Item], at: int) -> bool:
    """Whether the figure after the tens at `at` counts what follows: "two fifty slash fifty one puff"."""
    counted = _key(items, at + 2)
    if counted in _COUNTED_ONCE and _key(items, at + 1) == "one":
        return True
    return counted.rstrip("s") in _COUNTED_ONCE and at > 0 and items[at - 1].kind is Kind.JOIN


def _paired(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    """Numbers said in pairs: "one twenty" is 120, "nineteen eighty four" 1984, "one oh five" 105."""
    key, following = _key(items, at), _key(items, at + 1)
    if key in ONES:
        head, start = ONES[key], at + 1
    elif key in ("nineteen", "twenty", "eighteen"):
        head, start = _below_hundred(items, at)
        if key == "twenty" and (head != 20 or _key(items, at - 1) in TENS):
            return None  # "thirty twenty ten" counts down, it names no year
        following = _key(items, start)
    else:
        return None
    if following in ("oh", "o") and _key(items, start + 1) in ONES:
        return str(head * 100 + ONES[_key(items, start + 1)]), start + 2
    if following not in TENS and following not in TEENS:
        return None
    tail, end = _below_hundred(items, start)
    if _key(items, end) in ("hundred", "thousand") or (head >= 10 and _key(items, end) == "point"):
        return None  # "twenty twelve point five" are the two parts of a combination, 20 and 12.5
    return str(head * 100 + tail), end


def _decimals(items: Sequence[Item], whole: str, at: int) -> Number:
    """The number with the whole part `whole` and what is said after "point" at `at`."""
    if _key(items, at) != "point":
        return Number(whole, at)
    digits, end = "", at + 1
    while end - at < _LONGEST_STRING:
        key = _key(items, end)
        if digits and _key(items, end + 1) == "times":
            break
        if key in ONES:
            digits += str(ONES[key])
        elif key in ZEROS:
            digits += "0"
        elif key.isdigit():
            digits += key
        else:
            break
        end += 1
    if not digits and _key(items, end) in (*TEENS, *TENS):
        value, end = _below_hundred(items, end)
        digits = str(value)
    if not digits or _is_moment(items, at, whole, end):
        return Number(whole, at)
    return Number(f"{whole}.{digits}", end)


def _is_below_one(items: Sequence[Item], point: int, end: int) -> bool:
    """Whether the words around "point five" without a figure before it show that it was a number."""
    if unit_at(items, end) is not None or _key(items, end) in ("percent", "to", "or"):
        return True
    before = items[point - 1].key if point else ""
    if _key(items, point + 1) in ZEROS and end > point + 2:
        return before not in listed_words("below_one", "never_after")
    return before in listed_words("below_one", "after") or before in listed_words("figures_after", "words")


def _is_moment(items: Sequence[Item], point: int, whole: str, end: int) -> bool:
    """Whether "at one point" is a time, as in "at one point two nodes were seen", not part of a number."""
    if _key(items, point - 2) != "at" or whole != "1":
        return False
    return _key(items, end) != "" and unit_at(items, end) is None


def _digit_string(items: Sequence[Item], at: int) -> Number | None:
    """Four or more digits said one by one, as of a record or telephone number, or three that are measured."""
    digits, end = "", at
    while end - at < _LONGEST_STRING:
        key = _key(items, end)
        if key in ONES:
            digits += str(ONES[key])
        elif key in ZEROS:
            digits += "0"
        elif key == "double" and _key(items, end + 1) in (*ONES, *ZEROS):
            digits += 2 * str(ONES.get(_key(items, end + 1), 0))
            end += 1
        else:
            break
        end += 1
    least = 3 if unit_at(items, end) else 4
    if len(digits) < least or _key(items, end) in (
        *TENS,
        *TEENS,
        "hundred",
        "thousand",
        "point",
    ):
        return None
    return Number(digits, end)

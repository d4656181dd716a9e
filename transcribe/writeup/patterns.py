"""Numbers in a pattern of their own: ratios, fractions, dose intervals, sutures, acuity, telephone numbers."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.domain import MarkKind
from transcribe.writeup.items import Item, Trail, joined, keys
from transcribe.writeup.numerals import ONES, TENS, ZEROS, Number, number_at, ordinal_at
from transcribe.writeup.units import is_measured, listed_words, unit_at, write_unit

TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})
_PLURAL_TIMES = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months", "years"})
_PARTS = {"half": "2", "third": "3", "thirds": "3", "quarter": "4", "quarters": "4", "fourth": "4", "eighth": "8"}
_DECADES = {word.removesuffix("y") + "ies": value for word, value in TENS.items()}
_SIGNS = {"plus": "+", "minus": "-"}
_CENTURIES = {"eighteen": 1800, "nineteen": 1900}
_DECADE_OPENERS = frozenset({"the", "his", "her", "their", "mid", "low", "high", "upper", "early", "late", "lower"})


def every_hours(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The interval of a dose: "q six hours" is q.6 h."""
    if items[at].key not in ("q", "q."):
        return 0
    first = number_at(items, at + 1)
    if first is None:
        return 0
    text, end = first.figures, first.end
    if keys(items[end : end + 1]) == ["to"] and (second := number_at(items, end + 1)):
        text, end = f"{text}-{second.figures}", second.end
    unit = keys(items[end : end + 1])
    if not unit or unit[0] not in ("hours", "hour", "h", "hrs", "h.", *_PLURAL_TIMES, *TIMES):
        return 0
    short = "h." if unit[0].startswith("h") else unit[0]
    trail.note("dose interval", items[at : end + 1], f"q.{text} {short}")
    out.append(joined(items[at:end], f"q.{text}"))
    out.append(joined([items[end]], short))
    return end + 1


def suture(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The size of a suture: "three oh vicryl" is 3-0 Vicryl."""
    number = number_at(items, at)
    if number is None or not number.small:
        return 0
    zero, end = keys(items[number.end : number.end + 1]), number.end + 1
    if not zero or zero[0] not in ZEROS:
        return 0
    near = keys(items[end : end + 4])
    if not any(word in listed_words("suture", "materials") for word in near):
        return 0
    text = f"{number.figures}-0"
    trail.note("suture size", items[at:end], text)
    out.append(joined(items[at:end], text))
    return end


def counted_dose(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A count and a strength said in one breath: "two ten milligram tablets" is 2 10 mg tablets, never 210 mg."""
    number = number_at(items, at)
    if number is None or not number.in_words or not number.whole or items[at].key not in ONES or number.end == at + 1:
        return 0
    unit, strength = unit_at(items, number.end), number_at(items, at + 1)
    if unit is None or strength is None or strength.end != number.end:
        return 0
    if keys(items[unit[1] : unit[1] + 1])[:1] not in [[form] for form in listed_words("doses", "forms")]:
        return 0
    trail.note("counted dose", items[at : unit[1]], f"{items[at].text} {strength.figures} {unit[0]}")
    trail.ask(items[at], MarkKind.QUERY, "A count and a strength, or one number? Listen to the dose.")
    out.append(items[at].with_text(items[at].text, settled=False))
    out.append(joined(items[at + 1 : number.end], strength.figures))
    write_unit(items[number.end : unit[1]], unit[0], out, trail)
    return unit[1]


def acuity(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """How well an eye sees, said without "over": "vision twenty forty" is 20/40."""
    number = number_at(items, at)
    if number is None or items[at].key != "twenty" or not 2010 <= number.value <= 2099:
        return 0
    near = {*keys(out[-6:]), *keys(items[number.end : number.end + 4])}
    if not near & listed_words("acuity", "words"):
        return 0
    text = f"{number.figures[:2]}/{number.figures[2:]}"
    trail.note("visual acuity", items[at : number.end], text)
    out.append(joined(items[at : number.end], text))
    return number.end


def telephone(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Digits said one by one: seven or ten where a call is spoken of, four behind "para"."""
    number = number_at(items, at)
    if number is None or number.end - at < 4:
        return 0
    if len(number.figures) == 4 and keys(out[-1:]) == ["para"]:
        trail.note("parity", items[at : number.end], "-".join(number.figures))
        out.append(joined(items[at : number.end], "-".join(number.figures)))
        return number.end
    if len(number.figures) not in (7, 10):
        return 0
    if not set(keys(out[-5:])) & listed_words("telephone", "words") or "record" in keys(out[-5:]):
        return 0
    digits = number.figures
    text = f"{digits[:-4]}-{digits[-4:]}" if len(digits) == 7 else f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    trail.note("telephone number", items[at : number.end], text)
    out.append(joined(items[at : number.end], text))
    return number.end


def fraction(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A number and a half: "two and a half" is 2-1/2."""
    number = number_at(items, at)
    if number is None or not number.whole:
        return 0
    words = keys(items[number.end : number.end + 3])
    if len(words) > 1 and words[0] == "and" and words[1].replace("-", " ") in ("one half", "one third", "one quarter"):
        over, end = _PARTS[words[1].split("-")[1]], number.end + 2
    elif len(words) == 3 and words[0] == "and" and words[1] in ("a", "one") and words[2] in _PARTS:
        over, end = _PARTS[words[2]], number.end + 3
    else:
        return 0
    following = keys(items[end : end + 1])
    further = number_at(items, end + 1) if following and following[0] in ("by", "x") else None
    if number.small and not further and not is_measured(items, end):
        return 0
    text = f"{number.figures}-1/{over}"
    trail.note("fraction", items[at:end], text)
    out.append(joined(items[at:end], text))
    if further is None:
        return end
    trail.note("dimension", items[end], "x")
    out.append(items[end].with_text("x"))
    return end + 1


def ratio(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Two whole numbers one over the other: blood pressure, acuity, a graded murmur."""
    first = number_at(items, at)
    if first is None or not first.whole:
        return 0
    words = keys(items[first.end : first.end + 2])
    if _is_mixture(items, first, out):
        start = first.end
    elif words[:1] == ["over"]:
        start = first.end + 1
    elif words == ["out", "of"]:
        start = first.end + 2
    else:
        return 0
    second = number_at(items, start)
    if second is None or not second.whole:
        return 0
    after = keys(items[second.end : second.end + 1])
    if after and after[0] in _PLURAL_TIMES | TIMES:
        return 0
    if words[0] == "out" and second.value not in (5, 6, 10, 15, 30):
        return 0
    text = f"{first.figures}/{second.figures}"
    trail.note("ratio", items[at : second.end], text)
    out.append(joined(items[at : second.end], text))
    unit = unit_at(items, second.end)
    if unit is None:
        return second.end
    write_unit(items[second.end : unit[1]], unit[0], out, trail)
    return unit[1]


def _is_mixture(items: Sequence[Item], first: Number, out: Sequence[Item]) -> bool:
    """Whether two numbers side by side are the parts of a mixed insulin: "seventy thirty"."""
    second = number_at(items, first.end)
    if second is None or first.value + second.value != 100:
        return False
    near = {*keys(out[-2:]), *keys(items[second.end : second.end + 2])}
    return bool(near & listed_words("mixture", "words"))


def strength(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Strength between two grades: "four plus over five" is 4+/5."""
    first = number_at(items, at)
    if first is None or not first.small:
        return 0
    words = keys(items[first.end : first.end + 3])
    start = first.end + (3 if words[1:] == ["out", "of"] else 2)
    second = number_at(items, start)
    tied = words[1:2] in (["over"], ["slash"]) or words[1:] == ["out", "of"]
    if words[:1] not in [[sign] for sign in _SIGNS] or not tied or second is None:
        return 0
    text = f"{first.figures}{_SIGNS[words[0]]}/{second.figures}"
    trail.note("strength", items[at : second.end], text)
    out.append(joined(items[at : second.end], text))
    return second.end


def plus(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A graded finding: "two plus edema" is 2+ edema."""
    number = number_at(items, at)
    if number is None or not number.small or number.value > 4:
        return 0
    words = keys(items[number.end : number.end + 2])
    if words[:1] != ["plus"] or (len(words) > 1 and words[1] and words[1] not in listed_words("plus", "nouns")):
        return 0
    trail.note("graded finding", items[at : number.end + 1], f"{number.figures}+")
    out.append(joined(items[at : number.end + 1], f"{number.figures}+"))
    return number.end + 1


def total(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A score with its parts: "three plus four equals seven" is 3+4=7."""
    first = number_at(items, at)
    if first is None or keys(items[first.end : first.end + 1]) != ["plus"]:
        return 0
    second = number_at(items, first.end + 1)
    if second is None or keys(items[second.end : second.end + 1]) != ["equals"]:
        return 0
    whole = number_at(items, second.end + 1)
    if whole is None or first.value + second.value != whole.value:
        return 0
    text = f"{first.figures}+{second.figures}={whole.figures}"
    trail.note("score", items[at : whole.end], text)
    out.append(joined(items[at : whole.end], text))
    return whole.end


def temperature(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A temperature said without its point: "ninety eight six" is 98.6."""
    number = number_at(items, at)
    if number is None or not number.whole or not {"temperature", "temp"} & set(keys(out[-4:])):
        return 0
    tenth = number_at(items, number.end)
    if 94 <= number.value <= 106 and tenth is not None and tenth.small and tenth.value:
        text, end = f"{number.figures}.{tenth.figures}", tenth.end
    elif 940 <= number.value <= 1069:
        text, end = f"{number.figures[:-1]}.{number.figures[-1]}", number.end
    else:
        return 0
    trail.note("temperature", items[at:end], text)
    out.append(joined(items[at:end], text))
    return end


def ordinal(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """An ordinal from the tenth on stands in figures."""
    found = ordinal_at(items, at)
    if found is None or found[0] < 10:
        return 0
    value, end = found
    ending = "th" if 10 <= value % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    trail.note("ordinal", items[at:end], f"{value}{ending}")
    out.append(joined(items[at:end], f"{value}{ending}"))
    return end


def decade(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The decade of an age or a rate: "in his fifties" is in his 50s."""
    century, late = _CENTURIES.get(items[at].key), keys(items[at + 1 : at + 2])
    if items[at].key in ONES and keys(out[-1:])[:1] in [[word] for word in _DECADE_OPENERS]:
        century = 100 * ONES[items[at].key]
    if century and late and late[0] in _DECADES:
        text = f"{century + _DECADES[late[0]]}s"
        trail.note("decade", items[at : at + 2], text)
        out.append(joined(items[at : at + 2], text))
        return at + 2
    value = _DECADES.get(items[at].key)
    before = keys(out[-1:])
    if value is None or not before or before[0] not in _DECADE_OPENERS:
        return 0
    source, text = [items[at]], f"{value}s"
    if before[0] == "mid":
        source, text = [out.pop(), *source], f"mid-{value}s"
    trail.note("decade", source, text)
    out.append(joined(source, text))
    return at + 1

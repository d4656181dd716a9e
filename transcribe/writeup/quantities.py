"""Numbers are written as house style has them: doses, vital signs, measurements, ages, ratios and ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from transcribe.domain import MarkKind
from transcribe.writeup.dates import date, time
from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.levels import level
from transcribe.writeup.numerals import ONES, TENS, ZEROS, Number, number_at, ordinal_at
from transcribe.writeup.tables import table

_AGES = frozenset({"year", "month", "week", "day"})
_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})
_PLURAL_TIMES = frozenset({"seconds", "minutes", "hours", "days", "weeks", "months", "years"})
_ATTRIBUTIVE = _TIMES | {"inch", "pound", "foot", "mile", "ounce"}
_CONNECTORS = {"x": "x", "by": "x", "to": "to", "or": "or", "through": "through"}
_PARTS = {
    "half": "2",
    "third": "3",
    "thirds": "3",
    "quarter": "4",
    "quarters": "4",
    "fourth": "4",
    "eighth": "8",
}
_BESIDE = frozenset({"and", "or", "plus", "equals", "minus"})
_DECADES = {word.removesuffix("y") + "ies": value for word, value in TENS.items()}
_LONGEST_UNIT = 3


@cache
def _units() -> dict[tuple[str, ...], str]:
    rows = table("units")["measured"]
    return {tuple(said.split()): written for written, names in rows.items() for said in names}


@cache
def _words(section: str, name: str) -> frozenset[str]:
    return frozenset(table("units")[section][name])


@cache
def _per() -> dict[str, str]:
    return {said: written for written, names in table("units")["per"].items() for said in names}


def quantify(items: Sequence[Item], trail: Trail) -> list[Item]:
    """`items` with every number as it is typed."""
    out: list[Item] = []
    index = 0
    while index < len(items):
        done = 0
        if items[index].is_word and not items[index].settled:
            done = next((end for rule in _RULES if (end := rule(items, index, out, trail))), 0)
        if not done:
            out.append(items[index])
        index = done or index + 1
    return out


def _every_hours(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
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
    if not unit or unit[0] not in ("hours", "hour", "h", "hrs", "h.", *_PLURAL_TIMES, *_TIMES):
        return 0
    short = "h." if unit[0].startswith("h") else unit[0]
    trail.note("dose interval", items[at : end + 1], f"q.{text} {short}")
    out.append(joined(items[at:end], f"q.{text}"))
    out.append(joined([items[end]], short))
    return end + 1


def _suture(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The size of a suture: "three oh vicryl" is 3-0 Vicryl."""
    number = number_at(items, at)
    if number is None or not number.small:
        return 0
    zero, end = keys(items[number.end : number.end + 1]), number.end + 1
    if not zero or zero[0] not in ZEROS:
        return 0
    near = keys(items[end : end + 4])
    if not any(word in _words("suture", "materials") for word in near):
        return 0
    text = f"{number.figures}-0"
    trail.note("suture size", items[at:end], text)
    out.append(joined(items[at:end], text))
    return end


def _counted_dose(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A count and a strength said in one breath: "two ten milligram tablets" is 2 10 mg tablets, never 210 mg."""
    number = number_at(items, at)
    if number is None or not number.in_words or not number.whole or items[at].key not in ONES or number.end == at + 1:
        return 0
    unit, strength = _unit(items, number.end), number_at(items, at + 1)
    if unit is None or strength is None or strength.end != number.end:
        return 0
    if keys(items[unit[1] : unit[1] + 1])[:1] not in [[form] for form in _words("doses", "forms")]:
        return 0
    trail.note("counted dose", items[at : unit[1]], f"{items[at].text} {strength.figures} {unit[0]}")
    trail.ask(items[at], MarkKind.QUERY, "A count and a strength, or one number? Listen to the dose.")
    out.append(items[at].with_text(items[at].text, settled=False))
    out.append(joined(items[at + 1 : number.end], strength.figures))
    _write_unit(items[number.end : unit[1]], unit[0], out, trail)
    return unit[1]


def _acuity(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """How well an eye sees, said without "over": "vision twenty forty" is 20/40."""
    number = number_at(items, at)
    if number is None or items[at].key != "twenty" or not 2010 <= number.value <= 2099:
        return 0
    near = {*keys(out[-6:]), *keys(items[number.end : number.end + 4])}
    if not near & _words("acuity", "words"):
        return 0
    text = f"{number.figures[:2]}/{number.figures[2:]}"
    trail.note("visual acuity", items[at : number.end], text)
    out.append(joined(items[at : number.end], text))
    return number.end


def _telephone(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Seven or ten digits said one by one where a call is spoken of."""
    number = number_at(items, at)
    if number is None or len(number.figures) not in (7, 10) or number.end - at < 6:
        return 0
    if not set(keys(out[-5:])) & _words("telephone", "words") or "record" in keys(out[-5:]):
        return 0
    digits = number.figures
    text = f"{digits[:-4]}-{digits[-4:]}" if len(digits) == 7 else f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    trail.note("telephone number", items[at : number.end], text)
    out.append(joined(items[at : number.end], text))
    return number.end


def _fraction(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
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
    if number.small and not further and not _is_measured(items, end):
        return 0
    text = f"{number.figures}-1/{over}"
    trail.note("fraction", items[at:end], text)
    out.append(joined(items[at:end], text))
    if further is None:
        return end
    trail.note("dimension", items[end], "x")
    out.append(items[end].with_text("x"))
    return end + 1


def _is_measured(items: Sequence[Item], at: int) -> bool:
    """Whether a unit stands at `at`."""
    words = keys(items[at : at + 1])
    return _unit(items, at) is not None or (bool(words) and words[0] in _words("counted", "words"))


def _ratio(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Two whole numbers one over the other: blood pressure, acuity, a graded murmur."""
    first = number_at(items, at)
    if first is None or not first.whole:
        return 0
    words = keys(items[first.end : first.end + 2])
    if words[:1] == ["over"]:
        start = first.end + 1
    elif words == ["out", "of"]:
        start = first.end + 2
    else:
        return 0
    second = number_at(items, start)
    if second is None or not second.whole:
        return 0
    after = keys(items[second.end : second.end + 1])
    if after and after[0] in _PLURAL_TIMES | _TIMES:
        return 0
    if words[0] == "out" and second.value not in (5, 6, 10, 15, 30):
        return 0
    text = f"{first.figures}/{second.figures}"
    trail.note("ratio", items[at : second.end], text)
    out.append(joined(items[at : second.end], text))
    unit = _unit(items, second.end)
    if unit is None:
        return second.end
    _write_unit(items[second.end : unit[1]], unit[0], out, trail)
    return unit[1]


def _plus(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A graded finding: "two plus edema" is 2+ edema."""
    number = number_at(items, at)
    if number is None or not number.small or number.value > 4:
        return 0
    words = keys(items[number.end : number.end + 2])
    if words[:1] != ["plus"] or (len(words) > 1 and words[1] and words[1] not in _words("plus", "nouns")):
        return 0
    trail.note("graded finding", items[at : number.end + 1], f"{number.figures}+")
    out.append(joined(items[at : number.end + 1], f"{number.figures}+"))
    return number.end + 1


def _temperature(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
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


def _measured(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """A number, a range or dimensions, with what is counted or measured."""
    chain = _chain(items, at, out)
    if not chain:
        return 0
    end = chain[-1].end
    aged = (
        _age(items, at, chain, out, trail)
        or _attributive(items, at, chain, out, trail)
        or _bore(items, at, chain, out, trail)
    )
    if aged:
        return aged
    unit = _unit(items, end)
    counted = keys(items[end : end + 1])
    if unit is None and counted and counted[0] in ("percent", "%"):
        unit = ("%", end + 1)
    figures = unit is not None or _in_figures(items, at, chain, out)
    _write_chain(items, at, chain, out, trail, figures, unit[0] if unit else counted[0] if counted else "")
    if unit is None:
        return end
    _write_unit(items[end : unit[1]], unit[0], out, trail)
    return unit[1]


def _chain(items: Sequence[Item], at: int, out: Sequence[Item]) -> list[Number]:
    """The numbers from `at` on that "x", "by", "to" or "or" ties together, or "and" behind "between"."""
    between = {"and"} if out and out[-1].key == "between" else set()
    first = number_at(items, at)
    chain = [first] if first else []
    while chain and keys(items[chain[-1].end : chain[-1].end + 1])[:1] != [""]:
        connector = keys(items[chain[-1].end : chain[-1].end + 1])
        more = number_at(items, chain[-1].end + 1)
        if not connector or connector[0] not in _CONNECTORS.keys() | between or more is None:
            break
        chain.append(more)
    return chain


def _age(items: Sequence[Item], at: int, chain: list[Number], out: list[Item], trail: Trail) -> int:
    """An age before its noun: "fifty six year old" is 56-year-old."""
    words = [item.key for item in items[chain[-1].end : chain[-1].end + 4] if item.kind is not Kind.JOIN]
    if len(chain) > 1 or len(words) < 2 or words[0] not in _AGES or words[1] not in ("old", "olds"):
        return 0
    end = chain[0].end
    while items[end].key not in ("old", "olds"):
        end += 1
    text = f"{chain[0].figures}-{words[0]}-{words[1]}"
    trail.note("age", items[at : end + 1], text)
    out.append(joined(items[at : end + 1], text))
    return end + 1


def _attributive(items: Sequence[Item], at: int, chain: list[Number], out: list[Item], trail: Trail) -> int:
    """A measure before its noun: "twenty year history" is 20-year history."""
    end = chain[-1].end
    words = keys(items[end : end + 2])
    if len(chain) > 1 or len(words) < 2 or words[0] not in _ATTRIBUTIVE or not words[1]:
        return 0
    if words[1] in _words("attributive", "stops") or not chain[0].in_words or number_at(items, end + 1):
        return 0
    if chain[0].value == 1 and words[1] not in _words("attributive", "nouns"):
        return 0
    number = items[at].text if chain[0].small and words[0] in _TIMES else chain[0].figures
    text = f"{number}-{words[0]}"
    trail.note("measure before its noun", items[at : end + 1], text)
    out.append(replace(joined(items[at : end + 1], text), settled=text[0].isdigit()))
    return end + 1


def _bore(items: Sequence[Item], at: int, chain: list[Number], out: list[Item], trail: Trail) -> int:
    """The bore of a needle or catheter before its noun: "fourteen french catheter" is 14-French catheter."""
    end = chain[-1].end
    words = keys(items[end : end + 2])
    if len(chain) > 1 or not words or words[0] not in table("units")["bore"]:
        return 0
    written = table("units")["bore"][words[0]]
    joint = "-" if len(words) > 1 and words[1] else " "
    trail.note("bore", items[at : end + 1], f"{chain[0].figures}{joint}{written}")
    if joint == "-":
        out.append(joined(items[at : end + 1], f"{chain[0].figures}-{written}"))
    else:
        out.extend((joined(items[at:end], chain[0].figures), items[end].with_text(written)))
    return end + 1


def _unit(items: Sequence[Item], at: int) -> tuple[str, int] | None:
    """The unit at `at` as it is typed, and the index after it."""
    words = keys(items[at : at + _LONGEST_UNIT])
    for length in range(len(words), 0, -1):
        unit = _units().get(tuple(words[:length]))
        if unit is None:
            continue
        end = at + length
        while keys(items[end : end + 1]) == ["per"]:
            below = keys(items[end + 1 : end + 2])
            longer = " ".join(keys(items[end + 1 : end + 3]))
            if longer in _per():
                unit, end = f"{unit}/{_per()[longer]}", end + 3
            elif below and below[0] in _per() and not (below[0] == "day" and "/" not in unit):
                unit, end = f"{unit}/{_per()[below[0]]}", end + 2
            else:
                break
        return unit, end
    return None


def _in_figures(items: Sequence[Item], at: int, chain: list[Number], out: Sequence[Item]) -> bool:
    """Whether the numbers of `chain`, which no abbreviated unit follows, stand in figures."""
    if any(not number.small or not number.in_words for number in chain):
        return True
    if any(_connector(items, number.end) == "x" for number in chain[:-1]):
        return True
    following = items[chain[-1].end : chain[-1].end + 2]
    words = keys(following)
    if words and (words[0] in _words("counted", "words") or words[0] == "o'clock"):
        return True
    if words and words[0] in ("years", "months", "weeks", "days") and words[1:] == ["old"]:
        return True
    if (
        following
        and following[0].kind is Kind.JOIN
        and following[0].text in "-/"
        and number_at(items, chain[-1].end + 1)
    ):
        return True
    return _follows_figures(out)


def _follows_figures(out: Sequence[Item]) -> bool:
    """Whether what stands before asks for figures: a vital sign, a grade, another figure in a list."""
    if not out:
        return False
    beside = out[-1].kind is Kind.JOIN or out[-1].key in _BESIDE
    if beside and len(out) > 1 and out[-2].text.isdigit():
        return True
    words = keys(out[-3:])
    while len(words) > 1 and words[-1] in _words("figures_after", "fillers"):
        words.pop()
    return words[-1] in _words("figures_after", "words")


def _connector(items: Sequence[Item], at: int) -> str:
    found = keys(items[at : at + 1])
    return _CONNECTORS.get(found[0], "") if found else ""


def _write_chain(
    items: Sequence[Item],
    at: int,
    chain: list[Number],
    out: list[Item],
    trail: Trail,
    figures: bool,
    unit: str,
) -> None:
    start = at
    for number in chain:
        source = items[start : number.end]
        if figures:
            text = _trimmed(number.figures, unit)
            out.append(joined(source, text))
            if text != " ".join(item.text for item in source):
                trail.note("number", source, text)
        else:
            out.extend(source)
        if number is not chain[-1]:
            between = items[number.end]
            out.append(between.with_text(_CONNECTORS.get(between.key, between.text)))
            if between.key == "by":
                trail.note("dimension", between, "x")
        start = number.end + 1


def _trimmed(figures: str, unit: str) -> str:
    """A dose loses its trailing zero: 5.0 mg has been read as 50 mg (Joint Commission)."""
    if "." in figures and unit in _words("dose", "units"):
        return figures.rstrip("0").rstrip(".")
    return figures


def _write_unit(source: Sequence[Item], unit: str, out: list[Item], trail: Trail) -> None:
    if unit == "%":
        out[-1] = joined([out[-1], *source], out[-1].text + "%")
        trail.note("unit", source, "%")
        return
    if unit != " ".join(item.text for item in source):
        trail.note("unit", source, unit)
    out.extend(joined(source, part) for part in unit.split())


def _ordinal(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """An ordinal from the tenth on stands in figures."""
    found = ordinal_at(items, at)
    if found is None or found[0] < 10:
        return 0
    value, end = found
    ending = "th" if 10 <= value % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    trail.note("ordinal", items[at:end], f"{value}{ending}")
    out.append(joined(items[at:end], f"{value}{ending}"))
    return end


def _decade(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """The decade of an age or a rate: "in his fifties" is in his 50s."""
    value = _DECADES.get(items[at].key)
    before = keys(out[-1:])
    if value is None or not before or before[0] not in ("the", "his", "her", "their", "mid", "low", "high", "upper", "early", "late", "lower"):
        return 0
    source, text = [items[at]], f"{value}s"
    if before[0] == "mid":
        source, text = [out.pop(), *source], f"mid-{value}s"
    trail.note("decade", source, text)
    out.append(joined(source, text))
    return at + 1


_Rule = Callable[[Sequence[Item], int, list[Item], Trail], int]
_RULES: tuple[_Rule, ...] = (
    date,
    _every_hours,
    level,
    time,
    _suture,
    _counted_dose,
    _acuity,
    _telephone,
    _decade,
    _fraction,
    _ratio,
    _plus,
    _temperature,
    _ordinal,
    _measured,
)

"""Reads the official HCPCS Level II file: codes and modifiers with their dates, and the unit each drug is billed by."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from transcribe.coding.items import Item
from transcribe.errors import UnusableInput

_MONTHS = {"JAN": 1, "APR": 4, "JUL": 7, "OCT": 10}
_RELEASE = re.compile(r"HCPC(?P<year>20\d\d)_(?P<month>JAN|APR|JUL|OCT)", re.IGNORECASE)
# Record types of the layout: a procedure or modifier and the lines that continue its long description.
_FIRST = {"3": "code", "7": "modifier"}
_CONTINUED = frozenset("48")
_UNIT = re.compile(
    r"(?:^|[,(]\s*|\s)(?:per|up to|each)?\s*(?P<amount>\d[\d,]*(?:\.\d+)?)\s*"
    r"(?P<measure>mg|mcg|gm|g|grams?|ml|cc|units?|iu|i\.u\.)\b",
    re.IGNORECASE,
)
_DOSE = re.compile(
    r"(?P<amount>\d[\d,]*(?:\.\d+)?)\s*(?P<measure>milligrams?|micrograms?|mg|mcg|gm|g|grams?|ml|cc|units?|iu)\b",
    re.IGNORECASE,
)
_STRENGTH = re.compile(r"(?P<amount>\d+(?:\.\d+)?)\s*mg\s*(?:/|per)\s*(?:mL|cc|milliliter)", re.IGNORECASE)
_IN_MG = {"mg": 1.0, "milligram": 1.0, "mcg": 0.001, "microgram": 0.001, "g": 1000.0, "gm": 1000.0, "gram": 1000.0}
_IN_OTHER = {"ml": ("mL", 1.0), "cc": ("mL", 1.0), "unit": ("units", 1.0), "iu": ("units", 1.0), "i.u.": ("units", 1.0)}
# "…acetate 3 mg and … phosphate 3 mg" is billed by the 6 mg that both make.
_MIXTURE = (" mg and ", " mg")
# Codes that report quality measures, not things given: G8xxx, G9xxx and M1xxx.
_QUALITY = re.compile(r"G[89]\d{3}|M[01]\d{3}")


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in milligrams, millilitres or units."""

    amount: float
    measure: str

    def __str__(self) -> str:
        """The amount as it is written: "40 mg"."""
        return f"{self.amount:g} {self.measure}"


def release_of(path: Path) -> str:
    """The release that the file's name gives: HCPC2025_OCT… is "2025-10"."""
    found = _RELEASE.search(path.name)
    if found is None:
        raise UnusableInput(f"{path} does not say which quarter it is for; name it as published (HCPC2025_OCT…).")
    return f"{found['year']}-{_MONTHS[found['month'].upper()]:02d}"


def parse_hcpcs(path: Path) -> Iterator[Item]:
    """Every code and modifier of the fixed-width file; UnusableInput when it is no such file."""
    found = False
    record: tuple[str, str, str, str] | None = None
    text: list[str] = []
    for line in path.read_text("latin-1").splitlines():
        kind = line[10:11]
        if kind in _FIRST and len(line) >= 284:
            if record:
                yield _item(record, text)
            found = True
            record = (line[:5].strip(), _FIRST[kind], line[268:276].strip(), line[284:292].strip())
            text = [line[11:91].strip()]
        elif kind in _CONTINUED and record:
            text.append(line[11:91].strip())
    if not found or record is None:
        raise UnusableInput(f"{path} is not the HCPCS file in its fixed-width layout (HCPC…ANWEB.txt).")
    yield _item(record, text)


def _item(record: tuple[str, str, str, str], text: list[str]) -> Item:
    code, kind, begins, ends = record
    return Item(code, " ".join(text), _day(begins), _day(ends), kind)


def _day(written: str) -> date | None:
    return date(int(written[:4]), int(written[4:6]), int(written[6:8])) if written.isdigit() else None


def is_quality(code: str) -> bool:
    """Whether the code reports a quality measure."""
    return _QUALITY.fullmatch(code) is not None


def unit_of(descriptor: str) -> Quantity | None:
    """The amount that one billing unit stands for: the last that the descriptor names, or the two that it adds up."""
    found = [_quantity(each) for each in _UNIT.finditer(descriptor)]
    if len(found) == len(_MIXTURE) and found[0].measure == found[1].measure and _MIXTURE[0] in descriptor:
        return Quantity(found[0].amount + found[1].amount, found[0].measure)
    return found[-1] if found else None


def dose_in(text: str) -> Quantity | None:
    """The amount given; millilitres become milligrams where the strength is told beside them."""
    strength = _STRENGTH.search(text)
    found = _DOSE.search(text[: strength.start()] + text[strength.end() :] if strength else text)
    quantity = _quantity(found) if found else None
    if quantity and strength and quantity.measure == "mL":
        return Quantity(quantity.amount * float(strength["amount"]), "mg")
    return quantity


def _quantity(found: re.Match[str]) -> Quantity:
    amount = float(found["amount"].replace(",", ""))
    measure = found["measure"].lower()
    measure = measure if measure in _IN_MG or measure in _IN_OTHER else measure.rstrip("s")
    if measure in _IN_MG:
        return Quantity(amount * _IN_MG[measure], "mg")
    name, factor = _IN_OTHER[measure]
    return Quantity(amount * factor, name)


def units(dose: Quantity, unit: Quantity) -> int | None:
    """How many billing units the dose is, a part counting as one; None where the measures differ."""
    if dose.measure != unit.measure or not unit.amount:
        return None
    return math.ceil(round(dose.amount / unit.amount, 6))

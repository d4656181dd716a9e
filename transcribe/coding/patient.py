"""Reads the patient's sex and age from a report and says which codes do not go with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from transcribe.coding.advice import say
from transcribe.coding.rules import rules, under

_AGE = re.compile(
    r"\b(?P<years>\d{1,3})[- ](?P<unit>year|month|week|day)s?[- ]old\b"
    r"(?P<said>(?:[ ,]+[\w-]+){0,5})",
    re.IGNORECASE,
)
_SEXES = {
    "female": re.compile(r"\b(?:woman|female|girl|lady)\b", re.IGNORECASE),
    "male": re.compile(r"\b(?:man|male|boy|gentleman)\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Patient:
    """The sex ("female", "male" or "") and age in whole years that a report tells; None where it does not."""

    sex: str = ""
    age: int | None = None


def patient(text: str) -> Patient:
    """The patient as the report's first "…-year-old woman" tells; a relative's age stands without these words."""
    told = _AGE.search(text)
    if told is None:
        return Patient()
    sexes = [sex for sex, pattern in _SEXES.items() if pattern.search(told["said"])]
    age = int(told["years"]) if told["unit"].lower() == "year" else 0
    return Patient(sexes[0] if len(sexes) == 1 else "", age)


def conflicts(code: str, who: Patient) -> Iterator[str]:
    """A message for each rule of sex or age that the code breaks for this patient."""
    for rule in rules().only:
        if not under(code, rule.codes):
            continue
        if rule.sex and who.sex and rule.sex != who.sex:
            yield say("sex", sex=rule.sex)
        if rule.ages and who.age is not None and not rule.ages[0] <= who.age <= rule.ages[1]:
            yield say("age", ages=f"ages {rule.ages[0]} to {rule.ages[1]}")

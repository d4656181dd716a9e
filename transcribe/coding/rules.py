"""Rules over the codes of one report: combinations, symptoms of a disease, drugs, histories."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from transcribe.coding.words import lines


@dataclass(frozen=True, slots=True)
class With:
    """Codes that together ask for another code in place of one of them."""

    id: str
    when: tuple[str, ...]
    replace: str
    by: str
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drug:
    """A code for the long-term use of drugs, beside the codes that need it."""

    code: str
    needs: tuple[str, ...]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Integral:
    """Symptoms that are not coded beside the diseases they belong to."""

    symptoms: tuple[str, ...]
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Only:
    """Codes for patients of one sex, or from one age to another in whole years."""

    codes: tuple[str, ...]
    sex: str = ""
    ages: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole of `rules.toml`."""

    combinations: tuple[With, ...]
    drugs: tuple[Drug, ...]
    integral: tuple[Integral, ...]
    only: tuple[Only, ...]


@cache
def rules() -> Rules:
    """The rules beside this module, read once."""
    table = tomllib.loads(files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))
    return Rules(
        combinations=tuple(
            With(each["id"], tuple(each["when"]), each["replace"], each["by"], tuple(each.get("drop", ())))
            for each in table["with"]
        ),
        drugs=tuple(Drug(each["code"], tuple(each["needs"]), frozenset(each["names"])) for each in table["drug"]),
        integral=tuple(Integral(tuple(each["symptoms"]), tuple(each["of"])) for each in table["integral"]),
        only=tuple(_only(each) for each in table["only"]),
    )


def _only(each: dict[str, Any]) -> Only:
    ages = each.get("ages")
    return Only(tuple(each["codes"]), each.get("sex", ""), (ages[0], ages[1]) if ages else None)


def under(code: str, beginnings: Iterable[str]) -> bool:
    """Whether `code` is one of `beginnings` or stands under it."""
    return any(code.startswith(beginning) for beginning in beginnings)


def has(codes: Sequence[str], condition: str) -> bool:
    """Whether one of `codes` meets a condition such as "N18.5|N18.6"."""
    beginnings = condition.split("|")
    return any(under(code, beginnings) for code in codes)


def belongs_to_disease(symptom: str, codes: Sequence[str]) -> str:
    """The code among `codes` of the disease that `symptom` is part of, or ""."""
    for rule in rules().integral:
        if under(symptom, rule.symptoms):
            for code in codes:
                if code != symptom and under(code, rule.of) and not under(code, rule.symptoms):
                    return code
    return ""


@cache
def _histories() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    part = ""
    for line in lines("history.txt"):
        if line.startswith("["):
            part = line.strip("[]")
        else:
            code, _, diseases = line.partition(":")
            found.setdefault(part, {}).update({each.strip(): code for each in diseases.split(",")})
    return found


def is_history(code: str) -> bool:
    """Whether `code` itself stands for something past."""
    return code.startswith("Z") or code in history_codes("personal")


def is_lasting(code: str) -> bool:
    """Whether the disease `code` is one that patients mostly still have when it is called their history."""
    return under(code, _histories()["lasting"])


def history_codes(whose: str) -> frozenset[str]:
    """All codes that stand for a "personal" or "family" history."""
    return frozenset(_histories()[whose].values())


def history_of(code: str, whose: str) -> str:
    """The Z code for a "personal" or "family" history of the disease `code`, or ""."""
    table = _histories()[whose]
    lengths = range(len(code), 2, -1)
    return next((table[code[:length]] for length in lengths if code[:length] in table), "")

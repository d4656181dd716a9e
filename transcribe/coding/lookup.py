"""Finds codes for a person: by the beginning of a code or by words, with what a claim may hold said of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from transcribe.coding.tables import CodeTables, with_point
from transcribe.domain import CodeSystem

_BEGINNING = re.compile(r"[A-Za-z]\d[0-9A-Za-z.]{0,7}|\d{4}[0-9A-Za-z]")


@dataclass(frozen=True, slots=True)
class Listed:
    """A code of the tables; `billable` says whether a claim of the day may hold it."""

    system: CodeSystem
    code: str
    title: str
    billable: bool
    release: str


def known(tables: CodeTables, system: CodeSystem, code: str, on: date) -> Listed | None:
    """The code, or None where its tables do not have it."""
    if system is CodeSystem.ICD10CM:
        found = tables.look_up(code)
        return Listed(system, found.code, found.title, found.billable, tables.release) if found else None
    table = tables.supplies if system is CodeSystem.HCPCS else tables.procedures
    item = table.look_up(code) if table else None
    return Listed(system, item.code, item.text, item.is_live(on), table.release) if item and table else None


def find(
    tables: CodeTables, query: str, on: date, *, system: CodeSystem | None = None, limit: int = 20
) -> list[Listed]:
    """Codes that begin as `query`, else codes whose terms answer it, best first; those a claim may hold go first."""
    by_code = _BEGINNING.fullmatch(query.strip())
    found = _by_code(tables, query, on) if by_code else _by_words(tables, query, on, limit)
    fitting = [each for each in islice(found, 500) if system in (None, each.system)]
    return sorted(fitting, key=lambda each: not each.billable)[:limit]


def _by_code(tables: CodeTables, query: str, on: date) -> Iterator[Listed]:
    for system in CodeSystem:
        if system is CodeSystem.ICD10CM:
            yield from _under(tables, with_point(query), on)
        elif exact := known(tables, system, query.strip(), on):
            yield exact


def _under(tables: CodeTables, code: str, on: date) -> Iterator[Listed]:
    """The code and all below it; what an incomplete code may yet become."""
    here = known(tables, CodeSystem.ICD10CM, code, on)
    if here:
        yield here
    for below in tables.children(code if here else code[:3]):
        if below.code.startswith(code):
            yield from _under(tables, below.code, on)


def _by_words(tables: CodeTables, query: str, on: date, limit: int) -> Iterator[Listed]:
    for found in tables.search(query, limit):
        if each := known(tables, CodeSystem.ICD10CM, found.code, on):
            yield each
    for item in tables.search_items(query, limit):
        if each := known(tables, item.system, item.item.code, on):
            yield each

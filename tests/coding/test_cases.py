"""The single mentions of cases.txt, each with the one code that a coder would look up for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from reports import report

from transcribe.coding import CodeTables, suggest

CASES = [
    line.split(": ", 1)
    for line in Path(__file__).with_name("cases.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("code", "marked"), CASES)
def test_a_single_problem_leads_to_its_code(code: str, marked: str, tables: CodeTables) -> None:
    """The first code for one assessed problem is the one that the tables give for it."""
    text, reading = report(f"ASSESSMENT:\n\n{marked}")
    found = suggest(text, reading, tables)
    assert found
    assert found[0].code == code

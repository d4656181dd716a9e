"""What importing the product costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "spacy",
    "faster_whisper",
    "ctranslate2",
    "fastapi",
    "celery",
    "docx",
    "docxtpl",
    "lxml",
    "torch",
    "simple_icd_10_cm",
)


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after `statement`."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    [
        "transcribe",
        "transcribe.domain",
        "transcribe.cli",
        "transcribe.pipeline",
        "transcribe.coding",
        "transcribe.delivery.forms",
    ],
)
def test_importing_loads_no_heavy_library(module: str) -> None:
    """Heavy libraries stay out until the process that needs them asks."""
    assert loaded_by(f"import {module}").isdisjoint(HEAVY)


def test_help_answers_at_once() -> None:
    """`transcribe --help` takes less than half a second of a processor (as the machine may be busy otherwise)."""
    command = [str(Path(sys.executable).with_name("transcribe")), "--help"]
    times = []
    for _ in range(3):
        began = os.times()
        subprocess.run(command, capture_output=True, check=True)
        ended = os.times()
        times.append(ended.children_user + ended.children_system - began.children_user - began.children_system)
    assert min(times) < 0.5

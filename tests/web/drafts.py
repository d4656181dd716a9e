"""A machine draft for tests, made without the models that read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from transcribe import report
from transcribe.domain import (
    Band,
    CodeSuggestion,
    CodeSystem,
    Dictation,
    Draft,
    Match,
    Reading,
    Span,
    Token,
    Transcript,
    Word,
)
from transcribe.work_types import work_type

TEXT = (
    "HISTORY OF PRESENT ILLNESS:\n\nThe patient has no chest pain.\n\nASSESSMENT:\n\nHypertension of the left kidney."
)


def plain_draft(text: str = TEXT, *codes: str) -> dict[str, Any]:
    """The JSON of a draft in which each word was heard, one each half second, with suggestions of these codes."""
    tokens = [Span(*match.span()) for match in re.finditer(r"\S+", text)]
    heard = Transcript(
        tuple(Word(span.of(text), at / 2, at / 2 + 0.4, 0.9) for at, span in enumerate(tokens)), len(tokens) / 2, "ear"
    )
    draft = Draft(text, tuple(Token(span, (at, at + 1)) for at, span in enumerate(tokens)))
    suggested = [
        CodeSuggestion(
            CodeSystem.ICD10CM, code, "a title", "2026-04", 0.9, Band.SUGGESTED, Match("a", "title"), (Span(0, 1),)
        )
        for code in codes
    ]
    makers = {"recogniser": "ear", "writeup": "hand", "clinical": "eye", "codes": "2026-04"}
    made = report.compose(
        Dictation("x"), work_type("progress_note"), draft, Reading((), ()), suggested, made_by=makers, transcript=heard
    )
    return report.to_json(replace(made, marks=()))


def as_bytes(plain: dict[str, Any]) -> bytes:
    """As a worker keeps it."""
    return json.dumps(plain, ensure_ascii=False).encode()

"""What a patient may be allergic to besides drugs, and how a report says that there is nothing."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

_NONE = frozenset({"none", "none known", "no known", "negative", "denied", "denies"})
_DENIAL = re.compile(
    r"(?!.*\b(?:but|except|other than|apart from)\b)"
    r"(?:NK|(?:the patient |he |she )?(?:has no|no|denies|denied|without)\b[^,]*\ballerg)",
    re.I,
)


def denies(text: str) -> bool:
    """Whether a text without a list of allergies says that there are none."""
    return _without().search(text) is not None


def says_none(body: str) -> bool:
    """Whether each sentence of a list of allergies denies them; "Peneits. No known drug allergies." names something."""
    sentences = [each.strip() for each in re.split(r"[.;\n]", body) if each.strip()]
    return bool(sentences) and all(each.lower() in _NONE or _DENIAL.match(each) for each in sentences)


@cache
def allergens() -> frozenset[str]:
    """What people are allergic to that is no drug, in lower case."""
    return frozenset(_table()["names"])


@cache
def _without() -> re.Pattern[str]:
    phrases = sorted(_table()["none"], key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.I)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("transcribe.clinical").joinpath("allergies.toml").read_text("utf-8"))

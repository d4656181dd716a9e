"""Lets spaCy store and send documents that carry our values: they become plain data and come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import srsly

from transcribe.domain import Assertion, Category, Section, Span

_KEY = "transcribe"


@srsly.msgpack_encoders("transcribe")  # type: ignore[untyped-decorator]
def encode(value: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    """Plain data for a value of ours; any other is handed on."""
    if isinstance(value, Span):
        return {_KEY: "span", "at": [value.start, value.end]}
    if isinstance(value, Section):
        spans = [value.span.start, value.span.end, value.body.start, value.body.end]
        return {_KEY: "section", "heading": value.heading, "category": value.category.value, "at": spans}
    if isinstance(value, frozenset):
        return {_KEY: "assertions", "names": sorted(str(each) for each in value)}
    return chain(value) if chain else value


@srsly.msgpack_decoders("transcribe")  # type: ignore[untyped-decorator]
def decode(value: Any, chain: Callable[[Any], Any] | None = None) -> Any:
    """The value of ours that `encode` made plain data of."""
    kind = value.get(_KEY) if isinstance(value, dict) else None
    if kind == "span":
        return Span(*value["at"])
    if kind == "section":
        at = value["at"]
        return Section(value["heading"], Category(value["category"]), Span(*at[:2]), Span(*at[2:]))
    if kind == "assertions":
        return frozenset(map(Assertion, value["names"]))
    return chain(value) if chain else value

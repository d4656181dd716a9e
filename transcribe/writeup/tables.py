"""The rule tables beside this module, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """The TOML table `name`."""
    return tomllib.loads(_read(f"{name}.toml"))


@cache
def listed(name: str) -> tuple[str, ...]:
    """The entries of the plain list `name` beside this module."""
    return read_list(_read(f"{name}.txt"))


def read_list(text: str) -> tuple[str, ...]:
    """The entries of a plain list: one or more to a line between commas; `#` starts a comment."""
    lines = (line.split("#", 1)[0] for line in text.splitlines())
    return tuple(entry for line in lines for entry in (part.strip() for part in line.split(",")) if entry)


@cache
def labels() -> dict[str, str]:
    """The labels of paragraphs in an examination by their lower-case words."""
    return {label.lower(): label for label in listed("subheadings")}


def _read(name: str) -> str:
    return files("transcribe.writeup").joinpath("tables", name).read_text("utf-8")

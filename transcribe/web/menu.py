"""The menu and the messages of the pages, read from two tables beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import Any

from transcribe.web.auth import access


def _table(name: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))
    return found


MESSAGES = _table("messages.toml")
"""What a page says after something was done: "text" and "kind" (done, problem) by name."""

_MENU = _table("menu.toml")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the menu; `current`: the page belongs to it."""

    url: str
    title: str
    icon: str
    group: str
    current: bool


def lines(roles: frozenset[str], path: str = "") -> list[Line]:
    """The menu for somebody with these roles on the page at `path`: what the table of access lets them see."""
    shown = {url: row for url, row in _MENU.items() if roles & (access().get(f"GET {url}") or frozenset())}
    at = max((url for url in shown if path == url or path.startswith(f"{url}/")), key=len, default="")
    return [Line(url, row["title"], row["icon"], row["group"], url == at) for url, row in shown.items()]


def grouped(found: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """The lines under the headings of their groups, in the order of the table."""
    return [(group, list(each)) for group, each in groupby(found, key=lambda line: line.group)]


def home(roles: frozenset[str]) -> str:
    """Where somebody with these roles begins: the first line that names a role of theirs, or else their first."""
    begins = [line.url for line in lines(roles) if roles & set(_MENU[line.url].get("home", ()))]
    return next(iter(begins or [line.url for line in lines(roles)]), "/account")


def sentences() -> Iterator[str]:
    """Everything that these tables say, for the catalogue."""
    for row in _MENU.values():
        yield from (row["title"], row["group"])
    for row in MESSAGES.values():
        yield row["text"]

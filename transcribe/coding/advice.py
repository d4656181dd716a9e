"""Says to the coder what a rule found: its sentence with severity, id and the guideline or note it stands on."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


def say(rule: str, /, **values: object) -> str:
    """The message of `rule` with `values` in it: "question: side not documented … [side-missing; guideline I.B.13]"."""
    entry = rules_that_speak()[rule]
    return f"{entry['severity']}: {entry['text'].format(**values)} [{rule}; {entry['basis']}]"


def speaks(rule: str, messages: tuple[str, ...]) -> bool:
    """Whether one of `messages` is of `rule`."""
    return any(f"[{rule};" in each for each in messages)


@cache
def rules_that_speak() -> dict[str, dict[str, str]]:
    """The table `messages.toml`, read once: for each id its severity, basis and text."""
    table: dict[str, dict[str, str]] = tomllib.loads(files(__package__).joinpath("messages.toml").read_text("utf-8"))
    return table

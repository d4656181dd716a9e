"""What pages say, ready for other languages: sentences in English stand in the templates, translations in `locale/`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ENGLISH = "en"


@cache
def languages() -> tuple[str, ...]:
    """The languages that there is a catalogue of, English first."""
    names = {each.name.removesuffix(".toml") for each in files(__package__).joinpath("locale").iterdir()}
    return (ENGLISH, *sorted(names - {ENGLISH}))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The sentences of a language by the English ones; an empty one is said in English."""
    text = files(__package__).joinpath("locale", f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


def chosen(wanted: str) -> str:
    """The first language of a header Accept-Language that there is, else English."""
    for each in wanted.split(","):
        name = each.partition(";")[0].strip().partition("-")[0].lower()
        if name in languages():
            return name
    return ENGLISH


def say(language: str, sentence: str) -> str:
    """The sentence in that language."""
    return catalogue(language).get(sentence) or sentence


def say_number(language: str, one: str, many: str, number: int) -> str:
    """The sentence for one or for many."""
    return say(language, one if number == 1 else many)

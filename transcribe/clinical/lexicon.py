"""Loads the lexicons: the kinds of words each phrase belongs to, and for others their endings."""

from __future__ import annotations

import tomllib
from enum import IntFlag, auto
from functools import cache
from importlib.resources import files

from transcribe.clinical.trie import Trie
from transcribe.clinical.words import fold


class Kind(IntFlag):
    """What a phrase can do in a mention; a phrase may be of several kinds."""

    NONE = 0
    PROBLEM = auto()
    HEAD = auto()
    OF_HEAD = auto()
    COMPLICATION = auto()
    MODIFIER = auto()
    LOOSE = auto()
    ANATOMY = auto()
    ADJECTIVE = auto()
    SIDE = auto()
    DRUG = auto()
    SUBSTANCE = auto()
    SALT = auto()
    TEST = auto()
    TEST_HEAD = auto()
    PROCEDURE = auto()
    PROCEDURE_HEAD = auto()
    NORMAL = auto()
    ADJECTIVAL = auto()
    NEVER = auto()


_FILES = {
    "problems": Kind.PROBLEM,
    "problems_more": Kind.PROBLEM,
    "problems_states": Kind.PROBLEM,
    "problems_rare": Kind.PROBLEM,
    "heads": Kind.HEAD,
    "of_heads": Kind.OF_HEAD,
    "complications": Kind.COMPLICATION | Kind.PROBLEM,
    "modifiers": Kind.MODIFIER,
    "loose": Kind.LOOSE,
    "anatomy": Kind.ANATOMY,
    "anatomy_adjectives": Kind.ADJECTIVE,
    "sides": Kind.SIDE,
    "drugs": Kind.DRUG,
    "drugs_more": Kind.DRUG,
    "drug_or_test": Kind.SUBSTANCE,
    "salts": Kind.SALT,
    "tests": Kind.TEST,
    "test_heads": Kind.TEST_HEAD,
    "procedures": Kind.PROCEDURE,
    "procedure_heads": Kind.PROCEDURE_HEAD,
    "normal": Kind.NORMAL,
    "adjectival": Kind.ADJECTIVAL | Kind.PROBLEM,
    "never": Kind.NEVER,
}


@cache
def lexicon() -> Trie[Kind]:
    """Every phrase of the lexicons and all the kinds it is listed under."""
    trie: Trie[Kind] = Trie()
    for name, kind in _FILES.items():
        for phrase in _phrases(name):
            trie.add(phrase, (trie.get(phrase) or Kind.NONE) | kind)
    return trie


def _phrases(name: str) -> list[str]:
    """The phrases of one file: comma separated, lines that begin with # left out."""
    text = files("transcribe.clinical").joinpath("lexicon", f"{name}.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [phrase for line in lines for phrase in map(str.strip, line.split(",")) if phrase]


@cache
def _endings() -> tuple[tuple[Kind, int, tuple[str, ...], frozenset[str]], ...]:
    text = files("transcribe.clinical").joinpath("endings.toml").read_text("utf-8")
    return tuple(
        (Kind[name.upper()], row["least"], tuple(row["endings"]), frozenset(map(fold, row["never"])))
        for name, row in tomllib.loads(text).items()
    )


@cache
def kind_by_ending(folded: str) -> Kind:
    """The kind that the ending of an unlisted word points to."""
    for kind, least, endings, never in _endings():
        if len(folded) >= least and folded.endswith(endings) and folded not in never:
            return kind
    return Kind.NONE

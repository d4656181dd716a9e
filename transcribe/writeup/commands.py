"""Spoken commands are carried out: marks, breaks, brackets, case, and what is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from transcribe.domain import MarkKind
from transcribe.writeup.context import TITLES, is_ordinary
from transcribe.writeup.corrections import correct, erase, is_given_again, is_restated, past_own_marks
from transcribe.writeup.items import Item, Kind, Trail, keys, sentence_start
from transcribe.writeup.numerals import number_end
from transcribe.writeup.spelling import spelled
from transcribe.writeup.tables import listed, table

_KINDS = {
    "mark": Kind.MARK,
    "mark_at_end": Kind.MARK,
    "mark_heard": Kind.MARK,
    "open": Kind.OPEN,
    "join": Kind.JOIN,
    "dash": Kind.DASH,
    "line": Kind.LINE,
    "paragraph": Kind.PARAGRAPH,
    "heading": Kind.HEADING,
}
_BOUNDING = frozenset({"mark", "mark_at_end", "mark_heard", "line", "paragraph", "heading"})
"""Marks and breaks: what the recogniser set around them by itself is weighed against them later."""
_LONGEST = 6
_NEARBY = 60
_CAPS_END = (("end", "caps"), ("caps", "off"), ("end", "all", "caps"), ("all", "caps", "off"), ("no", "caps"))


@dataclass(frozen=True, slots=True)
class _Command:
    phrase: str
    action: str
    symbol: str
    length: int


@cache
def _commands() -> dict[tuple[str, ...], tuple[str, str]]:
    """Each phrase with its action and the mark it sets, if it sets one."""
    found: dict[tuple[str, ...], tuple[str, str]] = {}
    halves = table("commands")["halves"]
    for first in halves["first"]:
        found.update(((first, second), ("mark_at_end", ".")) for second in halves["second"])
    for action, rows in table("commands").items():
        if action in ("ordinary", "neighbours", "halves", "texts"):
            continue
        for symbol, phrases in rows.items():
            if symbol == "persons":
                continue
            for phrase in phrases:
                found[tuple(phrase.split())] = (action, "" if symbol == "commands" else symbol)
    return found


@cache
def _first_words() -> frozenset[str]:
    return frozenset(phrase[0] for phrase in _commands()) | {
        "capital",
        "all",
        "caps",
        "spelled",
        "spelt",
        "spell",
    }


def obey(items: Sequence[Item], trail: Trail) -> list[Item]:
    """`items` with every command carried out and no word of a command left."""
    out: list[Item] = []
    index = 0
    while index < len(items):
        item = items[index]
        if item.kind is not Kind.WORD or item.key not in _first_words():
            out.append(item)
            index += 1
            continue
        index = _obey_one(items, index, out, trail)
    return out


def _obey_one(items: Sequence[Item], index: int, out: list[Item], trail: Trail) -> int:
    """Carry out what stands at `index`, writing to `out`; where to go on."""
    done = _cased(items, index, out, trail) or spelled(items, index, out, trail)
    if done:
        return done
    command = _command_at(items, index)
    if command is None:
        out.append(items[index])
        return index + 1
    end = index + command.length
    source = items[index:end]
    if command.action == "erase":
        done = _take_back(items, index, command, out, trail)
        if done:
            return done
    elif command.action == "correct":
        done = correct(out, items, index, end, trail)
        if not done:
            out.append(items[index])
            return index + 1
        return done
    else:
        _set(command, source, out, trail)
        if command.action in _BOUNDING:
            return end
    return _skip_own_marks(items, end, source[-1])


def _going_on(items: Sequence[Item], at: int) -> Sequence[Item]:
    """`items` with the plain word at `at` in small letters: it no longer starts a sentence."""
    if items[at].key not in listed("plain_words"):
        return items
    return [*items[:at], items[at].with_text(items[at].key, settled=False), *items[at + 1 :]]


def _take_back(items: Sequence[Item], index: int, command: _Command, out: list[Item], trail: Trail) -> int:
    """Take back what was said, or let the like of it take its place; where to go on then, else 0.

    "Twenty five milligrams scratch that fifty" takes back the number alone, as "left leg scratch that right
    leg" does the leg.
    """
    end = index + command.length
    sentence = bool(out) and out[-1].kind is Kind.MARK and out[-1].text == "." and not out[-1].spoken
    if sentence and "sentence" not in command.phrase and is_given_again(out[:-1], items, end):
        out.pop()
        items = _going_on(items, past_own_marks(items, end))
    if _is_number_at(items, past_own_marks(items, end)) or is_restated(out, items, end):
        done = correct(out, items, index, end, trail)
        if done:
            return done
    erase(out, items[index:end], trail, sentence="sentence" in command.phrase)
    following = next((item for item in items[end:] if item.is_word), None)
    if following is not None:
        trail.ask(following, MarkKind.CHECK, "The speaker took words back here; listen whether the right ones went.")
    return 0


def _is_number_at(items: Sequence[Item], at: int) -> bool:
    return number_end(items, at) > at


def _command_at(items: Sequence[Item], index: int) -> _Command | None:
    """The longest command that starts at `index` and is meant as one."""
    words, ends = _phrase_from(items, index)
    for length in range(len(words), 0, -1):
        found = _commands().get(tuple(words[:length]))
        if found is None:
            continue
        phrase, end = " ".join(words[:length]), ends[length - 1]
        if is_ordinary(phrase, items, index, end):
            continue
        if found[0] == "mark_at_end" and not _is_end(items, end):
            continue
        if found[0] == "copy" and not _names_copy(items, index, end):
            continue
        if found[0] == "mark_heard" and not (_spoken_nearby(items, index) and end < len(items)):
            continue
        return _Command(phrase, found[0], found[1], end - index)
    return None


def _is_end(items: Sequence[Item], at: int) -> bool:
    """Whether the dictation ends at `at`, or a break is asked for there, marks of the recogniser's own aside."""
    at = past_own_marks(items, at)
    if at >= len(items):
        return True
    following = tuple(keys(items[at : at + 2]))
    return _commands().get(following, ("", ""))[0] in ("line", "paragraph", "heading")


def _names_copy(items: Sequence[Item], start: int, end: int) -> bool:
    """Whether a person who gets a copy is named behind `items[start:end]`, which start a sentence."""
    before = items[start - 1] if start else None
    opens = before is None or before.ends_sentence or before.key in ("period", "paragraph", "line", "stop")
    return opens and keys(items[end : end + 1])[:1] in [[person] for person in table("commands")["copy"]["persons"]]


def _spoken_nearby(items: Sequence[Item], at: int) -> bool:
    """Whether marks are spoken around `at`."""
    return any(item.key in ("comma", "stop", "period", "colon") for item in items[max(0, at - _NEARBY) : at + _NEARBY])


def _phrase_from(items: Sequence[Item], index: int) -> tuple[list[str], list[int]]:
    """The words from `index` on and the index after each; commas of the recogniser's own are passed over."""
    words: list[str] = []
    ends: list[int] = []
    while index < len(items) and len(words) < _LONGEST:
        item = items[index]
        index += 1
        if item.is_word:
            words.append(item.key)
            ends.append(index)
        elif item.text != "," or item.spoken:
            break
    return words, ends


def _set(command: _Command, source: Sequence[Item], out: list[Item], trail: Trail) -> None:
    first, last = source[0].first, source[-1].last
    trail.note(f"command: {command.phrase}", source, command.symbol)
    if command.action == "drop":
        return
    if command.action == "copy":
        out.append(Item("", first, first, Kind.PARAGRAPH))
        out.append(Item("cc:", first, last, settled=True))
        return
    if command.symbol == "." and out and out[-1].is_word and out[-1].key in TITLES:
        out[-1] = joined_title(out[-1], last)
        return
    if command.action == "mark_heard":
        trail.ask(
            source[0], MarkKind.QUERY, f'Heard "{command.phrase}"; was the mark "{command.symbol}" meant? Listen.'
        )
    kind = _KINDS[command.action]
    text = command.symbol if kind is not Kind.DASH else "-"
    out.append(Item(text, first, last, kind, spoken=True))


def joined_title(title: Item, last: int) -> Item:
    """The abbreviation `title` with the dot that was said for it."""
    return Item(title.text.capitalize() + ".", title.first, last, settled=True)


def _skip_own_marks(items: Sequence[Item], index: int, command: Item) -> int:
    """Past the marks that the recogniser hung on the command's own last word."""
    while index < len(items) and items[index].kind is Kind.MARK and items[index].first < command.last:
        index += 1
    return index


def _cased(items: Sequence[Item], index: int, out: list[Item], trail: Trail) -> int:
    """Carry out "capital X" or "all caps … end caps" at `index`; where to go on, 0 when it is neither."""
    words = keys(items[index : index + 3])
    if words[0] == "capital" and len(words) > 1 and words[1] and not _is_capital_noun(items, index, words[1]):
        start = index + (2 if words[1] == "letter" and len(words) > 2 and words[2] else 1)
        word = items[start]
        written = word.text[:1].upper() + word.text[1:]
        trail.note("command: capital", items[index : start + 1], written)
        out.append(Item(written, items[index].first, word.last, settled=True))
        return start + 1
    if tuple(words[:2]) in (("all", "caps"), ("caps", "on")):
        return _all_caps(items, index, out, trail)
    return 0


def _is_capital_noun(items: Sequence[Item], index: int, following: str) -> bool:
    before = items[index - 1].key if index else ""
    if items[index].text != "capital" and not sentence_start(items, index):
        return True
    return before in ("the", "a", "of") or following in ("of", "city", "punishment", "femoral")


def _all_caps(items: Sequence[Item], index: int, out: list[Item], trail: Trail) -> int:
    start = index + 2
    end, resume = min(start + 1, len(items)), min(start + 1, len(items))
    for at in range(start, min(start + 30, len(items))):
        stop = next((s for s in _CAPS_END if tuple(keys(items[at : at + len(s)])) == s), None)
        if stop is not None:
            end, resume = at, at + len(stop)
            break
    source = items[index:resume]
    trail.note("command: all caps", source, " ".join(item.text.upper() for item in items[start:end]))
    out.extend(replace(item, text=item.text.upper(), settled=True) for item in items[start:end])
    return _skip_own_marks(items, resume, source[-1])

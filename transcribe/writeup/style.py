"""The switches of a style that differ from the house style are carried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from transcribe.writeup.dates import MONTHS
from transcribe.writeup.items import Item, Kind, Trail, joined
from transcribe.writeup.numerals import ONES
from transcribe.writeup.phrases import acronyms
from transcribe.writeup.tables import table
from transcribe.writeup.wordbook import Style

_MONTHS = {name: number for number, name in enumerate(MONTHS.values(), 1)}
_HOUSE = Style()


def restyle(items: Sequence[Item], style: Style, trail: Trail) -> list[Item]:
    """`items` as `style` wants them; the house style needs nothing done."""
    if style == _HOUSE:
        return list(items)
    out: list[Item] = []
    heading = ""
    index = 0
    while index < len(items):
        item = items[index]
        if item.heading:
            before = items[index - 1] if index else None
            starts = before is None or not before.heading
            heading = item.text if starts else heading if item.text == ":" else f"{heading} {item.text}"
        done = _numeric_date(items, index, out, trail) if style.dates == "numeric" else 0
        if not done:
            out.extend(_restyled(items, index, style, heading, trail))
        index = done or index + 1
    return out


def _restyled(items: Sequence[Item], at: int, style: Style, heading: str, trail: Trail) -> list[Item]:
    """The item at `at` in the style; a word may become several."""
    item = items[at]
    text = item.text
    if not item.is_word or item.heading:
        return [item]
    if style.dimensions == "by" and text == "x" and _between_figures(items, at):
        text = "by"
    elif style.small_numbers == "figures" and item.key in ONES and item.key != "one" and not item.settled:
        text = str(ONES[item.key])
    elif style.latin != "dotted":
        text = table("style")["latin"].get(style.latin, {}).get(text, text)
    if heading in style.expand:
        text = table("style")["abbreviations"].get(acronyms().get(text, text), text)
    if text == item.text:
        return [item]
    trail.note("style", item, text)
    return [replace(item, text=part, settled=part != part.lower() or part.isdigit()) for part in text.split()]


def _between_figures(items: Sequence[Item], at: int) -> bool:
    beside = (*items[max(0, at - 1) : at], *items[at + 1 : at + 2])
    return len(beside) == 2 and all(item.text[:1].isdigit() for item in beside)


def _numeric_date(items: Sequence[Item], at: int, out: list[Item], trail: Trail) -> int:
    """Write the date with day and year at `at` in figures; where to go on."""
    source = items[at : at + 4]
    if len(source) < 4 or source[0].text not in _MONTHS or source[2].text != "," or source[2].kind is not Kind.MARK:
        return 0
    day, year = source[1].text, source[3].text
    if not (day.isdigit() and year.isdigit() and len(year) == 4):
        return 0
    text = f"{_MONTHS[source[0].text]}/{day}/{year}"
    trail.note("style", source, text)
    out.append(joined(source, text))
    return at + 4

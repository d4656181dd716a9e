"""Text inside HL7 messages: nothing that was dictated can end a field, a segment or a message.

Separators and escapes are those of HL7 v2.5.1, chapter 2.7.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

ENCODING_CHARACTERS = "^~\\&"

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"}
_UNSAFE = re.compile(r"[\\|^~&\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SEQUENCE = re.compile(r"\\([^\\\r]*)\\")


def escape(text: str, *, formatted: bool = False) -> str:
    """`text` as the content of a component; with `formatted` (data type FT) a line end is the command to break.

    Control characters become hexadecimal escapes; half a surrogate pair, which no message can hold, U+FFFD.
    """

    def sequence(found: re.Match[str]) -> str:
        character = found[0]
        if formatted and character == "\n":
            return "\\.br\\"
        return _ESCAPES.get(character) or f"\\X{ord(character):02X}\\"

    return _UNSAFE.sub(sequence, _SURROGATE.sub("\ufffd", text))


def unescape(text: str, separators: str = "|^~\\&") -> str:
    """What a sender meant by `text`; an escape that says nothing to us is left as it stands.

    `separators` are those of the message: field, component, repetition, escape, subcomponent.
    """
    field, component, repetition, mark, subcomponent = tuple(separators.ljust(5, "\0"))
    plain = {"F": field, "S": component, "R": repetition, "E": mark, "T": subcomponent, ".br": "\n", "H": "", "N": ""}

    def meant(found: re.Match[str]) -> str:
        word = found[1]
        if word in plain:
            return plain[word]
        digits = word[1:] if word.startswith("X") else ""
        if digits and re.fullmatch("([0-9A-Fa-f]{2})+", digits):
            return bytes.fromhex(digits).decode("utf-8", "replace")
        return found[0]

    pattern = _SEQUENCE if mark == "\\" else re.compile(f"{re.escape(mark)}([^{re.escape(mark)}\r]*){re.escape(mark)}")
    return pattern.sub(meant, text)


def segment(name: str, **fields: str) -> str:
    """A segment whose fields are given by number, as in f3="…"; a field is already escaped."""
    last = max((int(key[1:]) for key in fields), default=0)
    return "|".join((name, *(fields.get(f"f{number}", "") for number in range(1, last + 1))))


def field(*components: str) -> str:
    """One field of components, each escaped; empty ones at the end are left out."""
    return "^".join(map(escape, components)).rstrip("^")


def repeated(fields: Iterable[str]) -> str:
    """One field that stands several times."""
    return "~".join(filter(None, fields))


def stamp(at: date | None) -> str:
    """A date as YYYYMMDD, a moment as YYYYMMDDHHMMSS with its zone where it is known; empty for none."""
    if at is None:
        return ""
    return f"{at:%Y%m%d%H%M%S%z}" if isinstance(at, datetime) else f"{at:%Y%m%d}"

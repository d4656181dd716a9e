"""Fills the header of a recording on this machine from what lies around it: files beside it, its name, a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from transcribe.domain import Header
from transcribe.errors import NotFound, UnusableInput, shown
from transcribe.files import dictation_of
from transcribe.headers import Entry, Fields, NamePattern, filled, find, from_csv, from_hl7, from_name, name_pattern

_WHO = ("record_number", "encounter", "date_of_birth")
"""What two sources that are about the same visit cannot say differently."""


@dataclass(frozen=True, slots=True)
class Around:
    """Where headers come from; `given` is what the command line says, which goes before everything."""

    given: Fields
    visits: Path | None = None
    pattern: NamePattern | None = None
    work_type: str | None = None
    _read: dict[tuple[int, int], list[Entry]] = field(default_factory=dict, init=False)

    def entries(self) -> list[Entry]:
        """The list as it is now; another program may write it anew at any time."""
        if self.visits is None:
            return []
        if not self.visits.is_file():
            raise NotFound(f"There is no file {shown(str(self.visits))}.")
        status = self.visits.stat()
        written = (status.st_mtime_ns, status.st_size)
        if written not in self._read:
            self._read.clear()
            self._read[written] = _entries(self.visits.read_bytes())
        return self._read[written]

    def header(self, path: Path) -> Header:
        """What is known of the recording at `path`: the command line says it first, then NAME.toml, NAME.hl7, the
        name, and the list.

        Raises `UnusableInput` where these speak of two patients or visits.
        """
        header = replace(dictation_of(path, work_type=self.work_type).header, **self.given)
        entries = self.entries()
        for known in _beside(path):
            header = _with(header, known, path)
        if self.pattern:
            header = _with(header, from_name(path.name, self.pattern), path)
        known = {name: getattr(header, name) for name in ("encounter", "record_number")}
        if visit := find(entries, file=path.name, known=known):
            header = _with(header, visit.fields, path)
        return header


def around(visits: Path | None, pattern: str, work_type: str | None = None, **given: Any) -> Around:
    """The same from the options of a command, checked; what is not said is left out."""
    said = {name: value for name, value in given.items() if value}
    made = Around(said, visits, name_pattern(pattern) if pattern else None, work_type)
    made.entries()
    return made


def _entries(content: bytes) -> list[Entry]:
    """HL7 by its first bytes, with or without the frame of MLLP; else CSV."""
    return from_hl7(content) if content.lstrip(b"\x0b\xef\xbb\xbf \r\n").startswith(b"MSH") else from_csv(content)


def _beside(path: Path) -> list[Fields]:
    """What each message of NAME.hl7 says, if it is there."""
    messages = path.with_suffix(".hl7")
    return [entry.fields for entry in from_hl7(messages.read_bytes())] if messages.is_file() else []


def _with(header: Header, known: Fields, path: Path) -> Header:
    """The header with what else is known, if both can be of one visit: a report under another's name harms two."""
    differing = [
        name for name in _WHO if name in known and getattr(header, name) not in (getattr(Header(), name), known[name])
    ]
    if header.patient and _words(header.patient).isdisjoint(_words(known.get("patient", header.patient))):
        differing.append("patient")
    if differing:
        raise UnusableInput(f"What is known of {shown(path.name)} names two different values of '{differing[0]}'.")
    return filled(header, known)


def _words(name: str) -> set[str]:
    """The words of a name, as it may be written family name first or without the middle one."""
    return set(re.findall(r"\w+", name.casefold()))

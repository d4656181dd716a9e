"""Files in, files out: what the command line does with recordings, headers and lines, without a database."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from transcribe import document, pipeline, report
from transcribe.delivery.pdf import to_pdf
from transcribe.domain import CareSetting, Dictation, Header, Report
from transcribe.errors import TranscribeError, UnusableInput, UsageError
from transcribe.speech import Recogniser
from transcribe.work_types import work_type as known_work_type


def refuse_same_names(paths: Collection[Path]) -> None:
    """Two recordings of one name would overwrite each other's report; `UsageError` names them."""
    seen: dict[str, Path] = {}
    for path in paths:
        if path.stem in seen:
            raise UsageError(f"{seen[path.stem]} and {path} would both become {path.stem}.docx; rename one of them.")
        seen[path.stem] = path


def dictation_of(path: Path, *, work_type: str | None = None) -> Dictation:
    """The dictation in the file at `path`, with the header that NAME.toml beside it gives, if it is there."""
    beside = path.with_suffix(".toml")
    header = report.read_header(beside) if beside.is_file() else Header()
    if work_type:
        header = replace(header, work_type=known_work_type(work_type).key)
    return Dictation(path.stem, header)


def transcribe_file(
    path: Path,
    dictation: Dictation,
    recogniser: Recogniser,
    tools: pipeline.Tools,
    *,
    partial: bool = False,
    on_progress: Callable[[float, float], None] | None = None,
) -> Report:
    """The draft report of one recording, dated now."""
    transcript = pipeline.recognise(path, recogniser, partial=partial, on_progress=on_progress)
    header = replace(dictation.header, transcribed_at=dictation.header.transcribed_at or _now())
    return pipeline.draft(transcript, replace(dictation, header=header), tools)


def write_files(drafted: Report, out: Path, *, pdf: bool = False) -> dict[str, Path]:
    """Write NAME.docx, NAME.json and, if asked, NAME.pdf into `out`; each is complete or not there at all.

    Returns where they are. Raises `MissingPart` for a PDF without LibreOffice.
    """
    name = drafted.dictation.name
    places = {"docx": out / f"{name}.docx", "json": out / f"{name}.json"}
    out.mkdir(parents=True, exist_ok=True)
    content = json.dumps(report.to_json(drafted), ensure_ascii=False, indent=2) + "\n"
    with replacing(places["docx"], binary=True) as file:
        file.write(document.render(drafted))
    with replacing(places["json"]) as file:
        file.write(content)
    if pdf:
        places["pdf"] = to_pdf(places["docx"])
    return places


def draft_line(
    line: str, number: int, tools: pipeline.Tools, *, written: bool, steps: Collection[str]
) -> dict[str, Any]:
    """The draft of one JSON line, or {"id", "error": {"code", "message"}} when it cannot be processed."""
    identity: object = None
    try:
        row = read_line(line, number)
        identity = row.get("id")
        dictation = Dictation(string_of(row, "id", number), header_of(row, number))
        drafted = pipeline.draft_text(string_of(row, "text", number), dictation, tools, written=written, steps=steps)
        return report.to_json(drafted)
    except TranscribeError as error:
        return {"id": identity, "error": {"code": error.code, "message": str(error)}}


def read_line(line: str, number: int) -> dict[str, Any]:
    """One line of a JSON-lines file as an object; `UnusableInput` says which line is none."""
    try:
        row = json.loads(line)
    except ValueError as error:
        raise UnusableInput(f"Line {number} is not JSON.") from error
    if not isinstance(row, dict):
        raise UnusableInput(f"Line {number} is not a JSON object.")
    return row


def header_of(row: dict[str, Any], number: int) -> Header:
    """The header fields that an input line may carry."""
    kind = known_work_type(string_of(row, "work_type", number)).key if row.get("work_type") else ""
    return Header(
        author=string_of(row, "author", number) if row.get("author") else "",
        work_type=kind,
        setting=_setting(row.get("setting"), number),
        date_of_service=_day(row.get("date_of_service"), number),
    )


def string_of(row: dict[str, Any], key: str, number: int) -> str:
    """The string under `key`; `UnusableInput` says which line lacks it."""
    value = row.get(key)
    if not isinstance(value, str):
        raise UnusableInput(f'Line {number} needs "{key}" as a string.')
    return value


def _setting(value: object, number: int) -> CareSetting:
    if value is None:
        return CareSetting.OUTPATIENT
    if value not in list(CareSetting):
        raise UnusableInput(f'Line {number}: "setting" is outpatient or inpatient.')
    return CareSetting(str(value))


def _day(value: object, number: int) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise UnusableInput(f'Line {number}: "date_of_service" is written YYYY-MM-DD.') from error


@contextmanager
def replacing(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """A file that takes the place of `path` when the block ends well, and leaves nothing behind when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb" if binary else "w", encoding=None if binary else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o600)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _now() -> datetime:
    """The time on this machine's clock, which is what the T: line of a report shows."""
    return datetime.now().astimezone().replace(microsecond=0)

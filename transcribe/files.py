"""Files in, files out: what the command line does with recordings, headers and lines, without a database."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from transcribe import document, pipeline, report
from transcribe.domain import CareSetting, Dictation, Header, Report
from transcribe.errors import NotFound, TranscribeError, UnusableInput, UsageError, refusal
from transcribe.speech import Recogniser
from transcribe.work_types import work_type as known_work_type


def refuse_same_names(paths: Collection[Path]) -> None:
    """Two recordings of one name would overwrite each other's report; `UsageError` names them."""
    seen: dict[str, Path] = {}
    for path in paths:
        name = path.stem.casefold()  # Not every disk tells A.docx from a.docx.
        if name in seen:
            raise UsageError(f"{seen[name]} and {path} would both become {path.stem}.docx; rename one of them.")
        seen[name] = path


def dictation_of(path: Path, *, work_type: str | None = None) -> Dictation:
    """The dictation in the file at `path`, with the header that NAME.toml beside it gives, if it is there.

    Raises `NotFound` for what is no file and `UnusableInput` for a header that cannot be used.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    beside = path.with_suffix(".toml")
    header = report.read_header(beside) if beside.exists() or beside.is_symlink() else Header()
    if work_type:
        header = replace(header, work_type=known_work_type(work_type).key)
    elif header.work_type:
        header = replace(header, work_type=_listed(header.work_type, str(beside)))
    return Dictation(path.stem, header)


def _listed(work_type: str, where: str) -> str:
    """The key of the work type that a header or a line names; `UnusableInput` says `where` there is none."""
    try:
        return known_work_type(work_type).key
    except UsageError as error:
        raise UnusableInput(f"{where}: {error}") from error


def transcribe_file(
    path: Path,
    dictation: Dictation,
    recogniser: Recogniser,
    tools: pipeline.Tools,
    *,
    password: str = "",
    on_progress: Callable[[float, float], None] | None = None,
) -> Report:
    """The draft report of one recording, dated now; `password` is for one that is encrypted."""
    expected = pipeline.hot_words(dictation, tools.words_dir)
    transcript = pipeline.recognise(path, recogniser, password=password, hot_words=expected, on_progress=on_progress)
    header = replace(dictation.header, transcribed_at=dictation.header.transcribed_at or _now())
    return pipeline.draft(transcript, replace(dictation, header=header), tools)


def write_files(drafted: Report, out: Path) -> dict[str, Path]:
    """Write NAME.docx and NAME.json into `out`, each complete or not there at all, and say where they are."""
    name = drafted.dictation.name
    places = {"docx": out / f"{name}.docx", "json": out / f"{name}.json"}
    out.mkdir(parents=True, exist_ok=True)
    content = json.dumps(report.to_json(drafted), ensure_ascii=False, indent=2) + "\n"
    with replacing(places["docx"], binary=True) as file:
        file.write(document.render(drafted))
    with replacing(places["json"]) as file:
        file.write(content)
    return places


def draft_line(
    line: bytes,
    number: int,
    tools: pipeline.Tools,
    *,
    written: bool,
    steps: Collection[str],
    explain: bool = False,
) -> dict[str, Any]:
    """The draft of one JSON line, or {"id", "error": {"code", "message"}} when it cannot be processed.

    With `explain` it has the rules that fired: [{"rule", "heard", "written"}, …] in the order in which they did.
    """
    identity: object = None
    try:
        row = read_line(line, number)
        identity = row.get("id")
        dictation = Dictation(string_of(row, "id", number), header_of(row, number))
        drafted = pipeline.draft_text(string_of(row, "text", number), dictation, tools, written=written, steps=steps)
        return {**report.to_json(drafted), **(_explained(drafted, string_of(row, "text", number)) if explain else {})}
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one line, the others are still due
        told = refusal(error)
        return {"id": identity, "error": {"code": told.code, "message": str(told)}}


def _explained(drafted: Report, text: str) -> dict[str, Any]:
    words = text.split()
    changes = drafted.draft.changes
    return {
        "explain": [
            {"rule": each.rule, "heard": " ".join(words[slice(*each.heard)]), "written": each.written}
            for each in changes
        ]
    }


def read_line(line: bytes, number: int) -> dict[str, Any]:
    """One line of a JSON-lines file as an object; `UnusableInput` says which line is none."""
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnusableInput(f"Line {number} is not UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise UnusableInput(f"Line {number} is not JSON.") from error
    if not isinstance(row, dict):
        raise UnusableInput(f"Line {number} is not a JSON object.")
    return row


def header_of(row: dict[str, Any], number: int) -> Header:
    """The header fields that an input line may carry."""
    kind = _listed(string_of(row, "work_type", number), f"Line {number}") if row.get("work_type") else ""
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
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise UnusableInput(f'Line {number}: "{key}" holds half a surrogate pair, which is no character.')
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
    written = UnusableInput(f'Line {number}: "date_of_service" is written YYYY-MM-DD.')
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise written
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise written from error


@contextmanager
def replacing(path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """A file that takes the place of `path` when the block ends well, and leaves nothing behind when it does not.

    Stdout ("-"), a device or a pipe is written to as it stands. Raises `TranscribeError` where nothing can be written.
    """
    form = _form(binary)
    with _told(path):
        stands = _stands(path, form)
    if stands:
        with stands:
            yield stands
        return
    with _told(path):
        target = path.resolve()  # A link goes on pointing at the file it names.
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".transcribe-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, **form) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with _told(path):
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _stands(path: Path, form: dict[str, Any]) -> IO[Any] | None:
    """What `path` names when it is no file that could be replaced: stdout for "-", a device or a pipe."""
    if str(path) == "-":
        stdout: IO[Any] = os.fdopen(os.dup(1), **form)
        return stdout
    return path.open(**form) if path.exists() and not path.is_file() else None


def _form(binary: bool) -> dict[str, Any]:
    """How a file is opened; half a surrogate pair, as in a file name that is no UTF-8, becomes the escape of JSON."""
    return {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "errors": "backslashreplace"}


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TranscribeError(f"{path} cannot be written: {error.strerror}.") from error


def check_folder(out: Path) -> None:
    """Make the folder `out` if need be; `TranscribeError` when no file can be made in it."""
    with _told(out):
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()


@contextmanager
def open_lines(path: Path) -> Iterator[Iterator[tuple[int, bytes]]]:
    """The lines of a JSON-lines file, or of stdin for "-", with their numbers, without the empty ones.

    Raises `NotFound` for what is no file. A byte order mark is not part of the first line.
    """
    if str(path) == "-":
        yield _numbered(sys.stdin.buffer)
        return
    if not path.exists() or path.is_dir():
        raise NotFound(f"There is no file {path}.")
    with path.open("rb") as file:
        yield _numbered(file)


def _numbered(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, start=1):
        content = line.removeprefix(BOM_UTF8) if number == 1 else line
        if content.strip():
            yield number, content


def _now() -> datetime:
    """The time on this machine's clock, which is what the T: line of a report shows."""
    return datetime.now().astimezone().replace(microsecond=0)

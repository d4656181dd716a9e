"""The table of contents: the order of the steps, nothing else.

recognise → write up → annotate → code → check → draft
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe import audio, checks, clinical, coding, edits, report, speech, writeup
from transcribe.domain import CodeSuggestion, Dictation, Draft, Mark, Reading, Report, Span, Transcript, WorkType
from transcribe.work_types import guess_work_type, work_type

if TYPE_CHECKING:
    from spacy.language import Language

STEPS = ("writeup", "annotate", "code")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the text half needs, loaded once per process: the spaCy pipeline, and where code tables and the wordbooks
    of clinics and authors are kept.
    """

    language: Language
    cache_dir: Path
    words_dir: Path | None = None


def load_tools(cache_dir: Path, *, words_dir: Path | None = None, steps: Collection[str] = STEPS) -> Tools:
    """The tools of the text half; code tables that are not there yet are made, if the `steps` need them.

    Nothing is heard or read before that is known to work.
    """
    if "code" in steps:
        coding.open_tables(cache_dir).close()
    return Tools(clinical.load(), cache_dir, words_dir)


def recognise(
    path: Path,
    recogniser: speech.Recogniser,
    *,
    password: str = "",
    hot_words: Sequence[str] = (),
    on_progress: Callable[[float, float], None] | None = None,
) -> Transcript:
    """What is said in the file at `path`; `on_progress` gets seconds done and seconds in all.

    `password` is for a recording that is encrypted; `hot_words` are words to expect, as far as the recogniser can be
    told.
    """
    recording = audio.inspect(path, password=password)
    recogniser = speech.expecting(recogniser, hot_words)

    def advanced(seconds: float) -> None:
        if on_progress:
            on_progress(seconds, recording.seconds)

    return speech.hear(recording, recogniser, on_progress=advanced)


def hot_words(dictation: Dictation, words_dir: Path | None) -> tuple[str, ...]:
    """The words to expect in the dictation: its author's, its clinic's and those of its kind of report."""
    return writeup.hot_words(_wordbook(dictation, words_dir), _asked_for(dictation))


def draft(transcript: Transcript, dictation: Dictation, tools: Tools) -> Report:
    """The report drafted from what was heard."""
    heard = [word.text for word in transcript.words]
    written = writeup.write_up(heard, work_type=_asked_for(dictation), book=_wordbook(dictation, tools.words_dir))
    return _report(written, dictation, tools, STEPS, transcript=transcript)


def draft_text(
    text: str, dictation: Dictation, tools: Tools, *, written: bool = False, steps: Collection[str] = STEPS
) -> Report:
    """The report drafted from `text`, which a recogniser wrote or which is `written` already.

    Only the named `steps` are done; coding needs the reading, so it is made for it but not delivered.
    """
    if written or "writeup" not in steps:
        done = writeup.as_written(text)
    else:
        done = writeup.write_up(
            text.split(), work_type=_asked_for(dictation), book=_wordbook(dictation, tools.words_dir)
        )
    return _report(done, dictation, tools, steps)


def reread(edited: Report, drafted: Report | None, tools: Tools) -> tuple[Report, tuple[Mark, ...]]:
    """An edited report with what its text says now, and the marks that were found in it just now.

    `edited` holds its text, words and the marks that are nobody's finding here. Where the edit turned round what was
    heard in `drafted`, a mark says so.
    """
    found = _read(edited.text, edited.dictation, tools)
    makers = {**edited.made_by, "clinical": clinical.VERSION, "codes": found.release}
    read = replace(
        edited,
        reading=found.reading,
        codes=found.codes,
        mentioned=found.mentioned,
        procedures=found.procedures,
        made_by=makers,
    )
    marks = checks.check(read)
    if drafted is not None:
        marks += edits.turned_round(drafted, edited.text)
    return report.with_marks(read, marks), marks


@dataclass(frozen=True, slots=True)
class _Read:
    """What a text says, and the release of the code tables that said it; without coding all but the first is empty."""

    reading: Reading
    codes: tuple[CodeSuggestion, ...] = ()
    mentioned: tuple[CodeSuggestion, ...] = ()
    procedures: tuple[Span, ...] = ()
    release: str = ""


def _read(text: str, dictation: Dictation, tools: Tools, steps: Collection[str] = STEPS) -> _Read:
    if "annotate" not in steps and "code" not in steps:
        return _Read(Reading((), ()))
    reading = clinical.annotate(tools.language, text)
    if "code" not in steps:
        return _Read(reading)
    day, setting = dictation.header.date_of_service, dictation.header.setting
    with coding.open_tables(tools.cache_dir, on=day or date.today()) as tables:
        found = coding.suggest(text, reading, tables, setting=setting, date_of_service=day)
        mentioned = coding.mentioned(text, reading, tables, found, date_of_service=day)
        return _Read(reading, found, mentioned, coding.documented(text, reading), tables.release)


def _report(
    written: Draft,
    dictation: Dictation,
    tools: Tools,
    steps: Collection[str],
    *,
    transcript: Transcript | None = None,
) -> Report:
    found = _read(written.text, dictation, tools, steps)
    kind = _asked_for(dictation) or guess_work_type(section.heading for section in found.reading.sections)
    drafted = report.compose(
        dictation,
        kind,
        written,
        found.reading if "annotate" in steps else Reading((), ()),
        found.codes,
        made_by={
            "recogniser": transcript.made_by if transcript else "",
            "writeup": writeup.VERSION,
            "clinical": clinical.VERSION,
            "codes": found.release,
        },
        transcript=transcript,
    )
    drafted = replace(drafted, mentioned=found.mentioned, procedures=found.procedures)
    return report.with_marks(drafted, checks.check(drafted))


def _wordbook(dictation: Dictation, words_dir: Path | None) -> writeup.Wordbook:
    """What the author of the dictation and the clinic want typed."""
    if words_dir is None:
        return writeup.Wordbook()
    header = dictation.header
    return writeup.read_wordbook(words_dir, clinic=header.clinic, author=header.author)


def _asked_for(dictation: Dictation) -> WorkType | None:
    """The work type that the header names, if it names one."""
    return work_type(dictation.header.work_type) if dictation.header.work_type else None

"""A received dictation becomes a draft; done twice, it gives the same files."""

from __future__ import annotations

import json
from pathlib import Path

from transcribe import files, pipeline, speech
from transcribe.errors import TranscribeError, TryLater
from transcribe.service.receive import folder_of, waiting
from transcribe.settings import Settings

FAILURE = "failure.json"


def process(identity: str, settings: Settings, recogniser: speech.Recogniser, tools: pipeline.Tools) -> Path:
    """Draft the report of the dictation `identity` and return the DOCX.

    A refusal is kept beside the recording as {"code", "message"}, for the person who must act on it, and raised.
    """
    folder = folder_of(identity, settings.data_dir)
    path, dictation = waiting(identity, settings.data_dir)
    try:
        drafted = files.transcribe_file(path, dictation, recogniser, tools)
        places = files.write_files(drafted, folder)
    except MemoryError:
        raise TryLater("This machine ran out of memory; the dictation is kept and can be drafted again.") from None
    except TranscribeError as error:
        with files.replacing(folder / FAILURE) as file:
            json.dump({"code": error.code, "message": str(error)}, file)
        raise
    (folder / FAILURE).unlink(missing_ok=True)
    return places["docx"]

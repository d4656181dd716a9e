"""A received dictation becomes a draft; done again, the new one takes the place of the old."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from transcribe import files, pipeline, speech
from transcribe.errors import refusal
from transcribe.service.receive import folder_of, waiting
from transcribe.settings import Settings

FAILURE = "failure.json"

Load = Callable[[Settings], tuple[speech.Recogniser, pipeline.Tools]]
"""Loads, or has loaded, what hears and what reads."""


def process(identity: str, settings: Settings, load: Load) -> Path:
    """Draft the report of the dictation `identity` and return the DOCX.

    Loading is part of it, as a model that is missing or too large is a reason like any other. A refusal
    is kept beside the recording as {"code", "message"}, for the person who must act on it, and raised.
    """
    folder = folder_of(identity, settings.data_dir)
    path, dictation = waiting(identity, settings.data_dir)
    try:
        recogniser, tools = load(settings)
        drafted = files.transcribe_file(path, dictation, recogniser, tools)
        places = files.write_files(drafted, folder)
    except Exception as error:  # noqa: BLE001 - a dictation that fails must say so, whatever the reason
        told = refusal(error)
    else:
        (folder / FAILURE).unlink(missing_ok=True)
        return places["docx"]
    with files.replacing(folder / FAILURE) as file:
        json.dump({"code": told.code, "message": str(told)}, file)
    # Without its cause, which a worker would log whole: it could hold a patient's words.
    raise told from None

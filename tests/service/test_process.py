"""A received dictation is drafted, or its folder says why not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from transcribe import assets, pipeline, speech
from transcribe.domain import Word
from transcribe.errors import MissingPart, TranscribeError, TryLater
from transcribe.service.process import FAILURE, process
from transcribe.service.receive import folder_of, receive
from transcribe.settings import Settings


@dataclass
class Failing:
    """A recogniser that fails, or hears the same word everywhere."""

    error: Exception | None
    name: str = "failing"
    max_chunk: float = 28.0

    def recognise(self, samples: NDArray[np.float32]) -> list[Word]:
        """Raise the error, if there is one."""
        if self.error:
            raise self.error
        return [Word("pneumonia", 0.0, 0.5, 0.9)]


@pytest.fixture(scope="module")
def tools() -> pipeline.Tools:
    """The text half, loaded once."""
    return pipeline.load_tools(Settings().cache_dir)


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [(MemoryError(), TryLater, "try_later"), (KeyError("Jane Doe"), TranscribeError, "failed")],
)
def test_a_failure_is_kept_and_a_later_draft_removes_it(
    tmp_path: Path, tools: pipeline.Tools, error: Exception, kind: type[TranscribeError], code: str
) -> None:
    """Whatever goes wrong is told beside the recording without a patient's words, and drafting again mends it."""
    settings = Settings(data_dir=tmp_path)
    identity = receive(assets.shipped("samples") / "letter.opus", tmp_path)
    failure = folder_of(identity, tmp_path) / FAILURE
    with pytest.raises(kind) as caught:
        process(identity, settings, lambda _: (Failing(error), tools))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert json.loads(failure.read_text())["code"] == code
    assert "Doe" not in failure.read_text()
    docx = process(identity, settings, lambda _: (Failing(None), tools))
    assert docx.is_file()
    assert not failure.exists()


def test_a_model_that_cannot_be_loaded_is_a_reason_too(tmp_path: Path) -> None:
    """A worker without its model, or without the memory for it, says so beside the recording."""
    settings = Settings(data_dir=tmp_path, model="nobody.en")
    identity = receive(assets.shipped("samples") / "letter.opus", tmp_path)

    def load(settings: Settings) -> tuple[speech.Recogniser, pipeline.Tools]:
        return speech.load_recogniser(settings.model, settings.cache_dir), pipeline.load_tools(settings.cache_dir)

    with pytest.raises(MissingPart):
        process(identity, settings, load)
    failure = json.loads((folder_of(identity, tmp_path) / FAILURE).read_text())
    assert failure["code"] == "missing_part"
    assert "transcribe models pull" in failure["message"]

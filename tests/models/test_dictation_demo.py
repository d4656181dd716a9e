"""The bundled recogniser's recipe works stage by stage, and what it shipped hears and keeps silent."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.recipe


def stage(recipe: Path, script: str, *options: object) -> str:
    """Run one stage of the recipe as its user does and return what it printed."""
    done = subprocess.run(
        [sys.executable, script, *map(str, options)], cwd=recipe, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_writer_gives_bare_words_and_the_same_ones_for_the_same_seed() -> None:
    """Sentences are lower-case words, and a seed fixes them."""
    from text import Writer

    first, again = (Writer(random.Random(3), salad=0.3) for _ in range(2))
    lines = [first.bare() for _ in range(300)]
    assert lines == [again.bare() for _ in range(300)]
    assert all(re.fullmatch(r"[a-z]['a-z]*( [a-z]['a-z]*)*", line) for line in lines)


def test_no_slot_is_left_unfilled() -> None:
    """Every name in braces is a list or a rule."""
    import text
    from numbers_spoken import RULES

    known = set(text.lists()) | set(RULES) | {"any"}
    used = set(re.findall(r"\{(\w+)\}", " ".join([*text.sentences(), *(p for v in text.lists().values() for p in v)])))
    assert used <= known


@pytest.mark.parametrize("name", ["slt", "rms", "kal16", "espeak"])
def test_voices_tell_when_each_word_sounds(name: str) -> None:
    """Words come in order, inside the recording, and phones cover them."""
    from voices import voice

    said = voice(name).say("the patient denies chest pain, period")
    assert [w.strip(",") for _, _, w in said.words] == ["the", "patient", "denies", "chest", "pain", "period"]
    starts = [start for start, _, _ in said.words]
    assert starts == sorted(starts)
    assert said.words[-1][1] <= len(said.samples) / 16_000 + 0.01
    assert np.abs(said.samples).max() > 0.1
    assert len(said.phones) >= 25


def test_features_equal_those_of_faster_whisper() -> None:
    """Training sees what the product's feature extractor computes."""
    from faster_whisper.feature_extractor import FeatureExtractor
    from features import FFT, HOP, MELS, log_power, normalise

    samples = np.random.default_rng(1).normal(0, 0.1, 32_000).astype(np.float32)
    theirs = FeatureExtractor(feature_size=MELS, hop_length=HOP, chunk_length=30, n_fft=FFT)(samples)
    ours = normalise(log_power(samples).astype(np.float32))
    # The first frame differs: theirs is mirrored at the start of the recording, ours begins in silence.
    assert np.abs(theirs[:, 1:99] - ours.T[:, 1:99]).max() < 0.01


def test_network_is_whisper(tmp_path: Path) -> None:
    """Encoder and decoder give what transformers' Whisper gives with the same weights."""
    from dataclasses import asdict

    import torch
    from convert import whisper
    from model import POSITIONS, Listener, Size
    from pieces import Pieces, learn

    learn(["the patient has pain"], 300).save(str(tmp_path / "tokenizer.json"))
    pieces = Pieces(tmp_path / "tokenizer.json")
    net = Listener(Size(32, 2, 2, 2, pieces.size)).eval()
    torch.save({"net": net.state_dict(), "size": asdict(net.size)}, tmp_path / "net.pt")
    theirs = whisper(tmp_path / "net.pt", pieces, [])
    mel = torch.zeros(1, 3_000, 80)
    mel[:, :200] = torch.randn(1, 200, 80)
    tokens = torch.tensor([[pieces.start, pieces.no_times, 5, 6]])
    with torch.no_grad():
        heard, _, bias = net.encoder(mel[:, :240], POSITIONS)
        logits, _ = net.decoder(tokens, heard, bias)
        expected = theirs(input_features=mel.transpose(1, 2), decoder_input_ids=tokens)
    assert torch.allclose(logits, expected.logits, atol=1e-3)


def test_recipe_runs_from_text_to_figures(recipe: Path, tmp_path: Path) -> None:
    """On a tiny setting every stage ends, the model loads in faster-whisper and is measured."""
    tokenizer, data, checkpoint, out = (tmp_path / n for n in ("tokenizer.json", "data", "net.pt", "model"))
    stage(recipe, "pieces.py", "--size", 300, "--sentences", 300, "--out", tokenizer)
    for name in ("kal16", "espeak"):
        stage(recipe, "synthesise.py", "--voice", name, "--hours", 0.02, "--shard-minutes", 1, "--out", data)
    tiny = ("--width", 32, "--heads", 2, "--encoder-layers", 1, "--decoder-layers", 2, "--batch", 20)
    stage(
        recipe, "train.py", "--data", data, "--heldout", data, "--heldout-clips", 8, "--tokenizer", tokenizer,
        "--checkpoint", checkpoint, "--hours", 0.2, "--minutes", 0.3, "--report", 2, "--test", 0.1, *tiny,
    )  # fmt: skip
    stage(
        recipe,
        "train.py",
        "--data",
        data,
        "--tokenizer",
        tokenizer,
        "--checkpoint",
        checkpoint,
        "--hours",
        0.2,
        "--minutes",
        0.05,
        *tiny,
    )
    stage(recipe, "convert.py", "--checkpoint", checkpoint, "--tokenizer", tokenizer, "--out", out)
    printed = stage(recipe, "evaluate.py", "--model", out, "--sentences", 4, "--long-seconds", 5)
    figures = json.loads(printed)
    assert figures["slt"]["sentences"]["words"] > 0
    assert set(figures["words_on"]) == {"silence", "hum", "white", "white_loud", "pink", "tune"}


def test_shipped_model_is_small_and_complete(shipped: Path) -> None:
    """Everything faster-whisper opens is there, in less than 10 MB, so that nothing asks a hub."""
    names = {"model.bin", "config.json", "tokenizer.json", "vocabulary.json", "preprocessor_config.json"}
    assert names <= {path.name for path in shipped.iterdir()}
    assert sum(path.stat().st_size for path in shipped.iterdir()) < 10_000_000
    assert json.loads((shipped / "config.json").read_text())["alignment_heads"]


def test_shipped_model_hears_speech_and_keeps_silent_on_none(recipe: Path, shipped: Path) -> None:
    """Unseen sentences are heard with few errors and good times; silence, hum and quiet noise give no word."""
    figures = json.loads(stage(recipe, "evaluate.py", "--model", shipped, "--sentences", 80, "--long-seconds", 40))
    voices = [figures[name]["sentences"] for name in ("slt", "rms", "kal16", "espeak")]
    assert sum(voice["wer"] for voice in voices) / len(voices) <= 0.12
    assert all(voice["start_median_s"] <= 0.15 for voice in voices)
    assert not any(figures["words_on"][sound] for sound in ("silence", "hum", "white", "pink"))

"""Turn a checkpoint into the folder that faster-whisper loads: int8 weights, tokenizer, features."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
from ctranslate2.converters import TransformersConverter
from features import FFT, HOP, LONGEST_SPEECH_FRAMES, MELS, RATE
from model import POSITIONS
from pieces import Pieces
from transformers import GenerationConfig, PreTrainedTokenizerFast, WhisperConfig, WhisperForConditionalGeneration

FEATURES = {
    "chunk_length": LONGEST_SPEECH_FRAMES * HOP // RATE,
    "feature_size": MELS,
    "hop_length": HOP,
    "n_fft": FFT,
    "sampling_rate": RATE,
}


def whisper(checkpoint: Path, pieces: Pieces, heads: list[list[int]]) -> WhisperForConditionalGeneration:
    """Return transformers' Whisper with the weights of a checkpoint; `heads` are [layer, head] for times."""
    state = torch.load(checkpoint, weights_only=True)
    size = state["size"]
    config = WhisperConfig(
        vocab_size=size["vocabulary"], num_mel_bins=MELS, d_model=size["width"],
        encoder_layers=size["encoder_layers"], encoder_attention_heads=size["heads"],
        decoder_layers=size["decoder_layers"], decoder_attention_heads=size["heads"],
        encoder_ffn_dim=4 * size["width"], decoder_ffn_dim=4 * size["width"],
        max_source_positions=POSITIONS, max_target_positions=size["longest_text"],
        bos_token_id=pieces.end, eos_token_id=pieces.end, pad_token_id=pieces.end,
        decoder_start_token_id=pieces.start, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    weights = {k: v for k, v in state["net"].items() if k.startswith("model.")}
    missing, unknown = model.load_state_dict(weights, strict=False)
    if set(missing) - {"proj_out.weight"} or unknown:
        raise ValueError(f"weights do not fit: missing {missing}, unknown {unknown}")
    model.tie_weights()
    model.generation_config = GenerationConfig(
        alignment_heads=heads, suppress_tokens=None, begin_suppress_tokens=None, lang_to_id={}
    )
    return model.float().eval()


def convert(checkpoint: Path, tokenizer: Path, out: Path, heads: list[list[int]], quantization: str = "int8") -> None:
    """Write model.bin, config.json, vocabulary.json, tokenizer.json and preprocessor_config.json to `out`."""
    pieces = Pieces(tokenizer)
    with tempfile.TemporaryDirectory() as folder:
        whisper(checkpoint, pieces, heads).save_pretrained(folder)
        wrapped = PreTrainedTokenizerFast(
            tokenizer_file=str(tokenizer), unk_token="<|endoftext|>", eos_token="<|endoftext|>"
        )
        wrapped.save_pretrained(folder)
        shutil.copy(tokenizer, Path(folder) / "tokenizer.json")
        (Path(folder) / "preprocessor_config.json").write_text(json.dumps(FEATURES, indent=2) + "\n")
        TransformersConverter(folder, copy_files=["tokenizer.json", "preprocessor_config.json"]).convert(
            str(out), quantization=quantization, force=True
        )


def main() -> None:
    """Convert from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("build/checkpoint.pt"))
    parser.add_argument("--tokenizer", type=Path, default=Path("build/tokenizer.json"))
    parser.add_argument(
        "--heads", default="", help="layer.head of the attention that gives word times, parted by commas"
    )
    parser.add_argument("--out", type=Path, default=Path("../model"))
    args = parser.parse_args()
    heads = [[int(n) for n in pair.split(".")] for pair in args.heads.split(",") if pair]
    size = torch.load(args.checkpoint, weights_only=True)["size"]
    guided = [[layer, head] for layer in range(1, size["decoder_layers"]) for head in range(size["heads"] // 2)]
    convert(args.checkpoint, args.tokenizer, args.out, heads or guided)
    total = sum(path.stat().st_size for path in args.out.iterdir())
    print(json.dumps({"folder": str(args.out), "bytes": total, "heads": heads or guided}))


if __name__ == "__main__":
    main()

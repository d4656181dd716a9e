"""Choose the attention heads that give word times: measure each alone, then the best few together."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from evaluate import Tally, on_dictation
from faster_whisper import WhisperModel
from voices import VOICES

Heads = list[list[int]]


def start_errors(folder: Path, heads: Heads, seconds: float) -> tuple[float, float]:
    """Return median and 95th percentile of the word-start error (s) with `heads` in the configuration."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"alignment_heads": heads}, indent=2) + "\n")
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    total = Tally()
    for name in VOICES:
        total.starts += on_dictation(model, name, seconds, 99, 1, 20.0).starts
    starts = total.starts or [9.0]
    return float(np.median(starts)), float(np.percentile(starts, 95))


def main() -> None:
    """Choose from the command line and leave the choice in the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=Path("../model"))
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0, help="of speech of each voice")
    args = parser.parse_args()
    alone: list[tuple[float, float, list[int]]] = []
    for layer in range(args.layers):
        for head in range(args.heads):
            alone.append((*start_errors(args.model, [[layer, head]], args.seconds), [layer, head]))
            print(f"layer {layer} head {head}: median {alone[-1][0]:.3f} s, 95 % {alone[-1][1]:.3f} s", flush=True)
    ranked = [head for _, _, head in sorted(alone, key=lambda found: found[1] + found[0])]
    together = [(sum(start_errors(args.model, ranked[:n], args.seconds)), ranked[:n]) for n in (1, 2, 3, 4)]
    best = min(together)[1]
    median, high = start_errors(args.model, best, args.seconds)
    print(json.dumps({"heads": best, "median_s": round(median, 3), "p95_s": round(high, 3)}))


if __name__ == "__main__":
    main()

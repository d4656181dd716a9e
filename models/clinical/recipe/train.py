"""Trains the clinical component from the sets in a folder and measures it: python train.py SETS OUT.

SETS is a folder with the files that CARD.md names, at any depth. OUT gets `model.bin` and `figures.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[2])]

import corpus  # noqa: E402
import spacy  # noqa: E402
from spacy.cli.train import train  # noqa: E402

from transcribe import evaluate  # noqa: E402
from transcribe.clinical import language, learned  # noqa: E402


def trained(sets: Path, *, steps: int = 0) -> bytes:
    """The weights of the best state of the training; `steps` other than 0 make it short for trying out."""
    changes: dict[str, object] = {"paths.sets": str(sets)}
    if steps:
        changes |= {"training.max_steps": steps, "training.eval_frequency": steps}
        changes |= {"training.optimizer.learn_rate.total_steps": steps}
    with tempfile.TemporaryDirectory() as folder:
        train(HERE / "config.cfg", folder, overrides=changes)
        nlp = spacy.load(Path(folder) / "model-best")
    component = nlp.get_pipe(learned.NAME)
    assert isinstance(component, learned.Learned)
    return component.model.to_bytes()


def measured(sets: Path, weights: bytes) -> dict[str, dict[str, float]]:
    """The figures of the whole pipeline on the texts of each set that were held out, with and without the component."""
    figures = {}
    for kind, nlp in (("trained", language.load(weights=weights)), ("rules", language.load(learned=False))):
        for name in corpus.ANNOTATED:
            rows = [row for each, row in corpus.chosen(sets, training=False) if each == name]
            figures[f"{name}, {kind}"] = {
                key: round(value, 4) for key, value in evaluate.entity_figures(nlp, rows).items()
            }
    return figures


def main() -> None:
    """Train, write and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=0, help="train so many steps only, to try it out")
    asked = parser.parse_args()
    weights = trained(asked.sets, steps=asked.steps)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "model.bin").write_bytes(weights)
    (asked.out / "figures.json").write_text(json.dumps(measured(asked.sets, weights), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

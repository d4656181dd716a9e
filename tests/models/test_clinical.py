from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from transcribe import clinical
from transcribe.clinical import language

HOME = Path(__file__).parents[2] / "models" / "clinical"


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def marked(text: str, **words: str) -> dict[str, object]:
    """A row in which each label marks its words."""
    spans = [
        {"start": text.index(each), "end": text.index(each) + len(each), "label": label}
        for label, each in words.items()
    ]
    return {"text": text, "entities": spans}


@pytest.mark.slow
def test_the_recipe_trains_and_measures(tmp_path: Path) -> None:
    """One command turns a folder of sets into weights that the pipeline loads, and into figures."""
    sets = tmp_path / "sets"
    sets.mkdir()
    for part in ("train", "devel"):
        write(
            sets / f"bc5cdr_{part}.jsonl",
            [marked("Aspirin may cause gastritis .", DRUG="Aspirin", PROBLEM="gastritis")] * 8,
        )
        write(sets / f"ncbi_disease_{part}.jsonl", [marked("A gene of ataxia was found.", PROBLEM="ataxia")] * 8)
        write(sets / f"anatem_{part}.jsonl", [marked("Cells of the liver grew .", ANATOMY="liver")] * 8)
    write(sets / "codiesp_en_train.jsonl", [{"text": "A man with cough.\nHe took aspirin."}] * 8)
    command = [sys.executable, str(HOME / "recipe" / "train.py"), str(sets), str(tmp_path / "out"), "--steps", "2"]
    subprocess.run(command, check=True, capture_output=True)
    figures = json.loads((tmp_path / "out" / "figures.json").read_text("utf-8"))
    assert figures.keys() == {
        f"{name}, {kind}" for name in ("bc5cdr", "ncbi_disease", "anatem") for kind in ("trained", "rules")
    }
    nlp = language.load(weights=(tmp_path / "out" / "model.bin").read_bytes())
    assert clinical.annotate(nlp, "He has gout.").sections


def test_the_trained_component_knows_what_no_list_does() -> None:
    """What only the trained component knows is found beside what the lexicons know, and text is read without it."""
    text = "Treatment with eltanolone caused hypothyroidism in rats."
    found = {entity.text for entity in clinical.annotate(clinical.load(), text).entities}
    assert {"eltanolone", "hypothyroidism"} <= found
    rules = {entity.text for entity in clinical.annotate(clinical.load(learned=False), text).entities}
    assert "eltanolone" not in rules

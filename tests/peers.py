"""Negation by other people's programs beside ours, on a user's own file: `python -m tests.peers GOLD.jsonl`.

The peers (negspacy, medspaCy) get the marked phrases, ours finds its own. Each runs in the setting of its own that does
best on report sentences. They live in an environment of their own in the cache folder, made when it is first asked for;
where that fails the row says why and ours is measured alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

from transcribe import evaluate
from transcribe.settings import Settings

PACKAGES = ("medspacy==1.3.1", "negspacy==1.0.4")
ASK = """
import json, sys
import spacy
from spacy.tokens import Span
kind, path = sys.argv[1:]
nlp = spacy.blank("en")
if kind == "negspacy":
    from negspacy.negation import Negex
    from negspacy.termsets import termset
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("negex", config={"neg_termset": termset("en").get_patterns()})
else:
    import medspacy
    nlp.add_pipe("medspacy_pyrush")
    nlp.add_pipe("medspacy_context")
for line in open(path, encoding="utf-8"):
    row = json.loads(line)
    doc = nlp.make_doc(row["text"])
    for each in row["entities"]:
        span = doc.char_span(each["start"], each["end"], label="PROBLEM", alignment_mode="expand")
        doc.set_ents([span])
        read = doc.copy()
        for name, pipe in nlp.pipeline:
            read = pipe(read)
        ent = read.ents[0]
        print(int(bool(ent._.negex if kind == "negspacy" else ent._.is_negated)))
"""


def environment(folder: Path) -> Path | None:
    """The Python of the peers' environment, made if it is not there; None where their packages cannot be installed."""
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        print(f"installing {' and '.join(PACKAGES)} into {folder}, about a minute", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *PACKAGES]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"The peers are not measured: {_reason(done.stderr)}")
            return None
        (folder / "ready").touch()
    return python


def _reason(messages: str) -> str:
    """The last line of what a failed program said."""
    return (messages.strip().splitlines() or ["it said nothing"])[-1]


def negation(python: Path, kind: str, gold: Path) -> float:
    """The F1 of negation of one peer over the marked phrases of `gold`. Raises `SystemExit` when the peer fails."""
    answer = subprocess.run([str(python), "-c", ASK, kind, str(gold)], check=False, capture_output=True, text=True)
    if answer.returncode:
        raise SystemExit(f"{kind} is not measured: {_reason(answer.stderr)}")
    said = [line == "1" for line in answer.stdout.split()]
    rows = [json.loads(line) for line in gold.read_text("utf-8").splitlines()]
    right = ["negated" in each.get("assertions", ()) for row in rows for each in row["entities"]]
    both = sum(one and other for one, other in zip(said, right, strict=True))
    return evaluate.Score(both, sum(said), sum(right)).f1


def main() -> None:
    """Print a row for each program."""
    gold = Path(sys.argv[1])
    lines = list(enumerate(gold.read_bytes().splitlines(), 1))
    ours = evaluate.evaluate_assertions(lines, gold.parent, Settings(), None)
    print(f"{'negation F1, ours (finds its own phrases)':58}{ours['negated_f1']:>20.3f}")
    python = environment(Settings().cache_dir / "peers")
    if python is None:
        return
    for kind in ("negspacy", "medspacy"):
        print(f"{'negation F1, ' + kind + ' (is given the phrases)':58}{negation(python, kind, gold):>20.3f}")


if __name__ == "__main__":
    main()

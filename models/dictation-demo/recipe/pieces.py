"""Word pieces: a byte-level BPE learnt from the generated text, with Whisper's special tokens behind it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = (
    "<|endoftext|>", "<|startoftranscript|>", "<|translate|>", "<|transcribe|>", "<|startoflm|>",
    "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip


def learn(lines: list[str], size: int) -> Tokenizer:
    """Learn `size` pieces, the special tokens not counted, from lines of bare words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator((" " + line for line in lines), trainer)
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIAL])
    return tokenizer


class Pieces:
    """Words to pieces and back; ids of the special tokens by name."""

    def __init__(self, path: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(path))
        self.size = self.tokenizer.get_vocab_size()
        ids = [self.tokenizer.token_to_id(name) for name in SPECIAL]
        self.end, self.start, self.no_speech, self.no_times = ids[0], ids[1], ids[6], ids[7]
        self.word = cache(self._word)

    def _word(self, word: str) -> tuple[list[int], list[float]]:
        """Return the pieces of a word and where each ends, as a share of its letters."""
        found = self.tokenizer.encode(" " + word, add_special_tokens=False)
        ends, letters = [], 0
        for piece in found.tokens:
            letters += len(piece.removeprefix("Ġ"))
            ends.append(letters / max(1, len(word)))
        return found.ids, ends

    def text(self, ids: list[int]) -> str:
        """Join pieces to text, special tokens left out."""
        return self.tokenizer.decode([i for i in ids if i < self.end]).strip()


def main() -> None:
    """Learn from the command line."""
    import argparse
    import random

    from text import Writer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1_500)
    parser.add_argument("--sentences", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/tokenizer.json"))
    args = parser.parse_args()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    writer = Writer(random.Random(args.seed), salad=0.2)
    lines = [writer.bare() for _ in range(args.sentences)]
    learn(lines, args.size).save(str(args.out))
    print(json.dumps({"pieces": args.size, "lines": len(lines), "file": str(args.out)}))


if __name__ == "__main__":
    main()

"""Train the recogniser on synthesised shards: phones first, then words in ever longer clips.

What supervises besides the text: the phone and the word piece sounding at every moment (known from the
synthesiser) for the encoder, and the place where the decoder's attention should look for each piece.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from clips import Batch, Corpus, collate
from model import POSITIONS, Listener, Size
from muon import Muon
from pieces import Pieces
from torch import Tensor


@dataclass(frozen=True)
class Stage:
    """A part of the training: until which share of all audio, how long the clips, how much padding."""

    until: float
    longest: float  # seconds
    padding: int  # positions that stand for the padding; POSITIONS means all of it
    decoder: bool = True


STAGES = (
    Stage(0.03, 4.0, 8, decoder=False),
    Stage(0.08, 6.0, 16),
    Stage(0.55, 12.0, 24),
    Stage(0.80, 20.0, 32),
    Stage(0.993, 29.0, 32),
    Stage(1.00, 29.0, POSITIONS),
)

LENGTHS = (4.0, 6.0, 9.0, 12.0, 16.0, 20.0, 24.0, 29.0)  # seconds


def losses(net: Listener, batch: Batch, stage: Stage) -> tuple[Tensor, dict[str, float]]:
    """Return the loss of a batch and its parts as figures."""
    length = batch.mel.shape[1] // 2
    heard, middle, bias = net.encoder(batch.mel, stage.padding)
    phones = net.phone_head(middle[:, :length]).float().unflatten(-1, (2, -1))
    figures = {}
    loss = F.cross_entropy(phones.flatten(0, 2), batch.phone.flatten(), ignore_index=-1)
    known = batch.phone >= 0
    figures["frame"] = float((phones.argmax(-1) == batch.phone)[known].float().mean())
    some = torch.randperm(length)[: length // 2]  # half is enough to learn from, and cheaper
    piece = batch.piece[:, some].flatten()
    pieces = net.piece_head(heard[:, some]).float().flatten(0, 1)
    spoken = F.cross_entropy(pieces, piece, ignore_index=-1)
    figures["piece"] = float((pieces.argmax(-1) == piece)[piece >= 0].float().mean())
    if not stage.decoder:
        top = net.top_head(heard[:, :length]).float().unflatten(-1, (2, -1))
        again = F.cross_entropy(top.flatten(0, 2), batch.phone.flatten(), ignore_index=-1)
        return loss + again + spoken, figures
    logits, logs = net.decoder(batch.tokens, heard, bias)
    logits = logits.float().flatten(0, 1)
    target = batch.target.flatten()
    text = F.cross_entropy(logits, target, ignore_index=-1, label_smoothing=0.05)
    figures["text"] = float(text.detach())
    figures["next"] = float((logits.argmax(-1) == target)[target >= 0].float().mean())
    look = guidance(logs, batch.span)
    figures["look"] = float(look.detach())
    return text + 0.4 * look + 0.6 * spoken + 0.3 * loss, figures


def guidance(logs: list[Tensor], span: Tensor) -> Tensor:
    """How little attention half of the heads pay to the place of the piece they write (mean -log share).

    The first layer's are told to look where the piece before was, the others' where the next is.
    """
    total = torch.zeros(())
    for index, log in enumerate(logs):
        wanted = span if index else torch.cat([torch.full_like(span[:, :1], -1), span[:, :-1]], 1)
        there = torch.arange(log.shape[-1])[None, None]
        inside = (there >= wanted[..., :1] - 1) & (there <= wanted[..., 1:] + 1)
        valid = wanted[..., 0] >= 0
        guided = log[:, : log.shape[1] // 2].masked_fill(~inside[:, None], -1e4)
        share = guided.logsumexp(-1)
        total = total - share.transpose(1, 2)[valid].mean()
    return total / len(logs)


@torch.inference_mode()
def listen(net: Listener, mel: Tensor, pieces: Pieces, longest: int) -> list[str]:
    """Write down what is heard, greedily, without the synthesiser's help."""
    with torch.autocast("cpu", torch.bfloat16):
        heard, _, bias = net.encoder(mel, 64)
        tokens = torch.full((len(mel), -(-longest // 16) * 16), pieces.end)
        tokens[:, :2] = torch.tensor([pieces.start, pieces.no_times])
        ended = torch.zeros(len(mel), dtype=torch.bool)
        for at in range(2, longest):
            width = -(-at // 16) * 16  # few sizes, for the sake of the matrix kernels
            logits, _ = net.decoder(tokens[:, :width], heard, bias)
            best = logits[:, at - 1].float()[:, : pieces.end + 1].argmax(-1)
            tokens[:, at] = best.masked_fill(ended, pieces.end)
            ended |= best == pieces.end
            if bool(ended.all()):
                break
    return [pieces.text(row[2:]) for row in tokens.tolist()]


def distance(said: list[str], heard: list[str]) -> int:
    """Words substituted, left out or put in (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def optimisers(net: Listener, args: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for all else."""
    named = [(name, p) for name, p in net.named_parameters() if p.requires_grad]
    hidden = [p for name, p in named if ".layers." in name and p.ndim == 2]
    others = [p for name, p in named if not (".layers." in name and p.ndim == 2)]
    if not args.muon_rate:
        return [torch.optim.AdamW([*hidden, *others], lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)]
    return [
        torch.optim.AdamW(others, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
        Muon(hidden, lr=args.muon_rate, weight_decay=0.01),
    ]


class Training:
    """State of a run: network, optimiser, audio heard; saved to and resumed from one file."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        torch.manual_seed(args.seed)
        self.pieces = Pieces(args.tokenizer)
        self.size = Size(args.width, args.heads, args.encoder_layers, args.decoder_layers, self.pieces.size)
        self.net = Listener(self.size)
        self.optimisers = optimisers(self.net, args)
        self.heard = 0.0
        self.steps = 0
        if args.checkpoint.exists():
            self._resume()

    def _resume(self) -> None:
        state = torch.load(self.args.checkpoint, weights_only=True)
        self.net.load_state_dict(state["net"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.heard, self.steps = state["heard"], state["steps"]
        print(f"resumed at {self.heard / 3600:.1f} h", flush=True)

    def save(self) -> None:
        """Write everything that resuming needs."""
        state = {
            "net": self.net.state_dict(), "optimisers": [o.state_dict() for o in self.optimisers],
            "heard": self.heard, "steps": self.steps, "size": asdict(self.size),
        }  # fmt: skip
        partial = self.args.checkpoint.with_suffix(".part")
        torch.save(state, partial)
        partial.rename(self.args.checkpoint)

    @property
    def progress(self) -> float:
        """Share of the audio heard."""
        return self.heard / (self.args.hours * 3600)

    def stage(self) -> Stage:
        """The stage that the progress falls in."""
        return next((s for s in STAGES if self.progress < s.until), STAGES[-1])

    def pace(self) -> float:
        """Share of the highest learning rate: warm-up, then half a cosine down to 2 %."""
        warm = min(1.0, (self.steps + 1) / self.args.warm_up)
        return warm * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, self.progress))))

    def batch(self, corpus: Corpus, stage: Stage) -> Batch:
        """Draw clips for one step."""
        rng = corpus.rng
        fitting = [length for length in LENGTHS if length <= stage.longest]
        if stage.padding < POSITIONS:  # mostly the longest; with whole windows they all cost the same
            seconds = fitting[-1 - min(int(rng.geometric(0.5)) - 1, len(fitting) - 1)]
            count = max(1, round(self.args.batch / seconds))
        else:
            seconds = fitting[int(rng.integers(len(fitting)))]
            count = 3
        quiet = 0.06 if stage.padding < POSITIONS else 0.15  # share of clips without speech
        clips = [
            corpus.nothing(seconds * rng.uniform(0.3, 1.0)) if rng.random() < quiet else corpus.clip(seconds)
            for _ in range(count)
        ]
        return collate(clips, self.pieces, rng, seconds, mask=True, replace=self.args.replace)

    def step(self, batch: Batch, stage: Stage) -> dict[str, float]:
        """Learn from one batch; returns figures."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.pace() * group.setdefault("highest", group["lr"])
        with torch.autocast("cpu", torch.bfloat16):
            loss, figures = losses(self.net, batch, stage)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        if math.isfinite(float(norm)):
            for optimiser in self.optimisers:
                optimiser.step()
        self.net.zero_grad(set_to_none=True)
        self.heard += batch.seconds
        self.steps += 1
        return {"loss": float(loss.detach()), "norm": float(norm), **figures}

    def word_errors(self, heldout: list[Batch]) -> float:
        """Share of words wrong when it listens freely to the held-out clips."""
        wrong = total = 0
        for batch in heldout:
            written = listen(self.net, batch.mel, self.pieces, batch.tokens.shape[1] + 20)
            for words, text in zip(batch.words, written, strict=True):
                said = [word for _, _, word in words]
                wrong, total = wrong + distance(said, text.split()), total + len(said)
        return wrong / max(1, total)


def held_out(folder: Path, pieces: Pieces, seconds: float, count: int) -> list[Batch]:
    """Fixed clips to listen to freely."""
    corpus = Corpus(folder, seed=5)
    return [
        collate([corpus.clip(seconds) for _ in range(8)], pieces, corpus.rng, seconds, mask=False, replace=0.0)
        for _ in range(count // 8)
    ]


def run(args: argparse.Namespace) -> None:
    """Train until all audio is heard or the time is up."""
    training = Training(args)
    corpus = Corpus(args.data, seed=args.seed + training.steps)
    heldout = held_out(args.heldout, training.pieces, 10.0, args.heldout_clips) if args.heldout else []
    begun = spoken = saved = tested = time.monotonic()
    mean: dict[str, float] = {}
    heard = training.heard
    while training.progress < 1.0 and time.monotonic() - begun < args.minutes * 60:
        stage = training.stage()
        for name, value in training.step(training.batch(corpus, stage), stage).items():
            mean[name] = 0.95 * mean.get(name, value) + 0.05 * value
        now = time.monotonic()
        if now - spoken > args.report:
            speed = (training.heard - heard) / (now - spoken)
            report = {"h": training.heard / 3600, "step": training.steps, "x": speed, "pace": training.pace(), **mean}
            print(json.dumps({k: float(f"{v:.4g}") for k, v in report.items()}), flush=True)
            spoken, heard = now, training.heard
            corpus.refresh()
        if now - saved > args.save * 60:
            training.save()
            saved = time.monotonic()
        if heldout and stage.decoder and now - tested > args.test * 60:
            print(json.dumps({"h": round(training.heard / 3600, 2), "wer": training.word_errors(heldout)}), flush=True)
            tested = time.monotonic()
    training.save()
    print(json.dumps({"done": training.progress >= 1.0, "h": round(training.heard / 3600, 2)}), flush=True)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, default=Path("build/data"))
    add("--heldout", type=Path, default=None)
    add("--heldout-clips", type=int, default=48)
    add("--tokenizer", type=Path, default=Path("build/tokenizer.json"))
    add("--checkpoint", type=Path, default=Path("build/checkpoint.pt"))
    add("--hours", type=float, default=300.0, help="of audio, heard in all")
    add("--minutes", type=float, default=1e9, help="stop after this long; run again to resume")
    add("--batch", type=float, default=80.0, help="seconds of audio in a step")
    add("--rate", type=float, default=1.5e-3)
    add("--muon-rate", type=float, default=4e-3, help="of the layers' matrices; 0 is AdamW for all")
    add("--warm-up", type=int, default=200, help="steps")
    add("--replace", type=float, default=0.12, help="share of decoder input pieces drawn at random")
    add("--width", type=int, default=256)
    add("--heads", type=int, default=4)
    add("--encoder-layers", type=int, default=4)
    add("--decoder-layers", type=int, default=3)
    add("--threads", type=int, default=1)
    add("--seed", type=int, default=1)
    add("--report", type=float, default=20.0, help="seconds between lines of figures")
    add("--save", type=float, default=3.0, help="minutes between checkpoints")
    add("--test", type=float, default=5.0, help="minutes between word errors on the held-out clips")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    run(args)


if __name__ == "__main__":
    main()

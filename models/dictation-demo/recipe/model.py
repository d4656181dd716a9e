"""The network: Whisper's encoder and decoder, lean, with supervision that Whisper itself does not have.

Parameters carry the names of transformers' WhisperForConditionalGeneration, so that the weights load
there, and from there into CTranslate2. The two extra heads serve training alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from features import MELS, WINDOW_FRAMES
from torch import Tensor, nn

POSITIONS = WINDOW_FRAMES // 2  # encoder positions of 40 ms, always this many when it is used


@dataclass(frozen=True)
class Size:
    """Width, depth and vocabulary of the network."""

    width: int = 256
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 3
    vocabulary: int = 1_500
    phones: int = 48
    longest_text: int = 448


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's encoder positions, shape (length, width)."""
    step = math.log(10_000) / (width // 2 - 1)
    scaled = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(width // 2))[None]
    return torch.cat([scaled.sin(), scaled.cos()], 1)


class Attention(nn.Module):
    """Multi-head attention with Whisper's parameters (no bias on the keys)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        """Part the heads: (batch, places, width) to (batch, heads, places, width / heads)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, source: Tensor, bias: Tensor | None = None, causal: bool = False) -> Tensor:
        """Attend from `x` to `source`; `bias` is added to the scores."""
        q, k, v = self.q_proj(x), self.k_proj(source), self.v_proj(source)
        q, k, v = self.split(q) * (q.shape[-1] // self.heads) ** -0.5, self.split(k), self.split(v)
        scores = q @ k.transpose(2, 3)  # plain: on CPU in bfloat16 faster than the fused kernel
        if bias is not None:
            scores = scores + bias
        if causal:
            scores = scores + torch.full(scores.shape[2:], -1e4, dtype=scores.dtype).triu(1)
        with torch.autocast("cpu", enabled=False):
            weights = scores.softmax(-1)
        return self.out_proj((weights @ v).transpose(1, 2).flatten(2))

    def weighed(self, x: Tensor, source: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """Attend, and return the log weights of every head too, shape (batch, heads, to, from)."""
        q, k, v = (self.split(y) for y in (self.q_proj(x), self.k_proj(source), self.v_proj(source)))
        scores = (q @ k.transpose(2, 3)).float() * q.shape[-1] ** -0.5
        if bias is not None:
            scores = scores + bias
        logs = scores.log_softmax(-1)
        mixed = logs.exp().to(v.dtype) @ v
        return self.out_proj(mixed.transpose(1, 2).flatten(2)), logs


class Layer(nn.Module):
    """One pre-norm block; a decoder's also attends to the encoder."""

    def __init__(self, size: Size, cross: bool) -> None:
        super().__init__()
        self.self_attn_layer_norm = nn.LayerNorm(size.width)
        self.self_attn = Attention(size.width, size.heads)
        if cross:
            self.encoder_attn_layer_norm = nn.LayerNorm(size.width)
            self.encoder_attn = Attention(size.width, size.heads)
        self.final_layer_norm = nn.LayerNorm(size.width)
        self.fc1 = nn.Linear(size.width, 4 * size.width)
        self.fc2 = nn.Linear(4 * size.width, size.width)

    def feed(self, x: Tensor) -> Tensor:
        """Add what the feed-forward part makes of it."""
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


class Encoder(nn.Module):
    """Whisper's encoder."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MELS, size.width, 3, padding=1)
        self.conv2 = nn.Conv1d(size.width, size.width, 3, stride=2, padding=1)
        self.embed_positions = nn.Embedding(POSITIONS, size.width)
        self.embed_positions.weight.data = sinusoids(POSITIONS, size.width)
        self.embed_positions.weight.requires_grad = False
        self.layers = nn.ModuleList(Layer(size, cross=False) for _ in range(size.encoder_layers))
        self.layer_norm = nn.LayerNorm(size.width)

    def forward(self, mel: Tensor, padding: int) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return states (batch, L + padding, width), the middle layer's, and a bias over positions.

        `mel` is (batch, 2 L, 80). Where the window goes on beyond it, all that follows is padding:
        `padding` positions drawn from there stand for all of them, each with the weight of those it
        stands for, which costs a fraction and comes to the same attention.
        """
        x = F.gelu(self.conv1(mel.transpose(1, 2)))
        x = F.gelu(self.conv2(x)).transpose(1, 2)
        length, bias = x.shape[1], None
        places = torch.arange(length)
        if padding and length < POSITIONS:
            rest = POSITIONS - length
            padding = min(padding, rest)
            drawn = (torch.arange(padding) + torch.rand(padding)) * (rest / padding)
            places = torch.cat([places, length + drawn.long().clamp(max=rest - 1)])
            empty = F.gelu(self.conv1.bias)[:, None].expand(-1, 5)
            empty = F.gelu(self.conv2(empty[None]))[:, :, 1]  # the middle, away from the edges
            x = torch.cat([x, empty[:, None].expand(len(x), padding, -1).to(x.dtype)], 1)
            bias = torch.zeros(len(places))
            bias[length:] = math.log(rest / padding)
            bias = bias[None, None, None]
        x = x + self.embed_positions.weight[places]
        square = None if bias is None else bias.expand(-1, -1, len(places), -1).to(x.dtype)
        middle = x
        for index, layer in enumerate(self.layers):
            if index == len(self.layers) // 2:
                middle = x
            y = layer.self_attn_layer_norm(x)
            x = layer.feed(x + layer.self_attn(y, y, square))
        return self.layer_norm(x), middle, bias


class Decoder(nn.Module):
    """Whisper's decoder."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(size.vocabulary, size.width)
        self.embed_positions = nn.Embedding(size.longest_text, size.width)
        self.layers = nn.ModuleList(Layer(size, cross=True) for _ in range(size.decoder_layers))
        self.layer_norm = nn.LayerNorm(size.width)

    def forward(self, tokens: Tensor, heard: Tensor, bias: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        """Return logits (batch, tokens, vocabulary) and each layer's log cross-attention."""
        x = self.embed_tokens(tokens) + self.embed_positions.weight[: tokens.shape[1]]
        logs = []
        for layer in self.layers:
            y = layer.self_attn_layer_norm(x)
            x = x + layer.self_attn(y, y, causal=True)
            mixed, log = layer.encoder_attn.weighed(layer.encoder_attn_layer_norm(x), heard, bias)
            logs.append(log)
            x = layer.feed(x + mixed)
        return F.linear(self.layer_norm(x), self.embed_tokens.weight), logs


class Listener(nn.Module):
    """Encoder and decoder, with heads for the phone and the piece of a word at every position."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        self.model = nn.Module()
        self.model.encoder = Encoder(size)
        self.model.decoder = Decoder(size)
        self.phone_head = nn.Linear(size.width, 2 * size.phones)  # a mel frame pair: two phones
        self.top_head = nn.Linear(size.width, 2 * size.phones)  # the same from the last layer, at first
        self.piece_head = nn.Linear(size.width, size.vocabulary)
        self.apply(self._start)

    @staticmethod
    def _start(module: nn.Module) -> None:
        """Start where attention finds its way: with transformers' own start (0.02) it does not."""
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Conv1d):
            module.weight.data *= 1.7
        elif isinstance(module, nn.Embedding) and module.weight.requires_grad:
            nn.init.normal_(module.weight, std=module.weight.shape[1] ** -0.5)

    @property
    def encoder(self) -> Encoder:
        """The audio side."""
        return self.model.encoder  # type: ignore[return-value]

    @property
    def decoder(self) -> Decoder:
        """The text side."""
        return self.model.decoder  # type: ignore[return-value]

    def whisper_weights(self) -> dict[str, Tensor]:
        """The weights that the converted model keeps, under transformers' names."""
        return {k: v for k, v in self.state_dict().items() if k.startswith("model.")}

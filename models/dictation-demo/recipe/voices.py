"""The four synthetic voices, spoken in this process through the C libraries of flite and espeak-ng.

Both libraries tell when each phone and each word starts and ends; the training rests on that.
"""

from __future__ import annotations

import ctypes as c
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from features import RATE
from numpy.typing import NDArray

VOICES = ("slt", "rms", "kal16", "espeak")
PAUSE = "pau"


@dataclass(frozen=True)
class Utterance:
    """Speech with its times: samples (16 kHz, -1..1), phones and words as (start s, end s, what)."""

    samples: NDArray[np.float32]
    phones: list[tuple[float, float, str]]
    words: list[tuple[float, float, str]]


def resample(samples: NDArray[np.float32], ratio: float) -> NDArray[np.float32]:
    """Change the number of samples by `ratio`, band-limited (by cutting or filling the spectrum)."""
    size = round(len(samples) * ratio)
    spectrum = np.fft.rfft(samples)
    keep = np.zeros(size // 2 + 1, np.complex128)
    shared = min(len(keep), len(spectrum))
    keep[:shared] = spectrum[:shared]
    return (np.fft.irfft(keep, size) * (size / len(samples))).astype(np.float32)


class _Wave(c.Structure):
    _fields_ = [
        ("type", c.c_char_p),
        ("sample_rate", c.c_int),
        ("num_samples", c.c_int),
        ("num_channels", c.c_int),
        ("samples", c.POINTER(c.c_short)),
    ]


class _Voice(c.Structure):
    _fields_ = [("name", c.c_char_p), ("features", c.c_void_p)]


class Flite:
    """One flite voice: slt, rms or kal16."""

    def __init__(self, name: str) -> None:
        self.lib = lib = c.CDLL("libflite.so.1", mode=c.RTLD_GLOBAL)
        for part in ("usenglish", "cmulex"):
            c.CDLL(f"libflite_{part}.so.1", mode=c.RTLD_GLOBAL)
        voice_lib = c.CDLL(f"libflite_cmu_us_{name}.so.1", mode=c.RTLD_GLOBAL)
        for function, result, arguments in (
            ("flite_synth_text", c.c_void_p, [c.c_char_p, c.c_void_p]),
            ("utt_wave", c.POINTER(_Wave), [c.c_void_p]),
            ("utt_relation", c.c_void_p, [c.c_void_p, c.c_char_p]),
            ("relation_head", c.c_void_p, [c.c_void_p]),
            ("item_next", c.c_void_p, [c.c_void_p]),
            ("item_feat_float", c.c_float, [c.c_void_p, c.c_char_p]),
            ("ffeature_string", c.c_char_p, [c.c_void_p, c.c_char_p]),
            ("path_to_item", c.c_void_p, [c.c_void_p, c.c_char_p]),
            ("delete_utterance", None, [c.c_void_p]),
            ("feat_set_float", None, [c.c_void_p, c.c_char_p, c.c_float]),
        ):
            getattr(lib, function).restype = result
            getattr(lib, function).argtypes = arguments
        lib.flite_init()
        register = getattr(voice_lib, f"register_cmu_us_{name}")
        register.restype, register.argtypes = c.POINTER(_Voice), [c.c_void_p]
        self.voice = register(None)

    def say(self, text: str, rate: float = 1.0, pitch: float = 1.0) -> Utterance:
        """Speak `text`; `rate` above 1 is faster; flite's pitch is left alone."""
        lib, words = self.lib, text.split()
        lib.feat_set_float(self.voice.contents.features, b"duration_stretch", 1.0 / rate)
        utterance = lib.flite_synth_text(text.encode(), c.cast(self.voice, c.c_void_p))
        wave = lib.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)) / np.float32(32768)
        tokens: dict[int, int] = {}
        token = lib.relation_head(lib.utt_relation(utterance, b"Token"))
        while token:
            tokens[token] = len(tokens)
            token = lib.item_next(token)
        phones: list[tuple[float, float, str]] = []
        spans: dict[int, list[float]] = {}
        start, segment = 0.0, lib.relation_head(lib.utt_relation(utterance, b"Segment"))
        while segment:
            end = lib.item_feat_float(segment, b"end")
            phones.append((start, end, lib.ffeature_string(segment, b"name").decode()))
            owner = lib.path_to_item(segment, b"R:SylStructure.parent.parent.R:Token.parent")
            if owner:
                spans.setdefault(tokens[owner], [start, end])[1] = end
            start, segment = end, lib.item_next(segment)
        lib.delete_utterance(utterance)
        if sorted(spans) != list(range(len(words))):
            raise ValueError(f"flite spoke {len(spans)} of {len(words)} words: {text}")
        return Utterance(samples, phones, [(*spans[i], w) for i, w in enumerate(words)])  # type: ignore[misc]


class _Id(c.Union):
    _fields_ = [("number", c.c_int), ("name", c.c_char_p), ("string", c.c_char * 8)]


class _Event(c.Structure):
    _fields_ = [
        ("type", c.c_int),
        ("unique_identifier", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", _Id),
    ]


_Callback = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_Event))
_WORD, _PHONEME = 1, 7

# espeak-ng's names for the phones of en-us, in the names that flite uses for the same sounds.
ARPABET = {
    "@": "ax", "3": "er", "3:": "er", "@L": "l", "@2": "ax", "@5": "ax", "a": "ae", "aa": "ae",
    "a#": "ax", "A:": "aa", "A@": "aa", "A#": "aa", "A~": "aa", "E": "eh", "e@": "eh", "E#": "ih",
    "E2": "eh", "I": "ih", "I2": "ih", "I#": "ih", "i": "iy", "i:": "iy", "i@": "iy", "i@3": "ih",
    "0": "aa", "O": "ao", "O:": "ao", "O@": "ao", "o@": "ao", "O2": "aa", "O~": "ao", "U": "uh",
    "U@": "uh", "u:": "uw", "V": "ah", "aI": "ay", "aI@": "ay", "aI3": "ay", "aU": "aw", "aU@": "aw",
    "eI": "ey", "oU": "ow", "oU#": "ow", "OI": "oy", "p": "p", "b": "b", "t": "t", "t#": "t",
    "t2": "t", "d": "d", "d#": "d", "k": "k", "g": "g", "f": "f", "v": "v", "T": "th", "D": "dh",
    "s": "s", "z": "z", "z#": "z", "S": "sh", "Z": "zh", "tS": "ch", "dZ": "jh", "h": "hh",
    "m": "m", "m-": "m", "n": "n", "n-": "n", "N": "ng", "l": "l", "l#": "l", "r": "r", "r-": "r",
    "j": "y", "w": "w", "?": "t", "x": "k", "ju": "y", "u": "uw", "o": "ow", "e": "ey",
}  # fmt: skip


class Espeak:
    """espeak-ng's own American English voice."""

    def __init__(self) -> None:
        self.lib = c.CDLL("libespeak-ng.so.1")
        self.lib.espeak_Synth.argtypes = [
            c.c_char_p, c.c_size_t, c.c_uint, c.c_int, c.c_uint, c.c_uint, c.c_void_p, c.c_void_p,
        ]  # fmt: skip
        synchronous, phoneme_events = 2, 1
        self.rate = self.lib.espeak_Initialize(synchronous, 500, None, phoneme_events)
        self.lib.espeak_SetVoiceByName(b"en-us")
        self.audio: list[NDArray[np.int16]] = []
        self.events: list[tuple[int, int, int, int, str]] = []
        self.callback = _Callback(self._receive)  # kept alive: the library holds only its address
        self.lib.espeak_SetSynthCallback(self.callback)

    def _receive(self, wave: c._Pointer[c.c_short], size: int, events: c._Pointer[_Event]) -> int:
        if size > 0:
            self.audio.append(np.ctypeslib.as_array(wave, (size,)).copy())
        index = 0
        while events[index].type != 0:
            e = events[index]
            name = e.id.string.decode("utf-8", "replace") if e.type == _PHONEME else ""
            self.events.append((e.type, e.text_position, e.length, e.audio_position, name))
            index += 1
        return 0

    def say(self, text: str, rate: float = 1.0, pitch: float = 1.0) -> Utterance:
        """Speak `text`; `rate` above 1 is faster, `pitch` above 1 higher."""
        self.audio.clear()
        self.events.clear()
        self.lib.espeak_SetParameter(1, int(175 * rate), 0)
        self.lib.espeak_SetParameter(3, int(min(99, 50 * pitch)), 0)
        data = text.encode() + b"\0"
        self.lib.espeak_Synth(data, len(data), 0, 1, 0, 1, None, None)
        self.lib.espeak_Synchronize()
        raw = np.concatenate(self.audio).astype(np.float32) / 32768
        return Utterance(resample(raw, RATE / self.rate), *self._times(text, len(raw) / self.rate))

    def _times(self, text: str, end: float) -> tuple[list[tuple[float, float, str]], list[tuple[float, float, str]]]:
        """Phones, and words from the start of their first phone: word events come a little early."""
        phones: list[list[object]] = []
        begun: dict[int, float] = {}
        waiting: int | None = None
        for kind, place, _, at, name in self.events:
            if kind == _WORD:
                waiting = place - 1
            elif kind == _PHONEME and (phone := arpabet(name)):
                phones.append([at / 1000, end, phone])
                if waiting is not None and phone != PAUSE:
                    begun[waiting], waiting = at / 1000, None
        for this, after in pairwise(phones):
            this[1] = after[0]
        named = [(float(s), float(e), str(p)) for s, e, p in phones]  # type: ignore[arg-type]
        words: list[list[object]] = []
        place = 0
        for word in text.split():
            place = text.index(word, place)
            words.append([begun.get(place), None, word])
            place += len(word)
        return named, _fill(words, named, end)


def arpabet(name: str) -> str:
    """Name one espeak-ng phone as flite does; a pause has a name too, what makes no sound has none."""
    if name in ARPABET:
        return ARPABET[name]
    if name[:1] in {"_", ""}:
        return PAUSE
    return ARPABET.get(name.strip("'`,%=_:;|"), "")


def _fill(
    words: list[list[object]], phones: list[tuple[float, float, str]], end: float
) -> list[tuple[float, float, str]]:
    """Give each word an end, and words that espeak-ng runs into the one before a share of it."""
    if words[0][0] is None:
        raise ValueError("the first word has no time")
    spoken = [(s, e) for s, e, p in phones if p != PAUSE]
    filled: list[tuple[float, float, str]] = []
    index = 0
    while index < len(words):
        stop = index + 1
        while stop < len(words) and words[stop][0] is None:
            stop += 1
        start = float(words[index][0])  # type: ignore[arg-type]
        until = float(words[stop][0]) if stop < len(words) else end  # type: ignore[arg-type]
        until = max((e for s, e in spoken if start - 0.001 <= s < until - 0.001), default=until)
        group = [str(w[2]) for w in words[index:stop]]
        lengths = np.cumsum([0, *map(len, group)]) / sum(map(len, group))
        edges = start + lengths * (until - start)
        filled += [(float(edges[i]), float(edges[i + 1]), w) for i, w in enumerate(group)]
        index = stop
    return filled


def voice(name: str) -> Flite | Espeak:
    """Open a voice by its name, one of VOICES."""
    return Espeak() if name == "espeak" else Flite(name)

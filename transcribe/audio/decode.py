"""Has a confined process decode an untrusted recording, keeps its samples, and says what was found.

Nothing that a user sent is ever opened by this process beyond the few header bytes that `promise` reads, and no
path or stream of a user goes further than this module.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from transcribe.audio import formats, judge
from transcribe.audio.launcher import launch
from transcribe.audio.promise import Promise, promise
from transcribe.audio.spool import SAMPLE_RATE, Spool
from transcribe.domain import Flaw, FlawKind
from transcribe.errors import NotFound, PasswordNeeded, TooLong, TranscribeError, UnknownFormat, UnusableInput, shown

Samples = NDArray[np.float32]

MAX_SECONDS = 4 * 3600.0
"""No recording may be longer, unless a caller says otherwise."""

_DECODER = Path(__file__).with_name("decoder.py")
_CPU_SECONDS = 60
_CPU_PER_SECOND = 0.1
"""Processor time for a decoder, and for each second of sound that it may give; it needs a hundredth."""

_STALL_SECONDS = 60
"""A decoder from which nothing comes for so long hangs."""

_LONGEST_MESSAGE = 2 * SAMPLE_RATE * 8
_HEADER = struct.Struct(">cI")


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file holds: `declared` is the length its header promises (None if it makes no promise), `decoded` the
    length that could be decoded, `seconds` the length of `samples`, in which missing pieces are silent.

    `heard` are the channels that are listened to, `flaws` what is wrong.
    """

    container: str
    codec: str
    declared: float | None
    decoded: float
    seconds: float
    bad_frames: int
    levels: tuple[judge.ChannelLevel, ...]
    heard: tuple[int, ...]
    flaws: tuple[Flaw, ...]
    samples: Spool = field(repr=False)


def inspect(path: Path, *, most_seconds: float = MAX_SECONDS, password: str = "", called: str = "") -> Recording:
    """Decode the file at `path` and say what it holds; what is damaged is decoded as far as it can be.

    `password` is for encrypted DS2, `called` the name that a person gave the file, where `path` has another.
    Raises `NotFound` for a missing file, `UnknownFormat` for one that is no recording or cannot be read here,
    `TooLong`, `PasswordNeeded`, and `UnusableInput` for one that holds no sound.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {shown(str(path))}.")
    name = shown(path.name)
    try:
        file = path.open("rb", buffering=0)  # The decoder goes on where this process stops reading.
    except OSError as error:
        raise UnusableInput(f"{name} cannot be read: {error.strerror}.") from error
    with file:
        if not os.fstat(file.fileno()).st_size:
            raise UnusableInput(f"{name} is empty: it has no bytes at all.")
        head = file.read(formats.HEAD_BYTES)
        refuse_format(name, head)
        if formats.is_encrypted(head) and not password:
            raise PasswordNeeded(
                f"{name} is an encrypted DS2 dictation; it needs the password that the recorder was given."
            )
        promised = promise(file)
        done = _decode(name, file, head, promised, most_seconds, password)
    return _recording(done, promised, called or path.name)


def blocks(recording: Recording) -> Iterator[Samples]:
    """The recording as blocks of one second, each a float32 array of shape (samples,) at 16 kHz; the last is shorter.

    It is the sum of the channels that `judge` found worth hearing, never of channels that say the same or cancel.
    """
    for block in recording.samples.blocks():
        chosen = block[:, list(recording.heard)].astype(np.float32).sum(axis=1, dtype=np.float32)
        yield np.clip(chosen / np.float32(32768), np.float32(-1), np.float32(1))


@dataclass(slots=True)
class _Done:
    """What has come from a decoder so far."""

    spool: Spool | None = None
    about: dict[str, Any] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)


def refuse_format(name: str, head: bytes) -> None:
    """Raise `UnknownFormat` for what a glance at the first bytes shows to be unusable here."""
    if found := formats.refused_format(head):
        what, way_out = found
        raise UnknownFormat(f"{name} is not a recording that can be read: it is {what}; {way_out}.")
    if formats.wants_dictation_codec(head) and not formats.has_dictation_codec():
        kind = "DS2" if formats.is_ds2(head) else "DSS"
        raise UnknownFormat(
            f"{name} is a {kind} dictation of a kind that needs a decoder which is not installed: "
            "pip install 'transcribe-dictation[ds2]', or export it as WAV or MP3 in the dictation software."
        )


def _decode(name: str, file: IO[bytes], head: bytes, promised: Promise, most_seconds: float, password: str) -> _Done:
    """Everything a decoder gives for `file`."""
    dictation_codec = formats.wants_dictation_codec(head) and formats.has_dictation_codec()
    orders = {
        "dss": dictation_codec,
        "most_seconds": most_seconds,
        "password": password,
        "options": promised.options,
    }
    libraries = ("av", formats.DICTATION_CODEC) if dictation_codec else ("av",)
    file.seek(0)
    cpu_seconds = int(_CPU_SECONDS + _CPU_PER_SECOND * most_seconds)
    with launch(_DECODER, file=file, cpu_seconds=cpu_seconds, orders=orders, libraries=libraries) as process:
        try:
            done, refused = _received(process, time.monotonic() + 3 * cpu_seconds, most_seconds)
        finally:
            process.kill()
    if refused:
        raise _refusal(name, head, refused, most_seconds)
    if done.spool is None or not done.spool.count:
        raise UnusableInput(f"{name} holds no sound: decoding it failed before one sample was there.")
    return done


def _received(process: subprocess.Popen[bytes], deadline: float, most_seconds: float) -> tuple[_Done, dict[str, Any]]:
    """What the decoder says until it ends, and its refusal. Its messages are checked: it may be in a user's hands."""
    done = _Done()
    for kind, content in _messages(process, deadline):
        if kind == b"S" and done.spool is not None and not len(content) % (2 * done.spool.channels):
            done.spool.append(content)
            if done.spool.seconds > most_seconds + 1:
                return done, {"refused": "too_long"}
        elif kind == b"H" and done.spool is None:
            done.about = _facts(content)
            done.spool = Spool(min(8, max(1, int(_number(done.about, "channels")))))
        elif kind == b"R":
            done.report = _facts(content)
            break
        elif kind == b"E":
            return done, {"refused": "unreadable", **_facts(content)}
        else:
            break
    return done, {}


def _messages(process: subprocess.Popen[bytes], deadline: float) -> Iterator[tuple[bytes, bytes]]:
    """The messages of a decoder until it ends, hangs, takes too long or breaks the form."""
    held = bytearray()
    assert process.stdout is not None
    handle = process.stdout.fileno()
    waiting = select.poll()
    waiting.register(handle, select.POLLIN | select.POLLHUP)
    while time.monotonic() < deadline and waiting.poll(1000 * _STALL_SECONDS):
        received = os.read(handle, 1 << 20)
        if not received:
            return
        held += received
        at = 0
        while len(held) - at >= _HEADER.size:
            kind, length = _HEADER.unpack_from(held, at)
            if length > _LONGEST_MESSAGE:
                return
            end = at + _HEADER.size + length
            if len(held) < end:
                break
            yield kind, bytes(held[at + _HEADER.size : end])
            at = end
        del held[:at]


def _facts(content: bytes) -> dict[str, Any]:
    try:
        facts = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _number(facts: dict[str, Any], key: str) -> float:
    """A number that a decoder told; 0 for what is none."""
    return _finite(facts.get(key))


def _finite(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value >= 0 else 0.0


def _gaps(report: dict[str, Any], seconds: float) -> list[tuple[float, float]]:
    """The gaps that a decoder told, as far as they lie in the recording."""
    gaps = report.get("gaps")
    pairs = gaps if isinstance(gaps, list) else []
    told = [(_finite(pair[0]), _finite(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return [(at, missing) for at, missing in told if at + missing <= seconds + 1]


def _name(facts: dict[str, Any], key: str) -> str:
    """A format or codec that a decoder named, as a short plain word."""
    return "".join(each for each in str(facts.get(key, ""))[:40] if each.isascii() and (each.isalnum() or each in "_,"))


def _refusal(name: str, head: bytes, refused: dict[str, Any], most_seconds: float) -> TranscribeError:
    """Why a decoder gave nothing, as a sentence."""
    found = _name(refused, "found")
    reason = refused["refused"]
    if reason == "too_long":
        says = f"says that it is {float(found) / 3600:.1f} hours long" if found.isdecimal() else "is longer"
        return TooLong(f"{name} {says}; at most {most_seconds / 3600:.3g} hours are accepted: send it in parts.")
    if reason == "password":
        return PasswordNeeded(f"{name} is an encrypted DS2 dictation, and this is not its password.")
    if reason == "codec":
        return UnknownFormat(f"{name} holds sound in the format {found}, which is not accepted; {formats.way_out()}.")
    if reason in ("rate", "channels"):
        unit = "samples a second" if reason == "rate" else "channels"
        return UnusableInput(f"{name} has a damaged header: it claims {found} {unit}.")
    if reason == "no_audio":
        return UnusableInput(f"{name} holds no audio track.")
    if reason == "no_sound":
        return UnusableInput(f"{name} holds no sound: not one sample could be decoded.")
    if formats.is_ds2(head):
        return UnusableInput(
            f"{name} is a DS2 dictation that cannot be decoded: it is damaged, or of a kind too new; send it again, or "
            "export it as WAV or MP3 in the dictation software."
        )
    if claimed := formats.decoded_format(head):
        return UnusableInput(
            f"{name} is not a recording that can be read: it begins like {claimed}, but what is needed to decode it is "
            "damaged or missing; send it again from the recorder."
        )
    return UnknownFormat(f"{name} is not a recording that can be read: its format is unknown; {formats.way_out()}.")


def _recording(done: _Done, promised: Promise, called: str) -> Recording:
    """What was decoded, judged."""
    spool, about, report = done.spool, done.about, done.report
    assert spool is not None
    if promised.exact and promised.seconds is not None:
        spool.shorten(round(promised.seconds * SAMPLE_RATE))
    decoded = min(_number(report, "decoded") or spool.seconds, spool.seconds)
    said = _number(about, "declared") or None
    transfer = judge.Transfer(
        declared=promised.seconds if promised.seconds is not None else None if promised.guessed else said,
        guessed=said,
        decoded=decoded,
        seconds=spool.seconds,
        gaps=_gaps(report, spool.seconds),
        cut=promised.cut or not report or bool(report.get("broken_end")),
        lying=promised.lying,
    )
    sound = judge.measure(spool)
    container = _name(about, "container")
    flaws = (*judge.transfer_flaws(transfer), *judge.sound_flaws(sound))
    if held := formats.misnamed(called, container):
        reason = f"the file is called .{called.rpartition('.')[2].lower()} and holds {held}; it was read as that"
        flaws = (*flaws, Flaw(FlawKind.MISNAMED, 0.0, reason))
    return Recording(
        container=container,
        codec=_name(about, "codec"),
        declared=transfer.declared,
        decoded=decoded,
        seconds=spool.seconds,
        bad_frames=int(_number(report, "bad")),
        levels=sound.levels,
        heard=judge.heard_channels(sound),
        flaws=flaws,
        samples=spool,
    )

"""Untrusted bytes become checked samples: 16 kHz, one channel, float32, in blocks of flat memory."""

from transcribe.audio.decode import MAX_SECONDS, Recording, blocks, inspect, refuse_format
from transcribe.audio.judge import ChannelLevel
from transcribe.audio.launcher import Sandbox, sandbox
from transcribe.audio.listen import PEAKS_A_SECOND, peaks, playable
from transcribe.audio.spool import SAMPLE_RATE

__all__ = [
    "MAX_SECONDS",
    "PEAKS_A_SECOND",
    "SAMPLE_RATE",
    "ChannelLevel",
    "Recording",
    "Sandbox",
    "blocks",
    "inspect",
    "peaks",
    "playable",
    "refuse_format",
    "sandbox",
]

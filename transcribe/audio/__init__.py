"""Untrusted bytes become checked samples: 16 kHz, one channel, float32, in blocks of flat memory."""

from transcribe.audio.decode import SAMPLE_RATE, ChannelLevel, Recording, blocks, inspect

__all__ = ["SAMPLE_RATE", "ChannelLevel", "Recording", "blocks", "inspect"]

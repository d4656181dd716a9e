"""The clinic's own Word template filled with a report, by a limited process that holds nothing but the two."""

from transcribe.document.letterhead.desk import Desk, Examined

__all__ = ["Desk", "Examined"]

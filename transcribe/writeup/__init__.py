"""The write-up: heard words become the text a transcriptionist would type."""

from transcribe.writeup.write import VERSION, as_written, write_up

__all__ = ["VERSION", "as_written", "write_up"]

"""The write-up: heard words become the text a transcriptionist would type."""

from transcribe.writeup.hotwords import hot_words
from transcribe.writeup.wordbook import Style, Wordbook, read_wordbook
from transcribe.writeup.write import VERSION, as_written, write_up

__all__ = ["VERSION", "Style", "Wordbook", "as_written", "hot_words", "read_wordbook", "write_up"]

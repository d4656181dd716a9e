"""Use cases with state: what happens to a dictation between its arrival and its draft."""

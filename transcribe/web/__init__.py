"""The HTTP side: receives dictations, tells how far they are, hands results out. State is in transcribe.service."""

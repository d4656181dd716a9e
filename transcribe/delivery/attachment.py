"""A finished file on its way out, with what it is."""

from __future__ import annotations

from dataclasses import dataclass

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Attachment:
    """The bytes of a file and their media type."""

    content: bytes
    media_type: str

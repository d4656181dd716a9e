"""The report as a Word document in the house layout; the only place that knows python-docx."""

from __future__ import annotations

from transcribe.domain import Report


def render(report: Report) -> bytes:
    """The report as a .docx file; the same report gives the same bytes.

    Every line of `report.text` is a paragraph of its own, unchanged but for characters that XML cannot hold, each of
    which becomes U+FFFD. A draft says so on every page and ends with a sheet for the editor and the coder.
    """
    from transcribe.document.layout import lay_out  # noqa: PLC0415 - python-docx is heavy: loaded when it is used

    return lay_out(report)

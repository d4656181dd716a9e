"""The report as a Word document in the house layout; the only place that knows python-docx."""

from __future__ import annotations

from transcribe.domain import Report


def render(report: Report, *, codes_page: bool = False) -> bytes:
    """The report as a .docx file; the same report gives the same bytes.

    Every line of `report.text` is a paragraph of its own, unchanged but for characters that XML cannot hold, each of
    which becomes U+FFFD. Until it is signed every page says so; a draft ends with a sheet for the editor and the
    coder, and with `codes_page` another report ends with its accepted codes. The SHA-256 of the text stands in the
    document's properties, and in print from the release on.
    """
    from transcribe.document.layout import lay_out  # noqa: PLC0415 - python-docx is heavy: loaded when it is used

    return lay_out(report, codes_page=codes_page)

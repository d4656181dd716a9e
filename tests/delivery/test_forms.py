"""Every form of a report can be had by its name, and is the same each time."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from tests.delivery.examples import signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.delivery.forms import FORMS, export
from transcribe.errors import UsageError

NOW = datetime(2026, 5, 19, 9, 0, tzinfo=UTC)
PLAIN = [form for form in FORMS if form != "pdf"]


@pytest.mark.parametrize("form", PLAIN)
def test_form_is_made_and_made_again(form: str) -> None:
    """Each form is something, of the kind it says, and the same when it is made again."""
    made = export(signed(), form, NOW)
    assert made == export(signed(), form, NOW)
    assert made.content
    if "json" in made.media_type:
        assert json.loads(made.content)


def test_other_forms_are_told() -> None:
    """A form that there is not is refused with those there are."""
    with pytest.raises(UsageError, match="docx, pdf, json"):
        export(signed(), "odt", NOW)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_text_is_an_error(text: str) -> None:
    """Whatever stands in every field, every form can be made."""
    for form in PLAIN:
        if form != "docx":  # Proven with its reader.
            assert export(with_everywhere(text), form, NOW).content


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_pdf_is_a_form() -> None:
    """A PDF is made where LibreOffice is, and for the archive where that is asked for."""
    assert b"pdfaid" in export(signed(), "pdf", NOW, archival=True).content

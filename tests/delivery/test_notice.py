"""An e-mail says that there is something to read, and nothing else."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from tests.naughty import TEXTS
from transcribe.delivery.notice import notice
from transcribe.errors import UsageError


def test_notice_names_report_and_link_only() -> None:
    """Another reader finds the id, the link and the addresses."""
    made = notice(sender="no-reply@example.org", to="a.b@example.org", link="https://x.example.org/r/1", identity="R-1")
    read = message_from_bytes(bytes(made), policy=policy.default)
    assert (read["To"], read["Subject"]) == ("a.b@example.org", "A report is ready")
    assert read.get_content() == "Report R-1 is ready. Sign in to read it:\n\nhttps://x.example.org/r/1\n"


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_no_header_can_be_forged(text: str) -> None:
    """What is no address or link is refused, whatever it holds."""
    good = {"sender": "a@example.org", "to": "b@example.org", "link": "https://x.example.org", "identity": "1"}
    for key in ("sender", "to", "link"):
        with pytest.raises(UsageError):
            notice(**{**good, key: text})
    with pytest.raises(UsageError):
        notice(**{**good, "identity": f"1 {text}"})

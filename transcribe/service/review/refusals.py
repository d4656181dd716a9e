"""How the review room refuses: each says what a program needs beyond the sentence, in `more`."""

from __future__ import annotations

from typing import Any

from transcribe.errors import NotAllowed, UsageError


class Overtaken(UsageError):
    """Somebody saved in the meantime; `more` holds "theirs", the report as it is now."""

    def __init__(self, theirs: dict[str, Any]) -> None:
        super().__init__("Somebody else saved this report in the meantime: compare the two texts and save again.")
        self.more = {"theirs": theirs}


class Claimed(NotAllowed):
    """Somebody else is at work on the job; `more` holds "claim", who and until when."""

    def __init__(self, claim: dict[str, Any]) -> None:
        super().__init__(f"{claim['name'] or 'Somebody else'} is working on this report.")
        self.more = {"claim": claim}


class WrongState(UsageError):
    """The job is not in a state in which this can be done."""

    more: dict[str, Any] = {}  # noqa: RUF012 - never changed


class Unchecked(WrongState):
    """Critical checks are open; `more` holds "checks", the marks that name them."""

    def __init__(self, checks: list[dict[str, Any]]) -> None:
        super().__init__("Critical checks are open: correct the text, or say why it is released despite them.")
        self.more = {"checks": checks}

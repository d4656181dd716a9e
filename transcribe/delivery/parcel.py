"""One report on its way to one target: what happened to it, under which id it is told, and its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transcribe.delivery import folder, forms, webhook
from transcribe.delivery.attachment import Attachment
from transcribe.domain import Report


class Happened(StrEnum):
    """What a target is told of a report."""

    SIGNED = "signed"
    REPLACED = "replaced"
    """A newer version takes the place of one that was sent before."""
    ADDENDUM = "addendum"
    CANCELLED = "cancelled"
    """What was sent before does not count any more: it was another patient's, say."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """`message_id` and `made_at` are the same however often it is sent; `render` makes the DOCX; `reason` is why."""

    report: Report
    happened: Happened
    message_id: str
    made_at: datetime
    render: Callable[[Report], bytes]
    archival: bool = False
    reason: str = ""

    def file(self, form: str) -> Attachment:
        """The report in one of `forms.FORMS`."""
        return forms.export(self.report, form, self.made_at, archival=self.archival, render=self.render)

    def notice(self) -> bytes:
        """What happened, as JSON without a word of the patient."""
        return webhook.message(self.report, f"report.{self.happened}", self.message_id)

    def files(self, names: str, wanted: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Path and content of each file for a folder; of a report that does not count any more only a note of that."""
        if self.happened is Happened.CANCELLED:
            yield folder.name(names, self.report, "cancelled.json"), self.notice()
            return
        for form in wanted:
            ending = forms.SUFFIXES.get(form, form)
            yield folder.name(names, self.report, ending), self.file(form).content

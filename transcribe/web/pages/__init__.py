"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import (
    account,
    audit,
    figures,
    frame,
    join,
    outgoing,
    people,
    queue,
    reports,
    settings,
    signing,
    system,
    uploads,
    words,
)

_PAGES = (
    frame, uploads, queue, signing, reports, outgoing, figures, settings, words, system, join, account, people, audit,
)  # fmt: skip

ROUTERS = tuple(each.router for each in _PAGES)

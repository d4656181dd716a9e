"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import (
    account,
    audit,
    figures,
    frame,
    join,
    people,
    queue,
    reports,
    settings,
    signing,
    system,
    uploads,
    words,
)

ROUTERS = tuple(
    each.router
    for each in (
        frame, uploads, queue, signing, reports, figures, settings, words, system, join, account, people, audit,
    )
)  # fmt: skip

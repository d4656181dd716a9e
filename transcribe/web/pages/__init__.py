"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import (
    account,
    audit,
    frame,
    join,
    people,
    queue,
    reports,
    settings,
    signing,
    uploads,
    words,
)

ROUTERS = tuple(
    each.router for each in (frame, uploads, queue, signing, reports, settings, words, join, account, people, audit)
)

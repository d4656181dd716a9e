"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import account, audit, frame, join, outgoing, people, reports, settings, uploads, words

ROUTERS = tuple(
    each.router for each in (frame, uploads, reports, outgoing, settings, words, join, account, people, audit)
)

"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import account, audit, frame, join, people, uploads

ROUTERS = (frame.router, uploads.router, join.router, account.router, people.router, audit.router)

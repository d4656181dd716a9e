"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import frame, reports, uploads

ROUTERS = (frame.router, uploads.router, reports.router)

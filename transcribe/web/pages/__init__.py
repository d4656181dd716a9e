"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

from transcribe.web.pages import frame, uploads

ROUTERS = (frame.router, uploads.router)

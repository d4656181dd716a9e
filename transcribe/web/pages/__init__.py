"""The pages around the editor: sending, the queue, signing, finished reports, settings and figures."""

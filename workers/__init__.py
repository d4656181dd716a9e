"""Processes that pull dictations through the pipeline; the only place that knows Celery."""

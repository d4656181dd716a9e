"""The Celery instance, with a reason on every setting."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging, worker_process_init, worker_ready

from transcribe import logs
from transcribe.settings import Settings
from workers import alive

QUEUES = ("speech", "text")
"""What is waited for: hearing and the text half need different machines."""

NICER = 5
"""How much workers stand back behind the web service, which a person waits for."""


# Celery warns root of messages that run code when they are read; none is accepted here.
warnings.filterwarnings("ignore", category=SecurityWarning)


def broker(settings: Settings) -> dict[str, Any]:
    """The broker that the settings name, else the private Redis of a running `serve`, else a folder of messages."""
    if settings.broker_url:
        return _known(settings.broker_url)
    if settings.private_broker.is_socket():
        return _known(f"redis+socket://{settings.private_broker}")
    folder = settings.data_dir / "broker" / "messages"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "broker_url": "filesystem://here",
        "broker_transport": "workers.folder:Transport",
        # Looked at five times a second: a directory listing costs less than a person notices of the delay.
        "broker_transport_options": {"folder": str(folder), "polling_interval": 0.2},
    }


def _known(url: str) -> dict[str, Any]:
    """The settings of a broker that is a server."""
    if url.startswith("redis"):
        options = {
            # A message is taken off the queue before the work begins, so what is unacknowledged for an hour is the
            # remains of a worker that died while it reserved. All three places must agree.
            "visibility_timeout": 3600,
            # A broker that does not answer must not hold up whoever rings.
            "socket_connect_timeout": 3,
            "socket_timeout": 10,
            "socket_keepalive": True,
            "health_check_interval": 15,
        }
        # A worker takes the next message when it is free, and not while it is busy; only Redis can do it.
        return {"broker_url": url, "broker_transport_options": options, "worker_disable_prefetch": True}
    # RabbitMQ drops messages silently when it is short of resources, unless each is confirmed.
    return {"broker_url": url, "broker_transport_options": {"confirm_publish": True}}


def make_app(settings: Settings) -> Celery:
    """A Celery instance for these settings."""
    app = Celery("transcribe", set_as_current=False)
    app.conf.update(
        **broker(settings),
        # A message holds one opaque id; nothing else may travel, and nothing that can run code when it is read.
        task_serializer="json",
        accept_content=["json"],
        # What came of a step stands in the database; a result backend could only disagree.
        task_ignore_result=True,
        # SQL is the queue of record, so a message may be lost and sent again. It must not come back by itself while a
        # long dictation is still being heard, and a file that kills its worker must not be handed to the next.
        task_acks_late=False,
        task_reject_on_worker_lost=False,
        # A worker that reserves more than it works on makes others wait behind it.
        worker_prefetch_multiplier=1,
        # A connection that the broker has dropped meanwhile is opened again once. Whoever rings has something better
        # to do than to wait longer; the sweep rings again.
        task_publish_retry=True,
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
        # Nobody asks workers questions over the broker: rows tell what each does, and every worker would listen to,
        # and leave traces of, one more queue of its own.
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        # A worker that starts before its broker waits for it, and one that loses it waits for ever.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Two connections are enough for a process that rings now and then.
        broker_pool_limit=2,
        # Logs are the product's own, see logs.py; what a task prints goes nowhere else.
        worker_redirect_stdouts=False,
        worker_hijack_root_logger=False,
        # The memory that libraries do not give back returns to the system now and then.
        worker_max_tasks_per_child=200,
        # No soft shutdown: it sleeps its whole time even when the last step is done after a second. SIGTERM lets
        # running steps end, and whoever sent it (the supervisor, a container) bounds the wait; what is cut off
        # then is taken up by another worker when its lease ends.
        worker_soft_shutdown_timeout=0,
        timezone="UTC",
    )
    return app


@setup_logging.connect  # type: ignore[untyped-decorator] # Celery ships no types
def _own_logs(**_: object) -> None:
    """Keep Celery from setting up logs of its own."""
    logs.configure(Settings().log_format, part="worker")


@worker_ready.connect  # type: ignore[untyped-decorator]
def _say_alive(sender: Any, **_: object) -> None:
    """Touch the file that says the worker's loop turns, now and again and again."""
    name = sender.hostname.partition("@")[0]
    alive.touch(name)
    sender.timer.call_repeatedly(alive.EVERY_SECONDS, alive.touch, (name,))


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _begin_process(**_: object) -> None:
    """A process of the pool stands back behind the web service, and ends with the worker that forked it."""
    os.nice(NICER)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True, name="orphan watch").start()


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: nobody would read its result, and it holds a recogniser in memory."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)

"""Where messages travel, and what they hold."""

from __future__ import annotations

import json
import socket
import threading
from base64 import b64decode
from pathlib import Path
from queue import Empty

import pytest

from transcribe.settings import Settings
from workers.app import broker, make_app
from workers.ring import ring_of

JOB = "0123456789abcdef0123456789abcdef"


def test_the_settings_decide_then_a_private_redis_then_a_folder(tmp_path: Path) -> None:
    """The private Redis counts while its socket is there."""
    named = Settings(data_dir=tmp_path, broker_url="amqp://somewhere")
    assert broker(named)["broker_url"] == "amqp://somewhere"
    assert broker(named)["broker_transport_options"] == {"confirm_publish": True}
    unnamed = Settings(data_dir=tmp_path, broker_url="")
    assert broker(unnamed)["broker_url"].startswith("filesystem:")
    unnamed.private_broker.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(unnamed.private_broker))
        assert broker(unnamed)["broker_url"] == f"redis+socket://{unnamed.private_broker}"


def test_a_message_holds_an_id_and_nothing_else_of_a_job(tmp_path: Path) -> None:
    """Whoever reads the broker learns an id and the name of a queue."""
    ring_of(make_app(Settings(data_dir=tmp_path, broker_url="")))("speech", JOB)
    (path,) = (tmp_path / "broker" / "messages").iterdir()
    message = json.loads(path.read_text())
    args, kwargs, _ = json.loads(b64decode(message["body"]))
    assert (args, kwargs) == ([JOB], {})
    assert message["headers"]["task"] == "transcribe.speech"


def test_of_many_readers_each_message_has_one(tmp_path: Path) -> None:
    """Messages come in the order they were sent, each once, and leave nothing behind."""
    app = make_app(Settings(data_dir=tmp_path, broker_url=""))
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        for number in range(200):
            channel._put("speech", {"number": number})
            channel._put("text", {"number": -1})
        assert channel._size("speech") == 200
        got: list[list[int]] = [[], []]

        def read(mine: list[int]) -> None:
            while True:
                try:
                    mine.append(channel._get("speech")["number"])
                except Empty:
                    return

        readers = [threading.Thread(target=read, args=(mine,)) for mine in got]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        assert sorted(got[0] + got[1]) == list(range(200))
        assert all(mine == sorted(mine) for mine in got)
        assert channel._purge("text") == 200
        with pytest.raises(Empty):
            channel._get("text")
    assert list((tmp_path / "broker" / "messages").iterdir()) == []


def test_a_broker_that_is_away_is_no_error(tmp_path: Path) -> None:
    """Ringing returns, as the sweep will ring again."""
    app = make_app(Settings(data_dir=tmp_path, broker_url=f"redis+socket://{tmp_path}/nobody.sock"))
    ring_of(app)("speech", JOB)

"""The commands that speak to a server, against one that runs in a process of its own and may die."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import docx
import pytest
from sqlalchemy import select

from tests.web.drafts import plain_draft
from transcribe.service.house import House, open_house
from transcribe.service.identity import accounts
from transcribe.settings import Settings
from transcribe.store import jobs as queue
from transcribe.store.engine import now, reading, transaction
from transcribe.store.reports import Draft, Version
from transcribe.store.tables import Dictation, State

pytestmark = pytest.mark.slow  # Each command is a process of its own.

CONTRACT = {"job", "state", "reason", "progress", "priority", "due", "drafts", "attempts", "work_type"}


@dataclass
class Server:
    """A server in a process of its own."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    port: str = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.web.server", str(self.folder), *([self.port] if self.port else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        self.port = self.process.stdout.readline().strip()

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.communicate()

    def cli(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The command line, started."""
        given = {
            "TRANSCRIBE_URL": f"http://127.0.0.1:{self.port}",
            "TRANSCRIBE_DEMO": "1",
            "TRANSCRIBE_DATA_DIR": str(self.folder.parent / "client"),
            "TRANSCRIBE_CACHE_DIR": str(self.folder.parent / "cache"),
        }
        command = [sys.executable, "-c", "from transcribe.cli import main; main()", *arguments]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **given, **environment},
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr of a command."""
        process = self.cli(*arguments, **environment)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "data")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def house(server: Server) -> Iterator[House]:
    house = open_house(Settings(data_dir=server.folder))
    yield house
    house.close()


def test_submit_status_and_export_speak_as_promised(server: Server, house: House, tmp_path: Path) -> None:
    """The JSON of submit and status is the contract's; the header beside a recording travels; export writes a file."""
    first, second = tmp_path / "take 1.wav", tmp_path / "b.wav"
    first.write_bytes(b"sound")
    first.with_suffix(".toml").write_text(
        'work_type = "letter"\ncopies_to = ["A", "B"]\ndate_of_service = 2026-03-03\n'
    )
    second.write_bytes(b"sound")
    sent = server.run("submit", str(first), str(second), "--json", "--patient", "Doe, Jane", "--stat")
    assert sent[0] == 0, sent
    rows = json.loads(sent[1])
    assert [row["file"] for row in rows] == [str(first), str(second)]
    assert rows[0].keys() == {"file", "job", "duplicate_of"}
    assert (rows[0]["duplicate_of"], rows[1]["duplicate_of"]) == (None, rows[0]["job"])
    job = rows[0]["job"]
    with reading(house.engine) as session:
        header = session.execute(select(Dictation.header).join(queue.Job).where(queue.Job.id == job)).scalar_one()
    assert header == {
        "patient": "Doe, Jane", "clinic": "Demo Clinic", "copies_to": ["A", "B"], "work_type": "letter", "stat": True,
        "setting": "outpatient", "date_of_service": "2026-03-03",
    }  # fmt: skip

    listed = json.loads(server.run("status", "--json")[1])
    assert {row["job"] for row in listed} >= {row["job"] for row in rows}
    one = json.loads(server.run("status", job, "--json")[1])
    assert len(one) == 1
    assert one[0].keys() >= CONTRACT
    assert (one[0]["state"], one[0]["priority"], one[0]["work_type"]) == ("queued", "stat", "letter")

    early = server.run("export", job, "--to", "docx", "--out", str(tmp_path / "x.docx"))
    assert early[0] == 4
    assert not (tmp_path / "x.docx").exists()
    _draft(house, job)
    assert server.run("export", job, "--out", str(tmp_path))[0] == 0
    assert "no chest pain" in "\n".join(each.text for each in docx.Document(tmp_path / f"{job}.docx").paragraphs)
    exported = json.loads(server.run("export", job, "--to", "json", "--out", "-")[1])
    assert exported.items() >= plain_draft().items()
    assert server.run("status", job, "--watch")[0] == 0


def _draft(house: House, job: str) -> None:
    with transaction(house.engine) as session:
        row = queue.locked(session, job)
        body = house.blobs.put(row.clinic_id, job, json.dumps(plain_draft()).encode())
        moment = now(session)
        made = Draft(job_id=job, clinic_id=row.clinic_id, pipeline="p", body=body, created_at=moment)
        session.add(made)
        session.flush()
        session.add(
            Version(
                job_id=job,
                clinic_id=row.clinic_id,
                number=1,
                draft_id=made.id,
                body=body,
                reading=body,
                created_at=moment,
            )
        )
        row.state = State.IN_REVIEW


def test_refusals_have_their_exit_status(server: Server, house: House, tmp_path: Path) -> None:
    """2 usage, 3 unusable, 4 not found, 6 not allowed; the other recordings are sent all the same."""
    empty, good = tmp_path / "empty.wav", tmp_path / "good.wav"
    empty.write_bytes(b"")
    good.write_bytes(b"good")
    status, out, err = server.run("submit", str(empty), str(tmp_path / "none.wav"), str(good), "--json")
    assert status == 3
    assert "empty" in err
    rows = json.loads(out)
    assert [row["job"] is None for row in rows] == [True, True, False]
    assert [row.get("error", {}).get("code") for row in rows] == ["unusable_input", "not_found", None]
    assert server.run("submit", str(good), "--work-type", "poem")[0] == 2
    assert server.run("status", "0" * 32)[0] == 4
    assert server.run("export", "0" * 32, "--to", "exe")[0] == 2
    assert server.run("status", TRANSCRIBE_TOKEN="wrong")[0] == 6
    assert server.run("status", TRANSCRIBE_DEMO="0")[0] == 6
    token = accounts.add_token(house, accounts.find_clinic(house, "Demo Clinic"), "t", "clinic")
    assert server.run("submit", str(good), TRANSCRIBE_TOKEN=token)[0] == 6
    sender = accounts.add_token(house, accounts.find_clinic(house, "Demo Clinic"), "s", "transcriptionist")
    assert server.run("submit", str(good), "--clinic", "Elsewhere", TRANSCRIBE_TOKEN=sender)[0] == 4


def test_headers_come_from_lists_messages_and_names(server: Server, house: House, tmp_path: Path) -> None:
    """Submit fills them and refuses a recording that two sources give to two patients; the others are sent."""
    (tmp_path / "list.csv").write_text("mrn,name\n1002,Edgar Placeholder\n1003,Jane Doe\n")
    first, second = tmp_path / "1002_Okonedo.wav", tmp_path / "1003_Okonedo.wav"
    for path in (first, second):
        path.write_bytes(path.name.encode())
    second.with_suffix(".toml").write_text('patient = "Edgar Placeholder"\n')
    options = ("--headers", str(tmp_path / "list.csv"), "--pattern", "{record_number}_{author}", "--json")
    status, out, _ = server.run("submit", str(first), str(second), *options)
    assert status == 3
    sent, refused = json.loads(out)
    assert refused["error"]["code"] == "unusable_input"
    header = header_of(house, sent["job"])
    assert (header["patient"], header["author"]) == ("Edgar Placeholder", "Okonedo")
    text = tmp_path / "text.wav"
    text.write_text("Dictated but not read. " * 9)
    answer = json.loads(server.run("submit", str(text), "--json")[1])[0]
    assert answer["error"]["code"] == "unknown_format"


def header_of(house: House, job: str) -> dict[str, object]:
    with reading(house.engine) as session:
        found = session.execute(select(Dictation.header).join(queue.Job).where(queue.Job.id == job)).scalar_one()
    return dict(found)


def test_a_watched_folder_is_sent(server: Server, house: House, tmp_path: Path) -> None:
    """Good ones leave the folder as jobs, what came twice is told, bad ones are set aside; names are not printed."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1002.wav").write_bytes(b"the sound of 1002")
    (folder / "1002.hl7").write_text("MSH|^~\\&|X\rPID|1||1002||Placeholder^Edgar\r")
    (folder / "2000.wav").write_bytes(b"the sound of 1002")
    (folder / "Doe.wav").write_text("Dictated but not read. " * 9)
    watching = server.cli("watch", str(folder), "--pattern", "{record_number}", "--poll", "0.2", "--settled", "0.3")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (any(folder.glob("*.wav")) or any(folder.glob("taken/*"))):
        assert watching.poll() is None
        time.sleep(0.1)
    watching.terminate()
    out, err = watching.communicate(timeout=30)
    assert watching.returncode == 0, err
    first, second = out.splitlines()
    assert second.endswith(f"(the same recording as {first})")
    header = header_of(house, first)
    assert (header["patient"], header["record_number"]) == ("Edgar Placeholder", "1002")
    (reason,) = folder.glob("set-aside/*/reason.txt")
    assert reason.read_text().startswith("unknown_format: ")
    assert (reason.parent / "Doe.wav").is_file()
    assert "Doe" not in out + err
    assert sorted(each.name for each in folder.rglob("*.*")) == ["Doe.wav", "reason.txt"]


def test_a_watched_folder_waits_when_nobody_may_send(server: Server, house: House, tmp_path: Path) -> None:
    """A wrong token ends it at once; a role that may not send, or a foreign clinic, sets nothing aside."""
    assert server.run("watch", str(tmp_path), TRANSCRIBE_TOKEN="wrong")[0] == 6
    assert server.run("watch", str(tmp_path / "none"))[0] == 4
    (tmp_path / "a.wav").write_bytes(b"sound")
    token = accounts.add_token(house, accounts.find_clinic(house, "Demo Clinic"), "w", "transcriptionist")
    watching = server.cli(
        "watch", str(tmp_path), "--clinic", "Elsewhere", "--poll", "0.2", "--settled", "0", TRANSCRIBE_TOKEN=token
    )
    assert watching.stderr
    assert "Recordings wait" in watching.stderr.readline()
    watching.terminate()
    watching.communicate(timeout=30)
    assert (tmp_path / "a.wav").read_bytes() == b"sound"
    assert not (tmp_path / "set-aside").exists()


def test_an_upload_outlives_server_and_sender(server: Server, house: House, tmp_path: Path) -> None:
    """The server is killed while bytes come, and the sender too: sent again it goes on, and there is one whole job."""
    large = tmp_path / "large.wav"
    large.write_bytes(os.urandom(1024 * 1024) * 120)
    sending = server.cli("submit", str(large), "--json")
    _wait_for_bytes(server, sending)
    server.kill()
    time.sleep(1)
    sending.kill()
    sending.communicate()
    again = server.cli("submit", str(large), "--json")
    time.sleep(1)
    server.start()
    out, err = again.communicate(timeout=240)
    assert again.returncode == 0, err
    assert "trying again" in err
    job = json.loads(out)[0]["job"]
    with reading(house.engine) as session:
        same = select(queue.Job.id).join(Dictation).where(Dictation.digest == sha256(large.read_bytes()).hexdigest())
        assert session.scalars(same).all() == [job]
    assert list((tmp_path / "cache").glob("uploads/*")) == []


def test_memory_does_not_grow_with_the_recording(server: Server, tmp_path: Path) -> None:
    """Half a gigabyte in pieces: the server's memory stays under 200 MB at its highest."""
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(512 * 1024 * 1024)
    status, _, err = server.run("submit", str(large))
    assert status == 0, err
    assert server.process
    highest = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text())
    assert highest
    assert int(highest.group(1)) < 200_000


def _wait_for_bytes(server: Server, sending: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while sending.poll() is None and time.monotonic() < deadline:
        if any(path.stat().st_size > 9_000_000 for path in (server.folder / "uploads").glob("*")):
            return
        time.sleep(0.01)
    raise AssertionError("no byte arrived")

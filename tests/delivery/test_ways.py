"""A parcel arrives at a target of each kind, whatever the report says, and nowhere but where it may."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docx
import paramiko
import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.delivery.examples import TEXT, amended, signed, with_everywhere
from tests.delivery.test_mllp import NOW, receiving
from tests.naughty import TEXTS
from transcribe import document
from transcribe.delivery import webhook
from transcribe.delivery.fhir.checks import problems
from transcribe.delivery.hl7.read import parse
from transcribe.delivery.kinds import Fhir, Folder, Mllp, Sftp, Webhook, kind_of
from transcribe.delivery.parcel import Happened, Parcel
from transcribe.delivery.retry import Refused
from transcribe.delivery.targets import Allowed
from transcribe.delivery.ways import Outside, bring, refuse
from transcribe.domain import Report
from transcribe.errors import NotAllowed, TryLater, UsageError

pytestmark = pytest.mark.enable_socket

SECRET = "s" * 32


def parcel(report: Report | None = None, happened: Happened = Happened.SIGNED) -> Parcel:
    return Parcel(report or signed(), happened, "0" * 20, NOW, document.render, reason="wrong | patient")


def outside(tmp_path: Path, *origins: str) -> Outside:
    return Outside(tmp_path / "outbox", Allowed(frozenset(origins), frozenset({"127.0.0.0/8"})))


class _Files(paramiko.SFTPServerInterface):
    """The files of a folder on this machine, as an SFTP host shows them."""

    root: str
    renames = True

    def _at(self, path: str) -> Path:
        return Path(self.root, self.canonicalize(path).lstrip("/"))

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def mkdir(self, path: str, attr: Any) -> int:
        self._at(path).mkdir()
        return int(paramiko.SFTP_OK)

    def remove(self, path: str) -> int:
        if not self._at(path).exists():
            return int(paramiko.SFTP_NO_SUCH_FILE)
        self._at(path).unlink()
        return int(paramiko.SFTP_OK)

    def rename(self, oldpath: str, newpath: str) -> int:
        if self._at(newpath).exists():
            return int(paramiko.SFTP_FAILURE)
        self._at(oldpath).rename(self._at(newpath))
        return int(paramiko.SFTP_OK)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if not self.renames:
            return int(paramiko.SFTP_OP_UNSUPPORTED)
        self._at(oldpath).replace(self._at(newpath))
        return int(paramiko.SFTP_OK)

    def open(self, path: str, flags: int, attr: Any) -> Any:
        handle = paramiko.SFTPHandle(flags)
        handle.writefile = os.fdopen(os.open(self._at(path), flags, 0o600), "wb")  # type: ignore[attr-defined]
        return handle


class _Door(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == ("clinic", SECRET)
        return int(paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED)

    def check_auth_publickey(self, username: str, key: Any) -> int:
        return int(paramiko.AUTH_SUCCESSFUL)

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)


@dataclass
class Host:
    """A real SFTP host on this machine, which shows `key`."""

    root: Path
    renames: bool = True
    key: paramiko.PKey = field(default_factory=lambda: paramiko.ECDSAKey.generate())
    port: int = 0

    @property
    def line(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    @contextmanager
    def up(self) -> Iterator[Host]:
        files = type("Files", (_Files,), {"root": str(self.root), "renames": self.renames})
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
            transports: list[paramiko.Transport] = []

            def serve() -> None:
                while True:
                    try:
                        line, _ = listener.accept()
                    except OSError:
                        return
                    transport = paramiko.Transport(line)
                    transports.append(transport)
                    transport.add_server_key(self.key)
                    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
                    try:
                        transport.start_server(server=_Door())
                    except (paramiko.SSHException, EOFError):
                        continue

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield self
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in transports:
                each.close()

    def kind(self, **other: Any) -> Sftp:
        known = {"host": "127.0.0.1", "port": self.port, "user": "clinic", "host_key": self.line, "folder": "in"}
        return Sftp(**{**known, "names": "{record_number}/{report}_{version}", **other})


@pytest.mark.parametrize("renames", [True, False])
def test_files_arrive_by_sftp_whole_and_once(tmp_path: Path, renames: bool) -> None:
    """Under their names, in folders made for them; sent again nothing is doubled, with or without posix-rename."""
    with Host(tmp_path, renames).up() as host:
        here = outside(tmp_path, f"sftp://127.0.0.1:{host.port}")
        kind = host.kind(forms=("docx", "csv"))
        for _ in range(2):
            assert bring(parcel(), kind, SECRET, here) == "in/17/R-1_1.docx\nin/17/R-1_1.csv"
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"in/17/R-1_1.docx", "in/17/R-1_1.csv"}
    assert docx.Document(str(tmp_path / "in/17/R-1_1.docx")).paragraphs


def test_a_private_key_lets_us_in(tmp_path: Path) -> None:
    """In OpenSSH's form; what is no key is refused before anything is sent."""
    written = io.StringIO()
    paramiko.ECDSAKey.generate().write_private_key(written)
    with Host(tmp_path).up() as host:
        here = outside(tmp_path, f"sftp://127.0.0.1:{host.port}")
        refuse(host.kind(), written.getvalue(), here)
        assert bring(parcel(), host.kind(), written.getvalue(), here) == "in/17/R-1_1.docx"
        with pytest.raises(UsageError, match="no private key"):
            refuse(host.kind(), "-----BEGIN nothing-----", here)


@pytest.mark.parametrize(
    ("other", "secret"),
    [
        ({}, "wrong"),
        ({"host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGl7"}, SECRET),
        ({"host_key": f"ecdsa-sha2-nistp256 {paramiko.ECDSAKey.generate().get_base64()}"}, SECRET),
    ],
)
def test_a_host_that_is_another_gets_nothing(tmp_path: Path, other: dict[str, Any], secret: str) -> None:
    """One with another key, and one that does not let us in: somebody can mend it, so that it is tried again."""
    with Host(tmp_path).up() as host:
        here = outside(tmp_path, f"sftp://127.0.0.1:{host.port}")
        with pytest.raises(TryLater):
            bring(parcel(), host.kind(**other), secret, here)
    assert not list(tmp_path.iterdir())


def test_a_host_that_says_nothing_is_left(tmp_path: Path) -> None:
    """In bounded time."""
    from transcribe.delivery import sftp

    with socket.create_server(("127.0.0.1", 0)) as silent:
        login = sftp.Login("127.0.0.1", silent.getsockname()[1], "u", "ssh-ed25519 AAAA", "p")
        with pytest.raises(TryLater):
            sftp.put(login, "", [("x", b"x")], timeout=0.5)


class Shelf(BaseHTTPRequestHandler):
    """A FHIR server that keeps what is put, by its place."""

    kept: dict[str, tuple[bytes, dict[str, str]]]
    answer = 201

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept[self.path] = (body, dict(self.headers))
        self.send_response(self.answer)
        self.end_headers()

    do_POST = do_PUT

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def shelf(answer: int = 201) -> Iterator[tuple[str, dict[str, tuple[bytes, dict[str, str]]]]]:
    kept: dict[str, tuple[bytes, dict[str, str]]] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Shelf,), {"kept": kept, "answer": answer}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("report", [signed(), amended()], ids=["first", "amended"])
def test_a_fhir_server_gets_the_document_in_its_own_place(tmp_path: Path, report: Report) -> None:
    """Valid for an independent library and our own checks, with the DOCX in it; sent again it is the same resource."""
    with shelf() as (origin, kept):
        for _ in range(2):
            said = bring(parcel(report), Fhir(url=f"{origin}/r4/"), "token", outside(tmp_path, origin))
    ((place, (body, headers)),) = kept.items()
    bundle = json.loads(body)
    assert place == f"/r4/Bundle/{bundle['id']}"
    assert said == f"HTTP 201 Bundle/{bundle['id']}"
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer token", "application/fhir+json")
    Bundle.model_validate(bundle)
    assert problems(bundle) == ()
    reference = next(each["resource"] for each in bundle["entry"] if "content" in each["resource"])
    text, word = (base64.b64decode(each["attachment"]["data"]) for each in reference["content"])
    assert text.decode() == TEXT
    assert docx.Document(io.BytesIO(word)).paragraphs


def test_a_fhir_server_is_told_that_a_document_was_in_error(tmp_path: Path) -> None:
    """In the same place, without a word of it."""
    with shelf() as (origin, kept):
        bring(parcel(), Fhir(url=origin), "", outside(tmp_path, origin))
        bring(parcel(happened=Happened.CANCELLED), Fhir(url=origin), "", outside(tmp_path, origin))
    ((_, (body, _)),) = kept.items()
    assert problems(json.loads(body)) == ()
    assert json.loads(body)["entry"][0]["resource"]["status"] == "entered-in-error"
    assert b"Metformin" not in body


@pytest.mark.parametrize(("answer", "error"), [(422, Refused), (503, TryLater), (401, TryLater)])
def test_a_fhir_server_that_refuses_is_heard(tmp_path: Path, answer: int, error: type[Exception]) -> None:
    """Of this document for good, of everything for now."""
    with shelf(answer) as (origin, _), pytest.raises(error):
        bring(parcel(), Fhir(url=origin), "", outside(tmp_path, origin))


@pytest.mark.parametrize("happened", list(Happened))
def test_a_webhook_is_told_what_happened(tmp_path: Path, happened: Happened) -> None:
    """Signed, with the same id each time, and without a word of the patient."""
    with shelf(204) as (origin, kept):
        assert bring(parcel(amended(), happened), Webhook(url=origin), SECRET, outside(tmp_path, origin)) == "HTTP 204"
    ((_, (body, headers)),) = kept.items()
    told = json.loads(body)
    assert (told["event"], told["delivery"], told["report"]) == (f"report.{happened}", "0" * 20, "R-1")
    signature = headers[webhook.SIGNATURE_HEADER]
    at = int(signature.partition(",")[0].removeprefix("t="))
    assert webhook.verify(body, signature, SECRET.encode(), at)
    assert b"Ann" not in body


@pytest.mark.parametrize("form", ["", "docx"])
@pytest.mark.parametrize("kind", ["mdm", "oru"])
def test_hl7_carries_text_or_document(tmp_path: Path, kind: Any, form: Any) -> None:
    """And is acknowledged under the parcel's id."""
    with receiving() as receiver:
        here = outside(tmp_path, f"mllp://127.0.0.1:{receiver.port}")
        target = Mllp(host="127.0.0.1", port=receiver.port, tls=False, message=kind, attach=form)
        assert bring(parcel(), target, "", here) == f"AA {'0' * 20}"
        read = parse(receiver.kept["0" * 20])
    if form:
        assert docx.Document(io.BytesIO(base64.b64decode(read.components("OBX", 5)[4]))).paragraphs
    else:
        assert read.value("OBX", 5).startswith(TEXT)


def test_hl7_takes_a_result_back(tmp_path: Path) -> None:
    """As one that was posted wrong, without its text."""
    with receiving() as receiver:
        here = outside(tmp_path, f"mllp://127.0.0.1:{receiver.port}")
        target = Mllp(host="127.0.0.1", port=receiver.port, tls=False, message="oru")
        bring(parcel(happened=Happened.CANCELLED), target, "", here)
        read = parse(receiver.kept["0" * 20])
    assert (read.value("OBX", 11), read.value("OBR", 25), read.value("OBX", 5)) == ("W", "X", "")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_reports_arrive_everywhere(tmp_path: Path, text: str) -> None:
    """In a folder, at a FHIR server, at a webhook and over HL7, and the text is read back as it was."""
    report = replace(with_everywhere(text), identity="R-1")
    plain = text.encode("utf-8", "replace").decode()
    with shelf() as (origin, kept), receiving() as receiver:
        here = outside(tmp_path, origin, f"mllp://127.0.0.1:{receiver.port}")
        bring(parcel(report), Folder(names="{patient}/{clinic}_{report}_{version}"), "", here)
        bring(parcel(report), Fhir(url=f"{origin}/fhir", attach=""), "", here)
        bring(parcel(report), Webhook(url=f"{origin}/hook"), SECRET, here)
        bring(parcel(report), Mllp(host="127.0.0.1", port=receiver.port, tls=False), "", here)
        message = parse(receiver.kept["0" * 20])
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file.resolve().is_relative_to((tmp_path / "outbox").resolve())
    assert [name for name, *_ in message.segments] == ["MSH", "EVN", "PID", "PV1", "TXA", "OBX"]
    assert message.value("OBX", 5).startswith(re.sub("[\ud800-\udfff]", "\ufffd", text))
    bundle = json.loads(next(body for place, (body, _) in kept.items() if place.startswith("/fhir")))
    assert problems(bundle) == ()
    reference = next(each["resource"] for each in bundle["entry"] if "content" in each["resource"])
    assert base64.b64decode(reference["content"][0]["attachment"]["data"]).decode() == plain


@pytest.mark.parametrize(
    "kind",
    [
        Webhook(url="https://hooks.example.org"),
        Fhir(url="https://fhir.example.org"),
        Mllp(host="lab.example.org"),
        Sftp(host="files.example.org", user="u", host_key="ssh-ed25519 AAAA"),
    ],
)
def test_nothing_goes_to_a_place_that_is_on_no_list(tmp_path: Path, kind: Any) -> None:
    """And what would be refused is refused when the target is added."""
    with pytest.raises(NotAllowed):
        bring(parcel(), kind, SECRET, outside(tmp_path))
    with pytest.raises(NotAllowed):
        refuse(kind, SECRET, outside(tmp_path))


def test_settings_that_are_none_are_named_without_their_values() -> None:
    """Which field, and what is wrong with it."""
    with pytest.raises(UsageError, match="port") as refused:
        kind_of({"kind": "mllp", "host": "x", "port": "secret"})
    assert "secret" not in str(refused.value)
    with pytest.raises(UsageError, match="kind"):
        kind_of({"host": "x"})

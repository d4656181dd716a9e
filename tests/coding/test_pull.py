from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.coding.test_tables import INDEX, TABULAR
from transcribe.cli import app
from transcribe.coding import import_files, open_tables, releases
from transcribe.coding.archive import unpack
from transcribe.coding.fetch import fetch, published
from transcribe.errors import MissingPart, NotFound, TryLater, UnusableInput, UsageError


def archive(members: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        for name, text in members.items():
            into.writestr(name, text)
    return packed.getvalue()


RELEASE = archive(
    {
        "Table and Index/icd10cm_tabular_2020.xml": TABULAR,
        "Table and Index/icd10cm_index_2020.xml": INDEX,
        "Table and Index/icd10cm_index.xsd": "<schema/>",
        "Table and Index/readme.pdf": "%PDF",
    }
)


@contextmanager
def publisher(answers: dict[str, tuple[int, bytes, dict[str, str]]]) -> Iterator[str]:
    """A server on this machine; the address it is at."""

    class Publisher(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, heads = answers.get(self.path, (404, b"", {}))
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **heads}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.mark.enable_socket
def test_an_archive_is_fetched_checked_and_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`codes pull --from` prints the digest and the release; tabular list and index of the archive are both there."""
    monkeypatch.setenv("TRANSCRIBE_CACHE_DIR", str(tmp_path))
    with publisher({"/2020-code-tables.zip": (200, RELEASE, {})}) as at:
        done = CliRunner().invoke(app, ["codes", "pull", "--from", f"{at}/2020-code-tables.zip"])
    assert done.exit_code == 0, done.output
    assert hashlib.sha256(RELEASE).hexdigest() in done.stdout
    assert "2019-10" in done.stdout
    assert [(each.release, each.index) for each in releases(tmp_path)] == [("2019-10", "icd10cm_index_2020.xml")]
    with open_tables(tmp_path) as opened:
        assert opened.search("quixotic fever", 1)[0].code == "A75.9"
    assert [each.name for each in (tmp_path / "codes" / "archives").iterdir()] == ["2020-code-tables.zip"]


def test_an_archive_fetched_by_hand_is_imported(tmp_path: Path) -> None:
    """Without a network the same archive goes through `codes import`."""
    path = tmp_path / "by-hand.zip"
    path.write_bytes(RELEASE)
    assert import_files([path], tmp_path) == ["2019-10"]


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("status", "heads", "refused"),
    [
        (404, {}, NotFound),
        (503, {}, TryLater),
        (302, {"Location": "http://example.org/x.zip"}, UsageError),
        (302, {"Location": "file:///etc/passwd"}, NotFound),
        (200, {"Content-Length": str(1 << 40)}, UnusableInput),
        (200, {"Content-Length": "5000000"}, MissingPart),
    ],
)
def test_what_is_not_the_archive_is_refused(
    status: int, heads: dict[str, str], refused: type[Exception], tmp_path: Path
) -> None:
    """Missing, busy, pointing elsewhere, too large, cut off: each has its own sentence, and nothing stays behind."""
    with publisher({"/x.zip": (status, RELEASE, heads)}) as at, pytest.raises(refused):
        fetch(f"{at}/x.zip", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.enable_socket
def test_without_a_network_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    """Where nobody listens the way by hand is told."""
    with publisher({}) as at:
        pass
    with pytest.raises(MissingPart, match=r"transcribe codes import x\.zip"):
        fetch(f"{at}/x.zip", tmp_path)


@pytest.mark.parametrize("address", ["http://example.org/x.zip", "ftp://example.org/x.zip", "file:///x.zip", "x.zip"])
def test_only_https_is_fetched(address: str, tmp_path: Path) -> None:
    """Everything but https, and http on this machine, is refused before anything is opened."""
    with pytest.raises(UsageError):
        fetch(address, tmp_path)


@pytest.mark.parametrize("folder", ["../../", "/etc/", "..\\..\\", "C:\\"])
def test_nothing_is_written_outside(folder: str, tmp_path: Path) -> None:
    """Whatever folders an archive names, its files land in the one folder."""
    path, inside = tmp_path / "x.zip", tmp_path / "inside"
    inside.mkdir()
    path.write_bytes(archive({f"{folder}icd10cm_tabular_2020.xml": TABULAR}))
    assert unpack(path, inside) == [inside / "icd10cm_tabular_2020.xml"]
    assert sorted(each.name for each in tmp_path.rglob("*.xml")) == ["icd10cm_tabular_2020.xml"]


def test_a_file_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes out is counted, whatever size the archive tells."""
    monkeypatch.setattr("transcribe.coding.archive._MOST_BYTES", 1 << 20)
    path = tmp_path / "x.zip"
    path.write_bytes(archive({"icd10cm_tabular_2020.xml": " " * (2 << 20)}))
    with pytest.raises(UnusableInput, match="more than the tables"):
        unpack(path, tmp_path)


@pytest.mark.parametrize("content", [b"no archive", archive({"readme.txt": "x"}), RELEASE[:300]])
def test_an_archive_without_tables_is_refused(content: bytes, tmp_path: Path) -> None:
    """The sentence names the archive, and no release is left behind."""
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(UnusableInput, match=r"x\.zip"):
        import_files([path], tmp_path)
    assert releases(tmp_path) == []


def test_the_publisher_is_asked_for_what_is_in_force() -> None:
    """By day the newest archives not later than it, by name just those; a release that nobody knows is not found."""
    assert [each.release for each in published(on=date(2026, 5, 2))] == ["2026-04", "2026-04"]
    assert all(each.address.startswith("https://www.cms.gov/files/zip/") for each in published("2026-10"))
    with pytest.raises(NotFound):
        published("2011-10")
    with pytest.raises(NotFound):
        published(on=date(2011, 1, 1))

"""Files are dropped whole, under names that no patient's name can bend, and nowhere but in their folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.examples import signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.delivery.folder import drop, name
from transcribe.errors import NotAllowed, TranscribeError, UsageError

TEMPLATE = "{date_of_service}/{patient}_{record_number}_{report}_{version}"


def test_name_is_made_from_the_header() -> None:
    """Fields are filled and the ending is added; blanks become underscores."""
    assert name(TEMPLATE, signed(), "docx") == "2026-05-18/Ann_Example_17_R-1_1.docx"


@pytest.mark.parametrize(
    "template",
    [
        *("{report}", "x", "{report}_{version}_{nobody}", "{report.__class__}{version}", "{report!r}{version}"),
        *("{report:>9999999}{version}", "{report}{version}{", "{0}{report}{version}", "{report[0]}{version}"),
    ],
)
def test_template_only_names_fields(template: str) -> None:
    """Unknown fields, attributes, conversions, widths, and names that two reports could share are refused."""
    with pytest.raises(UsageError):
        name(template, signed(), "pdf")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_names_stay_in_the_folder(text: str, tmp_path: Path) -> None:
    """Whatever the header says, one file appears, below the folder, visible, and with its ending."""
    report = replace(with_everywhere(text), identity=f"R-{text}")
    root = tmp_path / "root"
    root.mkdir()
    template = "{clinic}/{patient}_{encounter}/{report}_{version}"
    made = drop(root, name(template, report, "pdf"), b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [made]
    assert made.is_relative_to(root)
    assert made.suffix == ".pdf"
    assert not any(part.startswith(".") for part in made.relative_to(root).parts)
    assert made.name.isprintable()


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_field_gives_one_name(text: str) -> None:
    """A value never adds a folder, and no name is longer than disks take."""
    path = name("{patient}/{report}_{version}", with_everywhere(text), "docx")
    assert path.count("/") == 1
    assert ".." not in path.split("/")
    assert all(len(part.encode()) <= 255 for part in path.split("/"))


@pytest.mark.parametrize("reserved", ["CON", "nul", "com1", "LPT9"])
def test_reserved_names_are_avoided(reserved: str) -> None:
    """A name that Windows keeps for a device is not used."""
    path = name("{patient}/{report}{version}", with_everywhere(reserved), "pdf")
    assert path.split("/")[0] == f"_{reserved}"


def test_same_file_again_changes_nothing(tmp_path: Path) -> None:
    """A repeat leaves the file as it is; another content takes its place at once, and nothing else stays."""
    made = drop(tmp_path, "a/b.txt", b"one")
    first = made.stat()
    assert drop(tmp_path, "a/b.txt", b"one").stat().st_ino == first.st_ino
    assert drop(tmp_path, "a/b.txt", b"two").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_links_do_not_lead_out(tmp_path: Path) -> None:
    """A link in the folder, or a path upwards, is refused, and a folder that is not there is told."""
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (root / "link").symlink_to(other)
    (root / "file.txt").symlink_to(other / "x")
    for path in ("link/a.txt", "../a.txt", "file.txt", "/etc/a.txt", "x/../../a.txt"):
        with pytest.raises(NotAllowed):
            drop(root, path, b"x")
    with pytest.raises(TranscribeError, match="nowhere"):
        drop(tmp_path / "nowhere", "a.txt", b"x")
    assert not list(other.iterdir())

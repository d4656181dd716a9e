"""Where models are found, and what happens when they are not."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from transcribe import assets
from transcribe.errors import MissingPart, NotFound


def folder_with_model(path: Path, content: bytes = b"weights") -> Path:
    """A folder that looks like a CTranslate2 model."""
    path.mkdir(parents=True)
    (path / "model.bin").write_bytes(content)
    return path


def test_the_bundled_models_agree_with_their_digests(tmp_path: Path) -> None:
    """What the checkout ships is what the manifest names, byte for byte, and small enough to be in it."""
    bundled = [entry for entry in assets.manifest().values() if entry.bundled]
    assert [entry.name for entry in bundled] == ["dictation-demo", "clinical"]
    for entry in bundled:
        assert assets.verify(entry, tmp_path) == []
        files = assets.folder_of(entry, tmp_path).glob("*.*")
        assert sum(file.stat().st_size for file in files if file.is_file()) < 10_000_000


def test_every_model_of_the_manifest_can_be_checked() -> None:
    """Each entry says where it comes from and has a digest of its weights."""
    for entry in assets.manifest().values():
        assert "model.bin" in entry.sha256
        assert entry.bundled or (entry.repository and len(entry.revision) == 40)
        assert entry.licence
        assert entry.hears


def test_an_unknown_name_says_how_to_get_a_model(tmp_path: Path) -> None:
    """A name that is neither bundled nor fetched is a missing part, exit status 5, with the command to fetch one."""
    with pytest.raises(MissingPart, match="transcribe models pull") as caught:
        assets.locate("nobody.en", tmp_path)
    assert caught.value.exit_status == 5


def test_a_model_of_another_kind_is_no_recogniser(tmp_path: Path) -> None:
    """What finds diseases in text cannot hear."""
    with pytest.raises(MissingPart):
        assets.locate("clinical", tmp_path)


def test_a_known_name_that_was_not_fetched_says_how_to_fetch_it(tmp_path: Path) -> None:
    """Nothing is fetched unasked: the sentence names the very command."""
    with pytest.raises(MissingPart, match=r"transcribe models pull small\.en"):
        assets.locate("small.en", tmp_path)


def test_a_fetched_model_is_found_in_the_cache(tmp_path: Path) -> None:
    """A model that lies in the cache is located by its name."""
    folder = folder_with_model(tmp_path / "models" / "small.en")
    assert assets.locate("small.en", tmp_path)[:2] == ("small.en", folder)


def test_a_folder_can_be_named_instead_of_a_model(tmp_path: Path) -> None:
    """A person's own CTranslate2 folder is used as it is; a folder without weights is refused."""
    own = folder_with_model(tmp_path / "own")
    assert assets.locate(str(own), tmp_path) == ("own", own, None)
    with pytest.raises(MissingPart, match=r"model\.bin"):
        assets.locate(str(tmp_path), tmp_path)
    with pytest.raises(MissingPart):
        assets.locate("no/such/folder", tmp_path)


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    """A byte more or a file less is named."""
    folder = folder_with_model(tmp_path / "models" / "small.en")
    entry = replace(assets.model("small.en"), sha256={"model.bin": sha256(b"weights").hexdigest()})
    assert assets.verify(entry, tmp_path) == []
    (folder / "model.bin").write_bytes(b"weights!")
    assert assets.verify(entry, tmp_path) == ["model.bin differs from its digest"]
    (folder / "model.bin").unlink()
    assert assets.verify(entry, tmp_path) == ["model.bin is missing"]


def test_asking_for_what_the_manifest_does_not_know_names_what_it_knows() -> None:
    """`models pull` of an unknown name lists the known ones."""
    with pytest.raises(NotFound, match=r"small\.en"):
        assets.model("huge")

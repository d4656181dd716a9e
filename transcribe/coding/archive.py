"""Takes the official files out of the archives that their publisher packs them in."""

from __future__ import annotations

import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from transcribe.errors import UnusableInput

_PIECE = 1 << 16
# All tables of a release have some 40 MB together; three times that is something else.
_MOST_BYTES, _MOST_FILES = 128 << 20, 20
_WANTED = re.compile(
    r"icd10c\w*[-_ ](?:tabular|index|drug|neoplasm|eindex)[^/]*\.xml|HCPC20\d\d_[A-Z]{3}_ANWEB[^/]*\.txt", re.IGNORECASE
)


def unpack(archive: Path, folder: Path) -> list[Path]:
    """The official files in the archive, taken out into `folder` by their bare names.

    Raises UnusableInput where it is no archive, holds none of them, or more than such an archive can.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [each for each in packed.infolist() if _WANTED.fullmatch(_bare(each.filename))]
            if not members:
                raise UnusableInput(
                    f"{archive} holds neither ICD-10-CM tables (XML) nor an HCPCS file (HCPC…ANWEB.txt)."
                )
            if len(members) > _MOST_FILES or len({_bare(each.filename) for each in members}) < len(members):
                raise UnusableInput(f"{archive} holds more files than a release has.")
            return _taken_out(packed, members, folder, archive)
    # A RuntimeError says that it is encrypted; of the rest each packing method has its own.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise UnusableInput(f"{archive} cannot be unpacked: {error}. Download it again.") from error


def _taken_out(packed: zipfile.ZipFile, members: Iterable[zipfile.ZipInfo], folder: Path, archive: Path) -> list[Path]:
    paths, left = [], _MOST_BYTES
    for member in members:
        paths.append(folder / _bare(member.filename))
        with packed.open(member) as source, paths[-1].open("xb") as stream:
            while piece := source.read(_PIECE):
                # What the archive says of its sizes is not trusted.
                left -= len(piece)
                if left < 0:
                    raise UnusableInput(f"{archive} holds more than the tables of a release.")
                stream.write(piece)
    return paths


def _bare(name: str) -> str:
    """The last part of a name in an archive: nothing is written elsewhere, whatever folders it names."""
    return name.replace("\\", "/").rpartition("/")[2]

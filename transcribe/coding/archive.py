"""Takes the official files out of the archives that their publisher packs them in."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from transcribe.errors import UnusableInput

_PIECE = 1 << 16
# The largest table of a release has some 10 MB; ten times that is something else.
_LARGEST_FILE, _MOST_FILES = 100 << 20, 20
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
            if len(members) > _MOST_FILES:
                raise UnusableInput(f"{archive} holds more files than a release has.")
            return [_take_out(packed, each, folder, archive) for each in members]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UnusableInput(f"{archive} cannot be unpacked: {error}. Download it again.") from error


def _take_out(packed: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, archive: Path) -> Path:
    path = folder / _bare(member.filename)
    left = _LARGEST_FILE
    with packed.open(member) as source, path.open("xb") as stream:
        while piece := source.read(_PIECE):
            # What the archive says of its sizes is not trusted.
            left -= len(piece)
            if left < 0:
                raise UnusableInput(f"{archive} holds a file that is larger than any table is.")
            stream.write(piece)
    return path


def _bare(name: str) -> str:
    """The last part of a name in an archive: nothing is written elsewhere, whatever folders it names."""
    return name.replace("\\", "/").rpartition("/")[2]

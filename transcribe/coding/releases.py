"""The releases of the code tables on this machine: listed, made, imported, and chosen by date of service."""

from __future__ import annotations

import calendar
import importlib.util
import re
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from transcribe.coding import build
from transcribe.coding.index import SOURCE, parse_index
from transcribe.coding.tables import CodeTables
from transcribe.coding.tabular import parse_tabular, read_xml
from transcribe.errors import MissingPart, UnusableInput, UsageError

CARRIER = "simple-icd-10-cm"
_CARRIER_MODULE = "simple_icd_10_cm"
_MONTHS = [month.lower() for month in calendar.month_name]
_DAY_IN_NAME = re.compile(rf"({'|'.join(_MONTHS[1:])})[-_ ]\d{{1,2}}[-_ ](\d{{4}})", re.IGNORECASE)
_RELEASE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One release on this machine: the file it came from, and that of its Alphabetic Index if it has one."""

    release: str
    path: Path
    billable: int
    source: str
    index: str = ""


def releases(cache_dir: Path) -> list[Release]:
    """The releases on this machine, oldest first; a file that cannot be read is none."""
    found = (_release(path) for path in sorted(_folder(cache_dir).glob("icd10cm-*.sqlite")))
    return [each for each in found if each is not None]


def build_tables(cache_dir: Path, *, on_progress: Callable[[str], None] | None = None) -> Path:
    """Make the release that the package `simple-icd-10-cm` carries; the path of its file.

    Nothing is done when the file is there and of this version. Raises MissingPart without the package.
    """
    source = _carried()
    path = _path(cache_dir, _release_of(source, ""))
    made = _release(path)
    if made is not None and _is_current(path):
        return path
    say = on_progress or (lambda _: None)
    if made is not None:
        say(f"Bringing the code tables of {made.release} up to date")
        build.refresh(path)
        return path
    say(f"Reading {source.name}")
    tabular = parse_tabular(read_xml(source), source)
    say("Writing the code tables")
    build.write_release(path, tabular, release=_release_of(source, tabular.year), source=source.name, carrier=CARRIER)
    return path


def open_tables(cache_dir: Path, on: date | None = None) -> CodeTables:
    """The release in force `on` that day, the newest without a day; made first when there is none.

    When every release is later than the day the oldest is opened, and suggestions say so.
    """
    found = releases(cache_dir)
    if not found or _newer_carried(found):
        build_tables(cache_dir)
        found = releases(cache_dir)
    in_force = [each for each in found if on is None or each.release <= f"{on:%Y-%m}"]
    path = (in_force[-1] if in_force else found[0]).path
    if not _is_current(path):
        build.refresh(path)
    return CodeTables(path)


def import_file(path: Path, cache_dir: Path, *, release: str = "") -> str:
    """Import an official XML file (also packed as .xz); the release it became or was added to.

    The tabular list becomes a release of its own, named by the day in the file's name, else by its fiscal
    year. The Alphabetic Index is added to `release`, by default to the newest one. Raises UnusableInput for
    any other file.
    """
    if release and not _RELEASE.fullmatch(release):
        raise UsageError(f"A release is a year and a month such as 2026-04, not {release!r}.")
    if not path.is_file():
        raise UnusableInput(f"{path} is not a file.")
    if not path.name.lower().endswith((".xml", ".xml.xz")):
        raise UnusableInput(f"{path} cannot be imported: only the official ICD-10-CM XML files (.xml, .xml.xz) can.")
    root = read_xml(path)
    if root.tag == "ICD10CM.tabular":
        tabular = parse_tabular(root, path)
        name = release or _release_of(path, tabular.year)
        build.write_release(_path(cache_dir, name), tabular, release=name, source=path.name)
        return name
    if root.tag == "ICD10CM.index" and root.find(".//cell") is None and "EXTERNAL" not in _title(root):
        return _import_index(root, path, cache_dir, release)
    raise UnusableInput(f"{path} is neither the tabular list nor the Alphabetic Index of ICD-10-CM.")


def _newer_carried(found: list[Release]) -> bool:
    """Whether the package was updated since its tables were made here; tables of the user's own are left alone."""
    made = [each.release for each in found if _about(each.path).get("carrier") == CARRIER]
    there = _carried_file()
    return bool(made) and there is not None and _release_of(there, "") > max(made)


def _title(root: ElementTree.Element) -> str:
    title = root.findtext("title")
    return (title or "").upper()


def _folder(cache_dir: Path) -> Path:
    return cache_dir / "codes"


def _path(cache_dir: Path, release: str) -> Path:
    return _folder(cache_dir) / f"icd10cm-{release}.sqlite"


def _release(path: Path) -> Release | None:
    about = _about(path)
    if "release" not in about:
        return None
    return Release(about["release"], path, int(about["billable"]), about["source"], about.get(SOURCE, ""))


def _about(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        return dict(database.execute("SELECT key, value FROM about"))
    except sqlite3.DatabaseError:
        return {}
    finally:
        database.close()


def _is_current(path: Path) -> bool:
    return _about(path).get("digest") == build.digest()


def _carried_file() -> Path | None:
    """The tabular XML inside the installed package, found without importing it: the import takes seconds."""
    found = importlib.util.find_spec(_CARRIER_MODULE)
    folders = list(found.submodule_search_locations or ()) if found else []
    files = [path for folder in folders for path in Path(folder, "data").glob("*tabular*.xml")]
    return max(files, key=lambda path: _release_of(path, ""), default=None)


def _carried() -> Path:
    path = _carried_file()
    if path is None:
        raise MissingPart(
            f"The ICD-10-CM tables are not on this machine. Install the Python package {CARRIER},"
            " or import the official tabular XML: transcribe codes import FILE."
        )
    return path


def _release_of(path: Path, year: str) -> str:
    """The release that a file is of: "April-1-2026" in its name, else October before its fiscal year."""
    day = _DAY_IN_NAME.search(path.name)
    if day:
        return f"{day[2]}-{_MONTHS.index(day[1].lower()):02d}"
    fiscal = year or next(iter(re.findall(r"20\d\d", path.name)), "")
    if not fiscal.isdigit():
        raise UnusableInput(f"{path} does not say which year it is for; name the release.")
    return f"{int(fiscal) - 1}-10"


def _import_index(root: ElementTree.Element, path: Path, cache_dir: Path, release: str) -> str:
    known = releases(cache_dir)
    if not known and not release:
        build_tables(cache_dir)
        known = releases(cache_dir)
    target = next((each for each in reversed(known) if release in ("", each.release)), None)
    if target is None:
        raise UsageError(f"There is no release {release} to add the index to. Import its tabular list first.")
    build.add_entries(target.path, parse_index(root), source=SOURCE, name=path.name)
    return target.release

"""The releases of the code tables on this machine: listed, made, imported, and chosen by date of service."""

from __future__ import annotations

import calendar
import importlib.util
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from transcribe.coding import build
from transcribe.coding.archive import unpack
from transcribe.coding.cpt import import_cpt
from transcribe.coding.hcpcs import parse_hcpcs, release_of
from transcribe.coding.index import INDEX, parse_index
from transcribe.coding.items import ItemTable, count_codes, write_items
from transcribe.coding.tables import CodeTables
from transcribe.coding.tabular import parse_tabular, read_xml
from transcribe.domain import CodeSystem
from transcribe.errors import MissingPart, UnusableInput, UsageError

# The folder of a licensee's own tables: apart from the official ones, and in no backup.
LICENSED = "licensed"
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
    system: CodeSystem = CodeSystem.ICD10CM


def releases(cache_dir: Path) -> list[Release]:
    """The releases on this machine, oldest first; a file that cannot be read is none."""
    found = (_release(path) for path in sorted(_folder(cache_dir).glob("icd10cm-*.sqlite")))
    return [each for each in found if each is not None]


def item_releases(cache_dir: Path) -> list[Release]:
    """The HCPCS releases on this machine, oldest first, and the licensee's CPT table."""
    hcpcs = sorted(_folder(cache_dir).glob("hcpcs-*.sqlite"))
    licensed = cache_dir / LICENSED / "cpt.sqlite"
    paths = [*((CodeSystem.HCPCS, path) for path in hcpcs), (CodeSystem.CPT, licensed)]
    return [
        Release(about["release"], path, count_codes(path), about["source"], system=system)
        for system, path in paths
        if "release" in (about := _about(path))
    ]


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
    return CodeTables(path, supplies=_supplies(cache_dir, on), procedures=_procedures(cache_dir))


def _supplies(cache_dir: Path, on: date | None) -> ItemTable | None:
    """The HCPCS release in force `on` that day, else the nearest there is; None without any."""
    found = sorted(_folder(cache_dir).glob("hcpcs-*.sqlite"))
    in_force = [each for each in found if on is None or each.stem.removeprefix("hcpcs-") <= f"{on:%Y-%m}"]
    return ItemTable((in_force or found[:1])[-1]) if found else None


def _procedures(cache_dir: Path) -> ItemTable | None:
    """The licensee's CPT table, if one was imported."""
    path = cache_dir / LICENSED / "cpt.sqlite"
    return ItemTable(path) if path.is_file() else None


def import_files(paths: Sequence[Path], cache_dir: Path, *, release: str = "", licensed: bool = False) -> list[str]:
    """Import official files, XML (also packed as .xz), HCPCS text or the publisher's .zip; what each became.

    A tabular list becomes a release of its own, named by the day in the file's name, else by its fiscal year;
    so does an HCPCS file by its quarter. The Alphabetic Index and the tables of neoplasms, drugs and external
    causes are added to `release`, by default to that of the tabular list beside them, else to the newest one. A CSV
    file is the CPT table of a licensee, see `import_cpt`. Raises UnusableInput for any other file.
    """
    if release and not _RELEASE.fullmatch(release):
        raise UsageError(f"A release is a year and a month such as 2026-04, not {release!r}.")
    with tempfile.TemporaryDirectory() as folder:
        return _import(list(_unpacked(paths, Path(folder))), cache_dir, release, licensed)


def _unpacked(paths: Sequence[Path], folder: Path) -> Iterator[Path]:
    """The files, each archive among them replaced by those it holds."""
    for number, path in enumerate(paths):
        if path.is_file() and path.suffix.lower() == ".zip":
            inside = folder / str(number)
            inside.mkdir()
            yield from unpack(path, inside)
        else:
            yield path


def _import(paths: Sequence[Path], cache_dir: Path, release: str, licensed: bool) -> list[str]:
    done: list[str] = []
    added: list[tuple[str, str, tuple[build.Entry, ...]]] = []
    for path in paths:
        if not path.is_file():
            raise UnusableInput(f"{path} is not a file.")
        name = path.name.lower()
        if name.endswith(".csv"):
            done.append(import_cpt(path, cache_dir / LICENSED, licensed=licensed))
        elif name.endswith(".txt"):
            done.append(_import_hcpcs(path, cache_dir, release))
        elif name.endswith((".xml", ".xml.xz")):
            done.extend(_import_xml(path, cache_dir, release, added))
        else:
            raise UnusableInput(
                f"{path} cannot be imported: only the official ICD-10-CM XML files (.xml, .xml.xz), the HCPCS file"
                " (HCPC…ANWEB.txt), archives of these (.zip) and a licensee's CPT table (.csv) can."
            )
    if added:
        beside = next((each for each in done if _RELEASE.fullmatch(each)), "")
        done.append(_add(added, cache_dir, release or beside))
    return list(dict.fromkeys(done))


def _import_xml(
    path: Path, cache_dir: Path, release: str, added: list[tuple[str, str, tuple[build.Entry, ...]]]
) -> Iterator[str]:
    """Write a tabular list as a release; put the entries of an index among those to be `added`."""
    root = read_xml(path)
    if root.tag == "ICD10CM.tabular":
        tabular = parse_tabular(root, path)
        name = release or _release_of(path, tabular.year)
        build.write_release(_path(cache_dir, name), tabular, release=name, source=path.name)
        yield name
    elif root.tag == "ICD10CM.index":
        kind, entries = parse_index(root, path)
        added.append((kind, path.name, entries))
    else:
        raise UnusableInput(f"{path} is neither the tabular list nor an index or table of ICD-10-CM.")


def _import_hcpcs(path: Path, cache_dir: Path, release: str) -> str:
    items = list(parse_hcpcs(path))
    name = release or release_of(path)
    write_items(_folder(cache_dir) / f"hcpcs-{name}.sqlite", items, {"release": name, "source": path.name})
    return f"HCPCS {name}"


def _add(added: list[tuple[str, str, tuple[build.Entry, ...]]], cache_dir: Path, release: str) -> str:
    """Put the entries of indexes and tables into `release`, all at once: the search is made again for them."""
    known = releases(cache_dir)
    if not known and not release:
        build_tables(cache_dir)
        known = releases(cache_dir)
    target = next((each for each in reversed(known) if release in ("", each.release)), None)
    if target is None:
        raise UsageError(f"There is no release {release} to add the index to. Import its tabular list first.")
    build.add_entries(target.path, added)
    return target.release


def _newer_carried(found: list[Release]) -> bool:
    """Whether the package was updated since its tables were made here; tables of the user's own are left alone."""
    made = [each.release for each in found if _about(each.path).get("carrier") == CARRIER]
    there = _carried_file()
    return bool(made) and there is not None and _release_of(there, "") > max(made)


def _folder(cache_dir: Path) -> Path:
    return cache_dir / "codes"


def _path(cache_dir: Path, release: str) -> Path:
    return _folder(cache_dir) / f"icd10cm-{release}.sqlite"


def _release(path: Path) -> Release | None:
    about = _about(path)
    if "release" not in about:
        return None
    return Release(about["release"], path, int(about["billable"]), about["source"], about.get(INDEX, ""))


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

"""From problems in context to ICD-10-CM suggestions: looked up in the official tables, explained, ranked."""

from transcribe.coding.cpt import documented
from transcribe.coding.learned import Counts, shifted
from transcribe.coding.lookup import Listed, find, known
from transcribe.coding.releases import Release, build_tables, import_files, item_releases, open_tables, releases
from transcribe.coding.suggest import mentioned, suggest
from transcribe.coding.tables import Code, CodeTables, Found, FoundItem

__all__ = [
    "Code",
    "CodeTables",
    "Counts",
    "Found",
    "FoundItem",
    "Listed",
    "Release",
    "build_tables",
    "documented",
    "find",
    "import_files",
    "item_releases",
    "known",
    "mentioned",
    "open_tables",
    "releases",
    "shifted",
    "suggest",
]

"""From problems in context to ICD-10-CM suggestions: looked up in the official tables, explained, ranked."""

from transcribe.coding.cpt import documented
from transcribe.coding.releases import Release, build_tables, import_files, item_releases, open_tables, releases
from transcribe.coding.suggest import mentioned, suggest
from transcribe.coding.tables import Code, CodeTables, Found, FoundItem

__all__ = [
    "Code",
    "CodeTables",
    "Found",
    "FoundItem",
    "Release",
    "build_tables",
    "documented",
    "import_files",
    "item_releases",
    "mentioned",
    "open_tables",
    "releases",
    "suggest",
]

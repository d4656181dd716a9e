"""From problems in context to ICD-10-CM suggestions: looked up in the official tables, explained, ranked."""

from transcribe.coding.releases import Release, build_tables, import_files, open_tables, releases
from transcribe.coding.suggest import suggest
from transcribe.coding.tables import Code, CodeTables, Found

__all__ = [
    "Code",
    "CodeTables",
    "Found",
    "Release",
    "build_tables",
    "import_files",
    "open_tables",
    "releases",
    "suggest",
]

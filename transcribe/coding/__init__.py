"""From problems in context to ICD-10-CM suggestions: looked up in the official tables, explained, ranked."""

from transcribe.coding.cpt import documented
from transcribe.coding.learning import Counts, Tally, rank
from transcribe.coding.releases import Release, build_tables, import_files, open_tables, releases
from transcribe.coding.suggest import mentioned, suggest
from transcribe.coding.tables import Code, CodeTables, Found

__all__ = [
    "Code",
    "CodeTables",
    "Counts",
    "Found",
    "Release",
    "Tally",
    "build_tables",
    "documented",
    "import_files",
    "mentioned",
    "open_tables",
    "rank",
    "releases",
    "suggest",
]

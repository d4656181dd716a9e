"""Writes the catalogue of every sentence that pages say: `python -m transcribe.web.catalogue`, after changing one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import cast

from transcribe.web import language, menu, page, shown
from transcribe.web.pages import figures, people, queue, words

_HEAD = """\
# Every sentence that pages say. For another language, copy this file under its code, as in de.toml, and write the
# translation behind each; what is left empty is said in English. Words in %( )s are filled in and stay as they are.
# Written by: python -m transcribe.web.catalogue
"""


def sentences() -> set[str]:
    """Every sentence in the templates and in the tables beside them."""
    return {
        *_in_templates(),
        *menu.sentences(),
        *shown.STATES.values(),
        *words.sentences(),
        *figures.sentences(),
        *queue.sentences(),
        *chain.from_iterable(people.MEANT.items()),
    }


def _in_templates() -> Iterator[str]:
    environment = page.environment(language.ENGLISH)
    assert environment.loader
    for name in environment.list_templates():
        source = environment.loader.get_source(environment, name)[0]
        for _line, _function, said in environment.extract_translations(source):  # type: ignore[attr-defined]
            yield from filter(None, said if isinstance(said, tuple) else (said,))  # None: it stands in a table.


def written() -> str:
    """The catalogue as it should be."""
    rows = (f'{json.dumps(each, ensure_ascii=False)} = ""\n' for each in sorted(sentences()))
    return _HEAD + "\n" + "".join(rows)


if __name__ == "__main__":
    cast(Path, files(__package__).joinpath("locale", "en.toml")).write_text(written(), "utf-8")

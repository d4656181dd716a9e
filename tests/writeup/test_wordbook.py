"""What a clinic and an author want typed goes before everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.domain import Draft, MarkKind, Span
from transcribe.errors import UnusableInput
from transcribe.work_types import work_type
from transcribe.writeup import Style, Wordbook, hot_words, read_wordbook, write_up

BOOK = Wordbook(
    words=("Zytiga", "Osage Valley Clinic"),
    replace={"novo log": "NovoLog"},
    texts={"knee exam": "Full range of motion. No effusion.\n\nLigaments stable."},
)


def written(said: str, *, book: Wordbook | None = None) -> Draft:
    """The draft of the words `said`."""
    return write_up(said.split(), book=book or Wordbook())


def typed(said: str, style: Style) -> str:
    return written(said, book=Wordbook(style=style)).text


def test_own_words_are_typed_as_the_author_spells_them() -> None:
    """Added words keep their letters, replacements take the place of what is heard."""
    draft = written("novo log was begun at osage valley clinic period", book=BOOK)
    assert draft.text == "NovoLog was begun at Osage Valley Clinic."
    assert not draft.marks


def test_an_own_word_that_was_nearly_heard_is_shown() -> None:
    """A slip of an added word becomes it, with a mark that holds the original."""
    draft = written("he takes zytigga period", book=BOOK)
    assert draft.text == "He takes Zytiga."
    assert [mark.kind for mark in draft.marks] == [MarkKind.CORRECTION]


def test_a_kept_text_is_called_up() -> None:
    """What is called up types the author's text; each of its words leads back to the words that called it up."""
    heard = "plan colon rest period new paragraph use my normal knee exam period new paragraph he left period"
    draft = written(heard, book=BOOK)
    assert draft.text == ("PLAN:\n\nRest.\n\nFull range of motion. No effusion.\n\nLigaments stable.\n\nHe left.")
    start = draft.text.index("effusion")
    assert draft.heard(Span(start, start + 8)) == (6, 12)


def test_a_text_that_is_not_kept_is_asked_about() -> None:
    """A name that the author has no text for stays in words, and the editor is asked."""
    draft = written("use my normal hip exam period", book=BOOK)
    assert draft.text == "Use my normal hip exam."
    assert [mark.kind for mark in draft.marks] == [MarkKind.QUERY]


def test_each_switch_of_a_style_changes_something() -> None:
    """Dimensions, small numbers, Latin, dates and abbreviations are typed as a style says."""
    assert typed("three by four centimeters period", Style(dimensions="by")) == "3 by 4 cm."
    assert typed("he has three sons period", Style(small_numbers="figures")) == "He has 3 sons."
    assert typed("aspirin b i d period", Style(latin="plain")) == "Aspirin BID."
    assert typed("aspirin b i d period", Style(latin="words")) == "Aspirin twice a day."
    assert typed("seen march third twenty twenty six period", Style(dates="numeric")) == "Seen 3/3/2026."
    full = Style(expand=("ASSESSMENT",))
    assert typed("assessment colon c o p d period plan colon c o p d protocol period", full) == (
        "ASSESSMENT:\n\nChronic obstructive pulmonary disease.\n\nPLAN:\n\nCOPD protocol."
    )


def test_the_author_goes_before_the_clinic(tmp_path: Path) -> None:
    """Files are read house, clinic, author; what is nearer to the author wins, the rest adds up."""
    (tmp_path / "house.toml").write_text('[style]\ndates = "numeric"\nlatin = "plain"\n')
    (tmp_path / "clinic-oak-street.toml").write_text('[words]\ntyped = ["Oak"]\n[replace]\n"a b" = "one"\n')
    (tmp_path / "author-dr-lee.toml").write_text('[replace]\n"A B" = "two"\n[style]\nlatin = "words"\n')
    book = read_wordbook(tmp_path, clinic="Oak Street", author="Dr. Lee")
    assert book == Wordbook(("Oak",), {"a b": "two"}, {}, Style(dates="numeric", latin="words"))
    assert read_wordbook(tmp_path / "none", clinic="../x", author="") == Wordbook()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("words = 3", "unknown table 'words'"),
        ("[macros]\n", "unknown table 'macros'"),
        ("[words]\ntyped = 3\n", "'words.typed' must be a list"),
        ("[replace]\na = 3\n", "'replace.a' must be text"),
        ("[style]\ndates = 'short'\n", "'style.dates' must be one of: long, numeric"),
        ("[style]\nfont = 'x'\n", "unknown style 'font'"),
        ("[", "is not TOML"),
    ],
)
def test_a_bad_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    """What cannot be used is refused with its file and key."""
    (tmp_path / "house.toml").write_text(text)
    with pytest.raises(UnusableInput, match=r"house\.toml") as raised:
        read_wordbook(tmp_path)
    assert told in str(raised.value)


def test_hot_words_fit() -> None:
    """The author's words come first, then those of the kind of report, and no more than the recogniser reads."""
    many = Wordbook(words=tuple(f"medication{number}" for number in range(100)))
    assert hot_words(BOOK, work_type("radiology_report"))[:4] == (
        "Zytiga",
        "Osage Valley Clinic",
        "NovoLog",
        "effusion",
    )
    assert 20 < len(hot_words(many)) < 60
    assert hot_words(Wordbook()) == ()

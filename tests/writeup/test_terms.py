"""What was nearly heard is repaired only where it is probable, and never in silence."""

from __future__ import annotations

import pytest

from transcribe.domain import Draft, MarkKind
from transcribe.writeup import Wordbook, write_up
from transcribe.writeup.lexicon import is_word
from transcribe.writeup.sounds import likeness, sound


def written(said: str, *, book: Wordbook | None = None) -> Draft:
    """The draft of the words `said`."""
    return write_up(said.split(), book=book or Wordbook())


REPAIRED = [
    ("he takes omeprezole daily period", "He takes omeprazole daily."),
    ("a tear of the osteocondral surface period", "A tear of the osteochondral surface."),
    ("there is a large joint diffusion period", "There is a large joint effusion."),
    ("the extensor carpal ulnaris tendon is torn period", "The extensor carpi ulnaris tendon is torn."),
    ("there is bone maredema period", "There is bone marrow edema."),
    ("the patela femoral joint period", "The patellofemoral joint."),
]


@pytest.mark.parametrize(("said", "typed"), REPAIRED)
def test_a_term_is_repaired_and_shown(said: str, typed: str) -> None:
    """The term that sounds like what was heard is typed, and a mark on it holds the original."""
    draft = write_up(said.split())
    assert draft.text == typed
    assert [mark.kind for mark in draft.marks] == [MarkKind.CORRECTION]
    assert 'Heard "' in draft.marks[0].reason
    assert any(change.rule == "term" for change in draft.changes)


@pytest.mark.parametrize(
    "said",
    [
        "he has hypetension period",  # hypertension or hypotension
        "he takes florazepam period",  # flurazepam or lorazepam
    ],
)
def test_another_meaning_is_asked_about(said: str) -> None:
    """Where a word of another meaning sounds as much like it, nothing is swapped and the editor is asked."""
    draft = write_up(said.split())
    assert draft.text.lower() == said.replace(" period", ".")
    assert [mark.kind for mark in draft.marks] == [MarkKind.QUERY]


@pytest.mark.parametrize(
    "said",
    [
        "she was switched from apremilast to risankizumab period",
        "the joint fusion was stable period",
        "the anterior and inferior ligaments are intact period",
        "the colonoscope was removed period",
        "mister omeprezole called period",
        "the patient has a sense of humor period",
        "the haemoglobin and the oesophagus are normal period",
    ],
)
def test_words_that_exist_stay(said: str) -> None:
    """Words that exist, their forms, British spelling and people's names are left as they were heard."""
    draft = write_up(said.split())
    assert not [change for change in draft.changes if change.rule == "term"]
    assert not draft.marks


def test_words_are_put_together() -> None:
    """A word of parts that exist is no slip, however rare it is."""
    assert is_word("hyperenhancement") and is_word("enteropathy") and is_word("paediatric") and is_word("pediatric")
    assert not is_word("omeprezole")


def test_likeness_is_of_ear_and_eye() -> None:
    """What sounds alike is alike; a word is wholly like itself."""
    assert sound("philtrum") == sound("filtrum")
    assert likeness("edema", "edema") == 1.0
    assert likeness("talon navicular", "talonavicular") > 0.9
    assert likeness("liver", "spleen") < 0.5


def test_a_misheard_mark_is_asked_about() -> None:
    """Coma between spoken marks is the comma, and the editor is asked; the state of the patient stays."""
    draft = written("No bleeding coma no discharge full stop")
    assert draft.text == "No bleeding, no discharge."
    assert [mark.kind for mark in draft.marks] == [MarkKind.QUERY]
    assert written("He is in a coma comma intubated full stop").text == "He is in a coma, intubated."


def test_a_misheard_full_stop_ends_the_dictation() -> None:
    """Slips of "full stop" are one only where the words end."""
    assert written("The lungs are clear foot stock").text == "The lungs are clear."
    assert written("He was advised to stop").text == "He was advised to stop"
    assert written("The food store was closed comma he said").text == "The food store was closed, he said"


@pytest.mark.parametrize(
    "said",
    [
        "the notes on socialdevelopmental history are short period",
        "the auricular cartilage was harvested period",
        "there is pulmonary oedema period",
        "a proton pump inhibition was tried period",
        "there is hypesthesia of the hand period",
        "he has choreiform movements period",
    ],
)
def test_nothing_is_lost_and_no_form_or_spelling_is_a_slip(said: str) -> None:
    """A word run into a term, another spelling and another form of a term's word stay as they were heard."""
    draft = write_up(said.split())
    assert draft.text[:-1].lower() == said.removesuffix(" period")
    assert not [mark for mark in draft.marks if mark.kind is MarkKind.CORRECTION]

from __future__ import annotations

import subprocess
import sys
import time
import tomllib
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language

from transcribe import clinical
from transcribe.clinical import language
from transcribe.clinical.words import fold, pieces
from transcribe.domain import Reading


def test_importing_the_package_imports_no_spacy() -> None:
    """The library spaCy is imported when a pipeline is loaded, not before."""
    code = "import sys, transcribe.clinical; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_pipeline_is_a_usual_one(nlp: Language) -> None:
    """Entities, sentences, section spans and attributes are where spaCy users look for them."""
    doc = nlp("PLAN:\n\nNo fever. Aspirin 81 mg daily.")
    assert [(ent.text, ent.label_) for ent in doc.ents][:2] == [("fever", "PROBLEM"), ("Aspirin", "DRUG")]
    assert [sent.text.strip() for sent in doc.sents] == ["PLAN:", "No fever.", "Aspirin 81 mg daily."]
    assert [span.label_ for span in doc.spans["sections"]] == ["plan"]
    assert doc.ents[0]._.assertions == {"negated"}
    assert doc.ents[1]._.attributes == {"dose": "81 mg", "frequency": "daily"}


def test_a_pipeline_can_be_saved_and_loaded(nlp: Language, tmp_path: Path) -> None:
    """The usual way to store a pipeline gives the same reading back."""
    nlp.to_disk(tmp_path)
    again = spacy.load(tmp_path)
    text = "He denies chest pain."
    assert clinical.annotate(again, text) == clinical.annotate(nlp, text)


def test_many_texts_read_as_one_by_one(nlp: Language) -> None:
    """Reading in batches changes nothing, and an empty text has an empty reading."""
    texts = ["No fever.", "", "PLAN: Aspirin."]
    assert list(clinical.annotate_all(nlp, texts)) == [clinical.annotate(nlp, text) for text in texts]
    assert clinical.annotate(nlp, " \n ") == clinical.annotate(nlp, "")


def test_texts_are_read_in_other_processes(nlp: Language) -> None:
    """The usual way to read on several cores gives what reading on one gives."""
    texts = ["PAST MEDICAL HISTORY: Asthma.", "PLAN: No fever. Aspirin 81 mg daily for gout.", ""]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of forking where threads run
        docs = list(nlp.pipe(texts, n_process=2))
    assert [language.reading(doc) for doc in docs] == [clinical.annotate(nlp, text) for text in texts]


def test_each_assertion_names_the_words_that_made_it(read: Callable[[str], Reading]) -> None:
    """Cue and range are told for each assertion, those of a section by its heading."""
    text = "FAMILY HISTORY: Diabetes.\nPLAN: She denies fever and has possible gout."
    cues = {entity.text: [(name.value, cue.of(text)) for name, cue in entity.cues] for entity in read(text).entities}
    assert cues == {
        "Diabetes": [("family", "FAMILY HISTORY")],
        "fever": [("negated", "denies")],
        "gout": [("uncertain", "possible")],
    }
    assert all(entity.assertions == {name for name, _ in entity.cues} for entity in read(text).entities)


def test_anyones_spacy_finds_the_components() -> None:
    """Every component and the tokenizer is an entry point of the package, and each names something that exists."""
    points = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    named = points["spacy_factories"] | points["spacy_tokenizers"]
    assert named.keys() == {*language.COMPONENTS, "clinical_learned", "transcribe.clinical_tokenizer.v1"}
    for place in named.values():
        module, _, name = place.partition(":")
        assert callable(getattr(import_module(module), name))


@given(st.text())
def test_the_words_give_the_text_back(text: str) -> None:
    """Cutting a text into words loses no character."""
    words, blanks = pieces(text)
    assert "".join(word + " " * blank for word, blank in zip(words, blanks, strict=True)) == text


def test_folding() -> None:
    """Plurals fold to what their singulars fold to, British spellings to American ones."""
    pairs = [("biopsies", "biopsy"), ("abscesses", "abscess"), ("headaches", "headache"), ("DVTs", "DVT")]
    pairs += [("stenoses", "stenosis"), ("metastases", "metastasis"), ("anaemia", "anemia"), ("feet", "foot")]
    assert all(fold(many) == fold(one) for many, one in pairs)
    assert fold("diabetes") != fold("diabetic")


@pytest.mark.parametrize(
    "piece",
    [
        "1,",
        "A: ",
        "ABC ",
        "no fever, ",
        "aspirin 10 mg ",
        "fracture of the ",
        "(",
        "the patient is well and ",
    ],
)
def test_a_long_text_without_an_end_takes_no_long_time(nlp: Language, piece: str) -> None:
    """Time grows with the length of a text, not with its square, even where no sentence ends."""
    # A busy machine only adds to a time, so the least of a few is the nearest.
    short, long = (min(_seconds(nlp, piece * times) for _ in range(3)) for times in (250, 2500))
    assert long < 40 * short + 0.2


def _seconds(nlp: Language, text: str) -> float:
    begin = time.process_time()
    clinical.annotate(nlp, text)
    return time.process_time() - begin

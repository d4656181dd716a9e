"""One pipeline for all tests of the clinical reading, and short ways to ask it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from spacy.language import Language

from transcribe import clinical
from transcribe.domain import Entity, Reading


@pytest.fixture(scope="session")
def nlp() -> Language:
    return clinical.load()


@pytest.fixture(scope="session")
def read(nlp: Language) -> Callable[[str], Reading]:
    return lambda text: clinical.annotate(nlp, text)


@pytest.fixture(scope="session")
def find(read: Callable[[str], Reading]) -> Callable[[str, str], Entity]:
    """The one entity of a text that is written so."""

    def the_entity(text: str, words: str) -> Entity:
        entities = read(text).entities
        found = [entity for entity in entities if entity.text == words]
        assert len(found) == 1, [entity.text for entity in entities]
        return found[0]

    return the_entity

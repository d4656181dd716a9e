"""A signed report about nobody, as the tests of delivery send it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from transcribe.domain import (
    AcceptedCode,
    Addendum,
    Assertion,
    Category,
    CodeSystem,
    Dictation,
    Draft,
    Entity,
    Header,
    Label,
    Reading,
    Report,
    Section,
    Signature,
    Span,
    Status,
)
from transcribe.work_types import work_type

TEXT = (
    "MEDICATIONS:\n\n1. Metformin 500 mg p.o. b.i.d.\n2. No aspirin.\n\n"
    "PHYSICAL EXAMINATION:\n\nBlood pressure 138/82, pulse 96. Hemoglobin 12.6 g/dL.\n\n"
    "PROCEDURES:\n\nLeft knee aspiration.\n\n"
    "ASSESSMENT:\n\n1. Left knee pain, possibly gout.\n2. No fracture.\n\n"
    "PLAN:\n\nRest."
)
HEADER = Header(
    patient="Ann Example",
    record_number="17",
    date_of_birth=date(1960, 1, 31),
    sex="female",
    encounter="E-9",
    author="Bo Q. Example, MD",
    author_initials="BE",
    transcriptionist_initials="mt",
    clinic="Example Clinic",
    referring="Cy Test, DO",
    copies_to=("Di Copy, MD", "El Copy"),
    date_of_service=date(2026, 5, 18),
    dictated_at=datetime(2026, 5, 18, 16, 42),
    transcribed_at=datetime(2026, 5, 18, 18, 3),
)
SIGNED = Signature("Bo Q. Example", "author", datetime(2026, 5, 19, 8, 5, tzinfo=UTC), "MD", "ab" * 32)
ADDED = Signature("Bo Q. Example", "author", datetime(2026, 5, 21, 9, 0, tzinfo=UTC), "MD", "cd" * 32)


def at(words: str, text: str = TEXT) -> Span:
    start = text.index(words)
    return Span(start, start + len(words))


def entity(words: str, label: Label, section: Category, *assertions: Assertion, **attributes: str) -> Entity:
    return Entity(at(words), label, words, frozenset(assertions), section, attributes)


def sections() -> tuple[Section, ...]:
    kinds = (
        ("MEDICATIONS", Category.MEDICATIONS),
        ("PHYSICAL EXAMINATION", Category.PHYSICAL_EXAMINATION),
        ("PROCEDURES", Category.PROCEDURE),
        ("ASSESSMENT", Category.ASSESSMENT),
        ("PLAN", Category.PLAN),
    )
    starts = [TEXT.index(f"{heading}:") for heading, _ in kinds]
    ends = [*(start - 2 for start in starts[1:]), len(TEXT)]
    return tuple(
        Section(heading, category, Span(start, end), Span(start + len(heading) + 3, end))
        for (heading, category), start, end in zip(kinds, starts, ends, strict=True)
    )


READING = Reading(
    sections(),
    (
        entity("Metformin", Label.DRUG, Category.MEDICATIONS, dose="500 mg", route="p.o.", frequency="b.i.d."),
        entity("aspirin", Label.DRUG, Category.MEDICATIONS, Assertion.NEGATED),
        entity("Blood pressure", Label.TEST, Category.PHYSICAL_EXAMINATION, value="138/82"),
        entity("pulse", Label.TEST, Category.PHYSICAL_EXAMINATION, value="96"),
        entity("Hemoglobin", Label.TEST, Category.PHYSICAL_EXAMINATION, value="12.6", unit="g/dL"),
        entity("Left knee aspiration", Label.PROCEDURE, Category.PROCEDURE, side="left"),
        entity("Left knee pain", Label.PROBLEM, Category.ASSESSMENT, side="left"),
        entity("gout", Label.PROBLEM, Category.ASSESSMENT, Assertion.UNCERTAIN),
        entity("fracture", Label.PROBLEM, Category.ASSESSMENT, Assertion.NEGATED),
    ),
)


def signed(text: str = TEXT, header: Header = HEADER) -> Report:
    """The first version, signed; with another text nothing is read in it."""
    own = text == TEXT
    return Report(
        Dictation("visit", header),
        work_type("progress_note"),
        Draft(text, ()),
        READING if own else Reading((), ()),
        codes=(),
        marks=(),
        made_by={"clinical": "clinical 1", "recogniser": "demo 1"},
        status=Status.SIGNED,
        identity="R-1",
        signatures=(SIGNED,),
        accepted=(
            AcceptedCode(CodeSystem.ICD10CM, "M25.562", "Pain in left knee", "2026", (at("Left knee pain"),)),
            AcceptedCode(CodeSystem.CPT, "99999", "A procedure", "2026"),
        )
        if own
        else (),
    )


def amended() -> Report:
    """Its second version, with an addendum."""
    return replace(signed(), version=2, addenda=(Addendum("The knee was rested.", ADDED, "R-1-A"),))


def with_everywhere(text: str) -> Report:
    """A report with `text` in every field that holds words, and for its own text."""
    header = replace(
        HEADER,
        **dict.fromkeys(("patient", "record_number", "sex", "encounter", "author", "clinic", "referring"), text),
        author_initials=text,
        transcriptionist_initials=text,
        copies_to=(text, text),
    )
    signature = replace(SIGNED, name=text, meaning=text, credentials=text, digest=text)
    return replace(
        signed(text, header),
        identity=text,
        signatures=(signature,),
        addenda=(Addendum(text, signature, text),),
        accepted=(AcceptedCode(CodeSystem.ICD10CM, text, text, text),),
        made_by={"clinical": text, "recogniser": text},
    )

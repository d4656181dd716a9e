"""Proposes ICD-10-CM codes for a report: looked up in the tables, with the words they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from transcribe.coding.around import Surroundings
from transcribe.coding.cpt import procedures
from transcribe.coding.finding import Proposal, kind_of_patient, propose
from transcribe.coding.mentions import complaints, histories, mentions
from transcribe.coding.pregnancy import in_pregnancy, pregnancy
from transcribe.coding.supplies import supplied
from transcribe.coding.tables import CodeTables
from transcribe.coding.together import fit
from transcribe.domain import Band, CareSetting, Category, CodeSuggestion, CodeSystem, Reading, Span


def suggest(
    text: str,
    reading: Reading,
    tables: CodeTables,
    *,
    setting: CareSetting = CareSetting.OUTPATIENT,
    date_of_service: date | None = None,
) -> tuple[CodeSuggestion, ...]:
    """The codes that the report's own conclusions support, in the order of the report, each once.

    Only conclusions are looked at: assessment, impression, diagnoses, plan; for a procedure its indication.
    What is denied, hypothetical or, in an outpatient setting (guideline IV.H), uncertain is not coded; where
    that leaves nothing, the complaint is coded instead. Drugs and supplies given, and procedures of a licensee's
    table, follow the diagnoses.
    """
    expecting = pregnancy(text, reading)
    kind = kind_of_patient(text, pregnant=expecting is not None)
    around = Surroundings(text, reading)
    named = mentions(text, reading, tables)
    stay = setting is CareSetting.INPATIENT
    # What was doubtful or over at the end of a stay was looked after in it; at a visit it is not coded.
    usable = [each for each in named if stay or not (each.uncertain or each.resolved)]
    found = [proposal for mention in usable for proposal in propose(tables, mention, kind, around)]
    doubtful = any(each.uncertain for each in named if each not in usable)
    if doubtful or (not found and _is_study(reading)):
        certain = [each for each in complaints(text, reading, tables, instead=not found) if not each.uncertain]
        found.extend(proposal for mention in certain for proposal in propose(tables, mention, kind, around))
    notice = tables.notice_for(date_of_service)
    day = date_of_service or date.today()
    given = supplied(text, reading, tables.supplies, day) if tables.supplies else ()
    done = procedures(text, reading, tables.procedures, day) if tables.procedures else ()
    fitted = fit(tables, text, reading, in_pregnancy(tables, found, expecting))
    return (*(_suggestion(tables, text, each, notice) for each in fitted), *given, *done)


def mentioned(
    text: str,
    reading: Reading,
    tables: CodeTables,
    suggestions: Sequence[CodeSuggestion],
    *,
    date_of_service: date | None = None,
) -> tuple[CodeSuggestion, ...]:
    """What the past history lists and the visit does not treat: for the coder to know of, not suggested.

    Problems of the categories among `suggestions` are left out.
    """
    around = Surroundings(text, reading)
    kind = kind_of_patient(text, pregnant=False)
    known = {each.code[:3] for each in suggestions}
    found: dict[str, Proposal] = {}
    for mention in histories(text, reading, tables):
        for proposal in propose(tables, replace(mention, historical=False), kind, around):
            if proposal.code[:3] not in known:
                found.setdefault(proposal.code, proposal)
    notice = tables.notice_for(date_of_service)
    return tuple(_suggestion(tables, text, each, notice) for each in found.values())


def _is_study(reading: Reading) -> bool:
    """Whether the report is of a study, whose impression may be that nothing is wrong."""
    return any(each.category is Category.IMPRESSION for each in reading.sections)


def _suggestion(tables: CodeTables, text: str, each: Proposal, notice: str) -> CodeSuggestion:
    return CodeSuggestion(
        system=CodeSystem.ICD10CM,
        code=each.code,
        title=each.title,
        release=tables.release,
        score=round(each.score, 3),
        band=Band.POSSIBLE if each.only_possible else Band.SUGGESTED,
        matched=each.match,
        evidence=_joined(text, each.evidence),
        messages=(*each.messages, notice) if notice else each.messages,
        alternatives=each.alternatives,
    )


def _joined(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans in text order, the mention ahead of all; neighbours and overlaps become one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and not text[joined[-1].end : span.start].strip(" -"):
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(sorted(joined, key=lambda span: not span.contains(spans[0])))

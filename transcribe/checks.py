"""Finds what an editor must look at before a report is signed; it marks, it never changes or blocks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from transcribe.domain import Assertion, Category, Entity, Label, Mark, MarkKind, Report, Section, Severity, Span
from transcribe.usual_values import known
from transcribe.work_types import headings_by_synonym

_BLANK = re.compile(r"\[\s*_*\s*\]|_{3,}|\*{3,}")
_NOT_OURS = frozenset({Assertion.FAMILY, Assertion.NEGATED, Assertion.HISTORICAL})
_SIDED = frozenset({Label.PROBLEM, Label.PROCEDURE, Label.ANATOMY, Label.TEST})
_SIDE_WORDS = re.compile(r"\b(?:left|right|bilateral|both)\s+")
_OPPOSITE = {"left": "right", "right": "left"}
_NOWHERE = Span(0, 0)
# "Oxygen saturation on 2 L": the figure is the flow, not the result.
_VOLUMES = frozenset({"L", "liter", "liters"})
_DATE = re.compile(r"(?:19|20)\d\d|\d{1,2}/\d{1,2}/\d{2,4}")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_DOSE = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s?(mg|mcg|g|mEq|units?)")
_PER_UNIT = {
    "mg": {"mg": 1.0, "g": 1000.0, "mcg": 0.001},
    "mcg": {"mcg": 1.0, "mg": 1000.0, "g": 1e6},
    "mEq": {"mEq": 1.0},
    "units": {"units": 1.0, "unit": 1.0},
}
_STRETCH = re.compile(r"\b(\d[\d,]*)(?:[- ](?:to|or) \d+)?[- ](second|minute|hour|day|week|month|year)s?\b")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d")
_MEANT = {"4": "for", "2": "to"}
_TEEN_DOSE = re.compile(r"\b(1[346789]) (mg)\b(?!/)")
_NEAR = 60
_SENTENCE_END = re.compile(r"[.;]\s|\n")
_DESCRIBED = re.compile(
    r"\b(?:\d+|[a-z]+)[- ](?:year|month|week|day)s?[- ]old\s+(?:[A-Za-z-]+\s+){0,3}?"
    r"(woman|female|lady|girl|man|male|gentleman|boy)\b"
)
# A sentence that begins with "He" or "She" tells of the patient, unless somebody else was spoken of shortly before.
_TOLD_OF = re.compile(
    r"(?:^|(?<=[.!?]\s)|(?<=\n))(He|She)\s+(?:also\s+)?"
    r"(?:has|had|is|was|denies|denied|reports|reported|states|complains|presents|presented|takes|underwent|does|did)\b"
)
_BEFORE = 300


@dataclass(frozen=True, slots=True)
class _Tables:
    """The rules of checks.toml."""

    stands_for: dict[str, frozenset[Category]]
    do_not_use: tuple[tuple[re.Pattern[str], str], ...]
    sided: frozenset[Category]
    implied: dict[str, str]
    given: frozenset[Category]
    families: dict[str, frozenset[str]]
    possible: dict[str, tuple[float, float]]
    pressures: tuple[frozenset[str], tuple[float, float], tuple[float, float]]
    usual: dict[str, dict[str, tuple[float, float]]]
    routes: dict[str, str]
    by_route: dict[str, dict[str, dict[str, tuple[float, float]]]]
    stretches: dict[str, float]
    teens: frozenset[str]
    sex: dict[str, frozenset[str]]
    severity: dict[str, Severity]


@cache
def _tables() -> _Tables:
    raw = tomllib.loads(files("transcribe").joinpath("checks.toml").read_text("utf-8"))
    return _Tables(
        {title: frozenset(map(Category, categories)) for title, categories in raw["stands_for"].items()},
        tuple((re.compile(row["pattern"]), row["say"]) for row in raw["do_not_use"]),
        frozenset(map(Category, raw["sides"]["sections"])),
        {word: part for part, words in raw["implied"].items() for word in words},
        frozenset(map(Category, raw["given"]["sections"])),
        {family: frozenset(names) for family, names in raw["families"].items()},
        {name: _range(row) for name, row in raw["possible"].items()},
        (
            frozenset(raw["blood_pressure"]["names"]),
            _range(raw["blood_pressure"]["systolic"]),
            _range(raw["blood_pressure"]["diastolic"]),
        ),
        {unit: _ranges(raw[f"usual_{unit}"]) for unit in _PER_UNIT},
        {words: route for route, written in raw["routes"].items() for words in written},
        {
            route: {unit: _ranges(drugs) for unit, drugs in units.items()}
            for route, units in raw["usual_by_route"].items()
        },
        {unit: float(most) for unit, most in raw["stretches"].items()},
        frozenset(raw["teens"]["drugs"]),
        {name: frozenset(words) for name, words in raw["sex"].items()},
        {name: Severity(word) for name, word in raw["severity"].items()},
    )


def _ranges(rows: dict[str, list[float]]) -> dict[str, tuple[float, float]]:
    return {name: _range(row) for name, row in rows.items()}


def _range(row: list[float]) -> tuple[float, float]:
    least, most = row
    return float(least), float(most)


def check(report: Report) -> tuple[Mark, ...]:
    """The marks of all checks in text order; what stands nowhere in the text comes first, at `Span(0, 0)`."""
    found = {
        "missing_heading": _missing_headings(report),
        "blank": _blanks(report),
        "do_not_use": _abbreviations(report.text),
        "side": _sides(report),
        "allergy": _allergies(report),
        "value": _values(report),
        "stretch": _stretches(report.text),
        "dose": _doses(report),
        "teen": _teens(report.text),
        "sex": _sexes(report),
        "unclear": _unclear(report),
    }
    severity = _tables().severity
    marks = [replace(mark, severity=severity[name]) for name, every in found.items() for mark in every]
    return tuple(sorted(marks, key=lambda mark: mark.span))


def _missing_headings(report: Report) -> Iterator[Mark]:
    """Headings that the work type asks for and no section stands for."""
    known = headings_by_synonym()
    written = [section.heading.lower() for section in report.reading.sections]
    titles = {known[words].title for words in written if words in known}
    categories = {section.category for section in report.reading.sections if section.heading}
    for title in report.work_type.required:
        if title not in titles and not categories & _tables().stands_for.get(title, frozenset()):
            reason = f"The heading {title} is missing; this report ({report.work_type.title}) asks for it."
            yield Mark(_NOWHERE, MarkKind.MISSING_HEADING, reason)


def _blanks(report: Report) -> Iterator[Mark]:
    """Blanks left in the text that carry no mark yet."""
    marked = [mark.span for mark in (*report.draft.marks, *report.marks) if mark.kind is MarkKind.BLANK]
    for match in _BLANK.finditer(report.text):
        span = Span(*match.span())
        if not any(span.overlaps(other) for other in marked):
            yield Mark(span, MarkKind.BLANK, "Something was left blank here: listen again and fill it in.")


def _abbreviations(text: str) -> Iterator[Mark]:
    """Abbreviations and ways to write a dose that have led to wrong doses."""
    for pattern, say in _tables().do_not_use:
        for match in pattern.finditer(text):
            yield Mark(Span(*match.span()), MarkKind.CHECK, say)


def _sides(report: Report) -> Iterator[Mark]:
    """Parts of the body that are left in one section and right in another.

    Where one section speaks of both sides, so may the others.
    """
    first: dict[str, Entity] = {}
    both = _two_sided(report)
    for entity in _sided(report):
        site = _site(entity)
        earlier = first.setdefault(site, entity)
        same_section = _section(report, earlier) == _section(report, entity)
        if site in both or same_section or _side(entity) != _OPPOSITE[_side(earlier)]:
            continue
        reason = (
            f"Here it is the {_side(entity)} {site}, but the {_side(earlier)} {site} under "
            f"{_heading(report, earlier)}: check which side is right."
        )
        yield Mark(entity.span, MarkKind.CHECK, reason)


def _two_sided(report: Report) -> set[str]:
    """The parts of the body of which one section names both sides."""
    seen: dict[tuple[str, Section | None], set[str]] = {}
    for entity in report.reading.entities:
        if _site(entity) and _side(entity):
            seen.setdefault((_site(entity), _section(report, entity)), set()).add(_side(entity))
    return {site for (site, _), sides in seen.items() if len(sides) > 1 or "bilateral" in sides}


def _sided(report: Report) -> Iterator[Entity]:
    """The entities that name one side of a part of the body, now and in the patient."""
    for entity in report.reading.entities:
        fits = entity.label in _SIDED and entity.section in _tables().sided
        if fits and _side(entity) in _OPPOSITE and _site(entity) and not entity.assertions & _NOT_OURS:
            yield entity


def _side(entity: Entity) -> str:
    return entity.attributes.get("side", "")


def _site(entity: Entity) -> str:
    """The part of the body an entity is about, without its side; one that the words of the entity imply counts."""
    implied = (_tables().implied.get(word) for word in re.findall(r"[a-z]+", entity.text.lower()))
    return next(filter(None, implied), "") or _SIDE_WORDS.sub("", entity.attributes.get("site", ""))


def _section(report: Report, entity: Entity) -> Section | None:
    """The section that an entity stands in."""
    sections = reversed(report.reading.sections)
    return next((section for section in sections if section.span.start <= entity.span.start), None)


def _heading(report: Report, entity: Entity) -> str:
    """The heading that an entity stands under, in words for the editor."""
    section = _section(report, entity)
    return section.heading.upper() if section and section.heading else "the beginning"


def _allergies(report: Report) -> Iterator[Mark]:
    """Drugs that are to be taken although the patient is allergic to them or to their family."""
    allergens = [_drug_name(entity) for entity in report.reading.entities if _is_allergen(report, entity)]
    for entity in report.reading.entities:
        if entity.label is not Label.DRUG or entity.section not in _tables().given:
            continue
        if entity.assertions & (_NOT_OURS | {Assertion.HYPOTHETICAL}):
            continue
        allergen = next((name for name in allergens if _related(name, _drug_name(entity))), None)
        if allergen is not None and not _is_allergen(report, entity):
            reason = f"The allergies name {allergen}: check that {entity.text} is meant to be given."
            yield Mark(entity.span, MarkKind.CHECK, reason)


def _is_allergen(report: Report, entity: Entity) -> bool:
    """Whether the entity names what the patient is allergic to."""
    ours = not entity.assertions & {Assertion.NEGATED, Assertion.FAMILY}
    before = report.text[: entity.span.start].rstrip().lower()
    told = before.endswith(("allergic to", "allergy to", "allergies to"))
    told = told or report.text.startswith("allergic", entity.span.end + 1)
    listed = entity.label is Label.DRUG and (told or entity.section is Category.ALLERGIES)
    return ours and (listed or entity.text.lower().endswith((" allergy", " allergies")))


def _drug_name(entity: Entity) -> str:
    """The drug of an entity in lower case, "allergy" left out."""
    return re.sub(r"\s+allerg(?:y|ies)$", "", entity.text.lower())


def _related(allergen: str, drug: str) -> bool:
    """Whether two drugs are the same, or of one family."""
    if allergen == drug or allergen.split()[0] == drug.split()[0]:
        return True
    return any(_in_family(allergen, names) and _in_family(drug, names) for names in _tables().families.values())


def _in_family(drug: str, names: frozenset[str]) -> bool:
    return drug in names or drug.split()[0] in names


def _values(report: Report) -> Iterator[Mark]:
    """Results that no living patient can have."""
    names, systolic, diastolic = _tables().pressures
    for entity in report.reading.entities:
        figures = [_figure(match) for match in _NUMBER.findall(entity.attributes.get("value", ""))]
        told = entity.label is Label.TEST and figures and not _DATE.fullmatch(entity.attributes["value"])
        if not told or entity.attributes.get("unit") in _VOLUMES:
            continue
        name = entity.text.lower()
        if name in names and "/" in entity.attributes["value"] and len(figures) == 2:
            wrong = not (_within(figures[0], systolic) and _within(figures[1], diastolic))
            wrong = wrong or figures[0] <= figures[1]
        else:
            about = known(name)
            limits = _tables().possible.get(name) or (_tables().possible.get(about.name) if about else None)
            wrong = limits is not None and not all(_within(figure, limits) for figure in figures)
        if wrong:
            reason = f"A value of {entity.attributes['value']} is not possible for {name}: listen again."
            yield Mark(entity.span, MarkKind.CHECK, reason)


def _figure(words: str) -> float:
    return float(words.replace(",", ""))


def _within(figure: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= figure <= limits[1]


def _doses(report: Report) -> Iterator[Mark]:
    """Doses outside the usual range of an adult for their route, the signs of fifteen heard as fifty."""
    for entity in report.reading.entities:
        doses = filter(None, map(_DOSE.fullmatch, re.split("[,;] ", entity.attributes.get("dose", ""))))
        if entity.label is Label.DRUG:
            yield from _unusual(entity, doses)


def _unusual(entity: Entity, doses: Iterable[re.Match[str]]) -> Iterator[Mark]:
    """A mark for each dose of a drug that is outside its usual range."""
    drug = entity.text.lower().split()[0]
    for dose in doses:
        route = _tables().routes.get(entity.attributes.get("route", "").lower(), "")
        for unit, by in _PER_UNIT.items():
            usual, way = _usual(drug, route, unit)
            if usual is not None and dose[2] in by and not _within(_figure(dose[1]) * by[dose[2]], usual):
                low, high = usual
                reason = f"The usual adult dose{way} is {low:g} to {high:g} {unit}, here it is {dose[0]}: check it."
                yield Mark(entity.span, MarkKind.CHECK, reason)


def _stretches(text: str) -> Iterator[Mark]:
    """Stretches of time longer than anybody dictates, the sign of "for twelve hours" heard as "412 hours"."""
    for match in _STRETCH.finditer(text):
        most = _tables().stretches[match[2]]
        if _figure(match[1]) <= most or (match[2] == "hour" and _CLOCK.fullmatch(match[1])):
            continue
        first, rest = match[1][0], match[1][1:]
        meant = f'was "{_MEANT[first]} {rest}" said? Listen' if first in _MEANT and rest else "listen"
        yield Mark(Span(*match.span()), MarkKind.QUERY, f"{match[1]} {match[2]}s are unlikely: {meant} again.")


def _teens(text: str) -> Iterator[Mark]:
    """Doses such as 14 mg, in which few drugs come, and which sound like those in which most do: 40 mg."""
    for match in _TEEN_DOSE.finditer(text):
        before = _SENTENCE_END.split(text[max(0, match.start() - _NEAR) : match.start()])[-1]
        after = _SENTENCE_END.split(text[match.end() : match.end() + _NEAR])[0]
        if not _tables().teens & set(re.findall(r"[a-z]+", f"{before} {after}".lower())):
            reason = f"Few drugs come in {match[1]} mg: was it {match[1][1]}0 mg? Listen again."
            yield Mark(Span(*match.span()), MarkKind.QUERY, reason)


def _usual(drug: str, route: str, unit: str) -> tuple[tuple[float, float] | None, str]:
    """The usual dose of a drug by a route, or by any where the route makes no difference, and words for the route."""
    by_route = _tables().by_route.get(route, {}).get(unit, {}).get(drug)
    if by_route is not None:
        return by_route, f" by this route ({route})"
    other_unit = any(drug in drugs for drugs in _tables().by_route.get(route, {}).values())
    return (None if other_unit else _tables().usual[unit].get(drug)), ""


def _sexes(report: Report) -> Iterator[Mark]:
    """What is said of a patient of the other sex than the header or the first description tells."""
    told = [(match.span(1), _sex_of(match[1])) for match in _DESCRIBED.finditer(report.text)]
    known = _header_sex(report) or (told[0][1] if told else "")
    if not known:
        return
    other = "female" if known == "male" else "male"
    for place, sex in told:
        if sex == other:
            reason = f"Here the patient is {sex}, elsewhere {known}: check which is right."
            yield Mark(Span(*place), MarkKind.CHECK, reason)
    yield from _pronouns(report, known)
    for entity in report.reading.entities:
        words = set(re.findall(r"[a-z]+", entity.text.lower()))
        ours = not entity.assertions & {Assertion.FAMILY, Assertion.NEGATED}
        if ours and (words & _tables().sex[f"only_{other}"] or entity.text.lower() in _tables().sex[f"only_{other}"]):
            reason = f"The patient is {known}: check whether this is said of the patient."
            yield Mark(entity.span, MarkKind.CHECK, reason)


def _pronouns(report: Report, known: str) -> Iterator[Mark]:
    """The first sentence that begins with the pronoun of the other sex where no one else is spoken of."""
    for match in _TOLD_OF.finditer(report.text):
        before = report.text[max(0, match.start() - _BEFORE) : match.start()].lower()
        others = _tables().sex["others"] & set(re.findall(r"[a-z]+", before))
        if (match[1] == "He") is (known == "female") and not others:
            reason = f'Here it is "{match[1]}", elsewhere the patient is {known}: check which is right.'
            yield Mark(Span(*match.span(1)), MarkKind.CHECK, reason)
            return


def _unclear(report: Report) -> Iterator[Mark]:
    """Abbreviations that the text leaves open."""
    for entity in report.reading.entities:
        meanings = entity.attributes.get("unclear")
        if meanings:
            yield Mark(entity.span, MarkKind.QUERY, f"Does {entity.text} mean {meanings}? Write it out.")


def _header_sex(report: Report) -> str:
    """The sex of the header as "male" or "female"; nothing when it is not known."""
    letter = report.dictation.header.sex.strip().lower()[:1]
    return {"m": "male", "f": "female", "w": "female"}.get(letter, "")


def _sex_of(word: str) -> str:
    return "female" if word.lower() in _tables().sex["female"] else "male"

"""The vocabulary of the product: plain frozen values that every step takes and gives.

Every entity, code and section can be traced to the audio second it came from:
`Span` into the draft text → `Token` → range of heard `Word`s → seconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256


class Label(StrEnum):
    """What kind of medical thing an entity is."""

    PROBLEM = "PROBLEM"
    DRUG = "DRUG"
    PROCEDURE = "PROCEDURE"
    TEST = "TEST"
    ANATOMY = "ANATOMY"
    DOSAGE = "DOSAGE"
    ROUTE = "ROUTE"
    FREQUENCY = "FREQUENCY"
    VALUE = "VALUE"


class Assertion(StrEnum):
    """What the report says about an entity; none of them means: present, now, in the patient."""

    NEGATED = "negated"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"
    HYPOTHETICAL = "hypothetical"
    FAMILY = "family"


class Category(StrEnum):
    """The part of a report that a section is, whatever its heading says."""

    CHIEF_COMPLAINT = "chief_complaint"
    HISTORY_OF_PRESENT_ILLNESS = "history_of_present_illness"
    PAST_MEDICAL_HISTORY = "past_medical_history"
    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    FAMILY_HISTORY = "family_history"
    SOCIAL_HISTORY = "social_history"
    REVIEW_OF_SYSTEMS = "review_of_systems"
    PHYSICAL_EXAMINATION = "physical_examination"
    RESULTS = "results"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    ASSESSMENT_AND_PLAN = "assessment_and_plan"
    PROCEDURE = "procedure"
    FINDINGS = "findings"
    IMPRESSION = "impression"
    HOSPITAL_COURSE = "hospital_course"
    DISPOSITION = "disposition"
    OTHER = "other"


class CareSetting(StrEnum):
    """Where the patient was seen; coding guidelines differ between the two."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"


class CodeSystem(StrEnum):
    """The code tables a suggestion can come from."""

    ICD10CM = "ICD-10-CM"
    HCPCS = "HCPCS"
    CPT = "CPT"


class Band(StrEnum):
    """How a suggestion is shown to the editor: suggested is ticked, possible is not."""

    SUGGESTED = "suggested"
    POSSIBLE = "possible"


class Status(StrEnum):
    """The life of a report."""

    DRAFT = "draft"
    RELEASED = "released"
    SIGNED = "signed"


class MarkKind(StrEnum):
    """Why an editor is asked to look at a place."""

    BLANK = "blank"
    QUERY = "query"
    CORRECTION = "correction"
    MISSING_HEADING = "missing_heading"
    CHECK = "check"


class FlawKind(StrEnum):
    """What can be wrong with a recording that can be transcribed all the same."""

    NO_SPEECH = "no_speech"
    SILENT = "silent"
    TOO_QUIET = "too_quiet"
    CLIPPED = "clipped"
    HUM = "hum"
    EMPTY_CHANNEL = "empty_channel"
    ANTI_PHASE = "anti_phase"
    DAMAGED = "damaged"
    CUT_SHORT = "cut_short"
    LYING_HEADER = "lying_header"
    MISNAMED = "misnamed"


class Severity(StrEnum):
    """How much harm may come of a place that nobody looks at; no severity keeps a report from being signed."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open character range into one text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a range: {self.start}..{self.end}")

    def overlaps(self, other: Span) -> bool:
        """Whether the two ranges share at least one character."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: Span) -> bool:
        """Whether `other` lies wholly inside this range."""
        return self.start <= other.start and other.end <= self.end

    def of(self, text: str) -> str:
        """The characters of `text` in this range."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Word:
    """One heard word; `start` and `end` are seconds from the beginning of the recording."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a recording that can be transcribed all the same; `reason` tells a person.

    `seconds` is how much of it is concerned, or missing; `audio` is the place (start, end in seconds) where it has one.
    """

    kind: FlawKind
    seconds: float
    reason: str
    audio: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard; `duration` is the length of the recording in seconds, missing pieces in its middle included.

    `unheard` are the stretches (start, end in seconds) in which somebody seems to speak and no word was recognised.
    `flaws` is what is wrong with the recording.
    """

    words: tuple[Word, ...]
    duration: float
    made_by: str
    unheard: tuple[tuple[float, float], ...] = ()
    flaws: tuple[Flaw, ...] = ()

    @property
    def text(self) -> str:
        """The heard words joined by blanks."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class Token:
    """One written token: its place in the draft text and the heard words `[first, last)` it came from."""

    span: Span
    heard: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One rule that fired in the write-up: which heard words `[first, last)` became what, by which rule."""

    rule: str
    heard: tuple[int, int]
    written: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place the editor must look at; `audio` is its (start, end) in seconds where it is known."""

    span: Span
    kind: MarkKind
    reason: str
    audio: tuple[float, float] | None = None
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written up: one text, and for every written token the heard words it came from.

    `tokens` are in text order and do not overlap. A token that no word stands behind (a bracket for a
    blank, say) has an empty heard range. `strange` are words that no list has and nobody asked about yet.
    """

    text: str
    tokens: tuple[Token, ...]
    changes: tuple[Change, ...] = ()
    marks: tuple[Mark, ...] = ()
    strange: tuple[Span, ...] = ()

    def heard(self, span: Span) -> tuple[int, int] | None:
        """The heard words `[first, last)` behind `span`, or None when nothing heard stands behind it."""
        low = bisect_right(self.tokens, span.start, key=lambda token: token.span.end)
        high = bisect_left(self.tokens, span.end, key=lambda token: token.span.start)
        ranges = [token.heard for token in self.tokens[low:high] if token.heard[0] < token.heard[1]]
        if not ranges:
            return None
        return min(first for first, _ in ranges), max(last for _, last in ranges)

    def audio(self, span: Span, transcript: Transcript | None) -> tuple[float, float] | None:
        """The (start, end) in seconds of the words behind `span`; None without audio."""
        heard = self.heard(span)
        if heard is None or transcript is None:
            return None
        words = transcript.words[heard[0] : heard[1]]
        return min(word.start for word in words), max(word.end for word in words)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report; `span` runs from the heading to the end of its text, `body` is the text alone.

    Text before the first heading is a section with an empty heading.
    """

    heading: str
    category: Category
    span: Span
    body: Span


@dataclass(frozen=True, slots=True)
class Entity:
    """A medical mention; `cues` names for each assertion the words that made it so."""

    span: Span
    label: Label
    text: str
    assertions: frozenset[Assertion] = frozenset()
    section: Category = Category.OTHER
    attributes: Mapping[str, str] = field(default_factory=dict)
    cues: tuple[tuple[Assertion, Span], ...] = ()


@dataclass(frozen=True, slots=True)
class Medication:
    """A drug that the patient takes or is to take; what is not said is an empty string."""

    span: Span
    drug: str
    dose: str = ""
    route: str = ""
    frequency: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """An entry of the problem list; `status` is "active", "suspected" or "past"."""

    span: Span
    problem: str
    status: str
    site: str = ""
    side: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Allergy:
    """What the patient does not tolerate, and what it did, if that is said."""

    span: Span
    substance: str
    reaction: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A vital sign or laboratory value; `flag` is "high", "low", "abnormal", "normal" or empty where nothing tells."""

    span: Span
    test: str
    value: str
    unit: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a report says as tables; each row's span is the entity that names it.

    `no_known_allergies`: the report says that there are none.
    """

    medications: tuple[Medication, ...] = ()
    problems: tuple[Condition, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    vitals: tuple[Measurement, ...] = ()
    laboratory: tuple[Measurement, ...] = ()
    no_known_allergies: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What a written text says: its sections, the entities in them, both in text order, and both as tables."""

    sections: tuple[Section, ...]
    entities: tuple[Entity, ...]
    tables: Tables = Tables()


@dataclass(frozen=True, slots=True)
class Match:
    """Why a code was found: the term of the tables and the table it stands in."""

    term: str
    source: str


@dataclass(frozen=True, slots=True)
class CodeSuggestion:
    """A proposed code, never a fact; `evidence` are the spans a coder must read to check it."""

    system: CodeSystem
    code: str
    title: str
    release: str
    score: float
    band: Band
    matched: Match
    evidence: tuple[Span, ...]
    messages: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the house style; `synonyms` are lower-case ways to say or write it, the title included."""

    title: str
    category: Category
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WorkType:
    """A kind of report; `headings` and `required` are titles of `Heading`s in the order of the report.

    `signatures` are what it must be signed as before it leaves, each by another person; with `proxy` somebody may sign
    for the author.
    """

    key: str
    title: str
    loinc: str
    headings: tuple[str, ...]
    required: tuple[str, ...]
    turnaround_hours: int
    spoken: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ("author",)
    proxy: bool = True


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a dictation before it is heard; an empty string means: not known."""

    patient: str = ""
    record_number: str = ""
    date_of_birth: date | None = None
    sex: str = ""
    encounter: str = ""
    author: str = ""
    author_initials: str = ""
    transcriptionist_initials: str = ""
    clinic: str = ""
    referring: str = ""
    copies_to: tuple[str, ...] = ()
    work_type: str = ""
    stat: bool = False
    setting: CareSetting = CareSetting.OUTPATIENT
    date_of_service: date | None = None
    dictated_at: datetime | None = None
    transcribed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dictation:
    """The uploaded recording with its header; `name` identifies it to people and names its output files."""

    name: str
    header: Header = field(default_factory=Header)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, as what and when; `signed_at` has its zone, `digest` binds the signature to what was signed.

    `meaning` says what the signature stands for, as in "author" or "reviewed and approved".
    """

    name: str
    meaning: str
    signed_at: datetime
    credentials: str = ""
    digest: str = ""

    @property
    def printed(self) -> str:
        """The name with its credentials, each once."""
        if not self.credentials or self.name.endswith(f", {self.credentials}"):
            return self.name
        return f"{self.name}, {self.credentials}"


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was added to a signed report, whose own text stays as it is; `identity` is that of the addendum."""

    text: str
    signature: Signature
    identity: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedCode:
    """A code that a person answers for; `evidence` is where the text says it."""

    system: CodeSystem
    code: str
    title: str
    release: str
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything known of one dictation: the version of record that people review, sign and deliver.

    `made_by` names the artefact behind each step: recogniser, writeup, clinical, codes. `identity` is the same for
    every `version` of the report; versions count from 1, and each has its own signatures. `mentioned` are codes of the
    past history that the visit does not treat and `procedures` what it says was done: for the coder to know of.
    `replaces` is the last signature of the version before, `replaced_by` that of the version which took its place;
    `withdrawn_at` is when somebody said that it does not count any more.
    """

    dictation: Dictation
    work_type: WorkType
    draft: Draft
    reading: Reading
    codes: tuple[CodeSuggestion, ...]
    marks: tuple[Mark, ...]
    made_by: Mapping[str, str]
    transcript: Transcript | None = None
    status: Status = Status.DRAFT
    identity: str = ""
    version: int = 1
    signatures: tuple[Signature, ...] = ()
    addenda: tuple[Addendum, ...] = ()
    accepted: tuple[AcceptedCode, ...] = ()
    mentioned: tuple[CodeSuggestion, ...] = ()
    procedures: tuple[Span, ...] = ()
    replaces: Signature | None = None
    replaced_by: Signature | None = None
    withdrawn_at: datetime | None = None

    @property
    def text(self) -> str:
        """The written form that every span points into."""
        return self.draft.text

    @property
    def digest(self) -> str:
        """The SHA-256 of the text in UTF-8, as 64 hexadecimal digits."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

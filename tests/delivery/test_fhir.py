"""A report becomes a FHIR document that other programs accept, and says of the patient only what the report asserts."""

from __future__ import annotations

import base64
import copy
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from tests.delivery.examples import TEXT, amended, at, signed, with_everywhere
from tests.naughty import TEXTS
from transcribe.delivery.attachment import PDF, Attachment
from transcribe.delivery.fhir import claim_bundle, document_bundle, problems
from transcribe.document.words import printable
from transcribe.domain import (
    AcceptedCode,
    Category,
    CodeSystem,
    Entity,
    Label,
    Reading,
    Report,
    Section,
    Span,
    Status,
)

NOW = datetime(2026, 5, 19, 9, 0, tzinfo=UTC)


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def document(report: Report) -> dict[str, Any]:
    """The document after another program has read and written it."""
    made = document_bundle(report, NOW)
    assert problems(made) == ()
    read = json.loads(Bundle.model_validate_json(json.dumps(made)).model_dump_json())
    assert isinstance(read, dict)
    return read


def test_document_holds_what_a_clinic_needs() -> None:
    """Composition first, then the people, the document itself, the facts, and who signed and who read them."""
    kinds = [entry["resource"]["resourceType"] for entry in document(signed())["entry"]]
    people = ["Patient", "Practitioner", "Device", "Organization", "Encounter"]
    facts = ["Condition"] * 2 + ["MedicationStatement"] + ["Observation"] * 3 + ["Procedure"]
    assert kinds == ["Composition", *people, "DocumentReference", *facts, "Provenance", "Provenance"]


def test_text_comes_back() -> None:
    """The document reference holds the text to the letter, and a file byte for byte; both hashes are told."""
    made = document_bundle(signed(), NOW, attachments=[Attachment(b"%PDF", PDF)])
    assert problems(made) == ()
    (reference,) = resources(made, "DocumentReference")
    contents = [base64.b64decode(each["attachment"]["data"]) for each in reference["content"]]
    assert contents == [TEXT.encode(), b"%PDF"]
    assert reference["identifier"][2]["value"] == signed().digest
    assert reference["status"] == "current"
    assert reference["category"][0]["coding"][0]["code"] == "clinical-note"
    assert reference["type"]["coding"][0] == {"system": "http://loinc.org", "code": "11506-3"}


def test_only_asserted_facts_are_told() -> None:
    """What is denied is no fact, what is doubted is provisional, and an accepted code takes the place of its words."""
    made = document(signed())
    conditions = {
        each["code"]["text"]: each["verificationStatus"]["coding"][0]["code"] for each in resources(made, "Condition")
    }
    assert conditions == {"Left knee pain": "confirmed", "gout": "provisional"}
    (medication,) = resources(made, "MedicationStatement")
    assert medication["medicationCodeableConcept"]["text"] == "Metformin"
    assert medication["dosage"] == [{"text": "500 mg p.o. b.i.d."}]
    assert [each["code"]["text"] for each in resources(made, "Procedure")] == ["Left knee aspiration"]


def test_measurements_keep_their_numbers_and_units() -> None:
    """A pressure is two numbers, a number with a unit keeps it, and no unit is guessed."""
    pressure, pulse, hemoglobin = resources(document(signed()), "Observation")
    assert [part["valueQuantity"] for part in pressure["component"]] == [
        {"value": 138, "unit": "mmHg"},
        {"value": 82, "unit": "mmHg"},
    ]
    assert pulse["valueQuantity"] == {"value": 96}
    assert hemoglobin["valueQuantity"] == {"value": 12.6, "unit": "g/dL"}
    assert [each["category"][0]["coding"][0]["code"] for each in (pressure, pulse)] == ["vital-signs"] * 2
    assert "category" not in hemoglobin


def test_words_decide_how_sure_a_code_is() -> None:
    """A code that may be billed for a probable illness is provisional; the words are those of the report."""
    code = AcceptedCode(CodeSystem.ICD10CM, "M10.9", "Gout, unspecified", "2026", (at("possibly gout"),))
    made = document(replace(signed(), accepted=(code,)))
    told = {
        each["code"]["text"]: each["verificationStatus"]["coding"][0]["code"] for each in resources(made, "Condition")
    }
    assert told == {"possibly gout": "provisional", "Left knee pain": "confirmed"}


def test_what_was_believed_before_is_no_fact() -> None:
    """An admitting diagnosis without an accepted code is not told, and the same words are told once."""
    text = "ADMITTING DIAGNOSIS:\n\nShock.\n\nDISCHARGE DIAGNOSIS:\n\n1. Gout.\n2. Gout."
    places = [Span(found.start(), found.end()) for found in re.finditer("Shock|Gout", text)]
    problems_read = tuple(Entity(place, Label.PROBLEM, place.of(text), section=Category.ASSESSMENT) for place in places)
    border = text.index("DISCHARGE")
    read = Reading(
        (
            Section("ADMITTING DIAGNOSIS", Category.ASSESSMENT, Span(0, border - 2), Span(22, border - 2)),
            Section("DISCHARGE DIAGNOSIS", Category.ASSESSMENT, Span(border, len(text)), Span(border + 22, len(text))),
        ),
        problems_read,
    )
    made = document(replace(signed(text), reading=read))
    assert [each["code"]["text"] for each in resources(made, "Condition")] == ["Gout"]


def test_sections_link_what_they_say() -> None:
    """Each section has its heading, LOINC code, words, and the facts that stand in it."""
    made = document(signed())
    urls = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in made["entry"]}
    sections = resources(made, "Composition")[0]["section"]
    told = {each["title"]: [urls[entry["reference"]] for entry in each.get("entry", [])] for each in sections}
    assert told == {
        "MEDICATIONS": ["MedicationStatement"],
        "PHYSICAL EXAMINATION": ["Observation"] * 3,
        "PROCEDURES": ["Procedure"],
        "ASSESSMENT": ["Condition", "Condition"],
        "PLAN": [],
        "Document": ["DocumentReference"],
    }
    assert sections[0]["code"]["coding"][0]["code"] == "10160-0"


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (replace(signed(), status=Status.DRAFT), "preliminary"),
        (replace(signed(), status=Status.RELEASED), "preliminary"),
        (signed(), "final"),
        (amended(), "amended"),
    ],
)
def test_status_is_that_of_the_report(report: Report, status: str) -> None:
    """Nobody takes a draft for final; without a signature no one has attested and nothing is confirmed."""
    made = document(report)
    (composition,) = resources(made, "Composition")
    assert composition["status"] == resources(made, "DocumentReference")[0]["docStatus"] == status
    assert bool(composition.get("attester")) is (report.status is Status.SIGNED)
    confirmed = {each["verificationStatus"]["coding"][0]["code"] for each in resources(made, "Condition")}
    assert ("confirmed" in confirmed) is (report.status is Status.SIGNED)
    assert any(each.get("signature") for each in resources(made, "Provenance")) is (report.status is Status.SIGNED)


def test_signature_says_who_when_what_and_binds() -> None:
    """Printed name, moment with zone, purpose, meaning, and the hash that binds the signature to the text."""
    provenance = resources(document(signed()), "Provenance")[0]
    (signature,) = provenance["signature"]
    assert provenance["activity"]["text"] == "author"
    assert signature["who"]["display"] == "Bo Q. Example, MD"
    assert signature["when"].startswith("2026-05-19T08:05:00")
    assert signature["type"][0]["code"] == "1.2.840.10065.1.12.1.1"
    assert base64.b64decode(signature["data"]) == b"ab" * 32


def test_same_report_gives_the_same_document() -> None:
    """Ids depend on the report and its version alone, so a receiver can drop a repeat."""
    assert document_bundle(signed(), NOW) == document_bundle(signed(), NOW)
    urls = [{entry["fullUrl"] for entry in document_bundle(each, NOW)["entry"]} for each in (signed(), amended())]
    assert not urls[0] & urls[1]


def test_codes_become_a_draft_claim() -> None:
    """Diagnoses and services are apart, the claim is a draft, and who pays is not invented."""
    made = claim_bundle(signed(), NOW)
    assert problems(made) == ()
    Bundle.model_validate_json(json.dumps(made))
    (claim,) = resources(made, "Claim")
    assert (claim["status"], claim["use"]) == ("draft", "claim")
    assert [each["diagnosisCodeableConcept"]["coding"][0]["code"] for each in claim["diagnosis"]] == ["M25.562"]
    assert [each["productOrService"]["coding"][0]["code"] for each in claim["item"]] == ["99999"]
    assert "total" not in claim


class Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.lines: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "p":
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        self.lines[-1] += data


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_naughty_texts_come_back(text: str) -> None:
    """Whatever stands in a field comes back, but for characters that FHIR forbids, and is never markup."""
    made = document(with_everywhere(text))
    known = printable(text)
    if not known.strip():
        return
    (patient,) = resources(made, "Patient")
    (composition,) = resources(made, "Composition")
    assert patient["name"][0]["text"] == known
    assert patient["identifier"][0]["value"] == known
    assert resources(made, "Organization")[0]["name"] == known
    assert resources(made, "Encounter")[0]["identifier"][0]["value"] == known
    words = Words()
    words.feed(composition["section"][0]["text"]["div"])
    assert words.tags == {"div", "p"}
    assert words.lines == [line for line in known.split("\n") if line.strip()]
    data = resources(made, "DocumentReference")[0]["content"][0]["attachment"]["data"]
    assert base64.b64decode(data) == text.encode("utf-8", "replace")
    claim = claim_bundle(with_everywhere(text), NOW)
    assert problems(claim) == ()
    Bundle.model_validate_json(json.dumps(claim))


def test_nothing_known_is_still_a_document() -> None:
    """A report with an empty header and nothing read in it is valid; what is not known is left out."""
    bare = replace(with_everywhere(""), draft=replace(signed().draft, text="Fine."), reading=Reading((), ()))
    assert "" not in json.dumps(document(bare)).split('"')[1::2]


def broken(change: str) -> dict[str, Any]:
    made = copy.deepcopy(document_bundle(signed(), NOW))
    reference = resources(made, "DocumentReference")[0]
    if change == "status":
        reference["status"] = "bogus"
    elif change == "content":
        reference["content"] = []
    elif change == "category":
        del reference["category"]
    elif change == "subject":
        reference["subject"] = {"reference": "urn:uuid:0"}
    elif change == "order":
        made["entry"].reverse()
    elif change == "url":
        made["entry"][1]["fullUrl"] = made["entry"][0]["fullUrl"]
    elif change == "when":
        del resources(made, "Provenance")[0]["signature"][0]["when"]
    elif change == "section":
        resources(made, "Composition")[0]["section"][0] = {"title": "EMPTY"}
    elif change == "kind":
        reference["resourceType"] = "Unheard"
    else:
        made[change] = None
    return made


@pytest.mark.parametrize(
    "change", ["status", "content", "category", "subject", "order", "url", "when", "section", "kind", "timestamp"]
)
def test_own_checks_find_what_libraries_pass(change: str) -> None:
    """A code outside its value set, a missing part and a link that leads nowhere are found, without a word of text."""
    found = problems(broken(change))
    assert found
    assert "Ann" not in " ".join(found)


@pytest.mark.parametrize("value", [None, {}, [], {"resourceType": "Patient"}, {"resourceType": "Bundle", "entry": 7}])
def test_anything_can_be_checked(value: Any) -> None:
    """What is no Bundle is a problem, not an error."""
    assert problems(value)


def test_another_library_of_release_4_agrees() -> None:
    """fhirclient, made from the definitions of R4 4.0.1, accepts both Bundles in strict mode."""
    library = pytest.importorskip("fhirclient.models.bundle")
    for made in (document_bundle(amended(), NOW), claim_bundle(amended(), NOW)):
        library.Bundle(made, strict=True)

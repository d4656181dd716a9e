from __future__ import annotations

from collections.abc import Callable

import pytest

from transcribe.domain import Assertion, Entity, Reading

Read = Callable[[str], Reading]
Find = Callable[[str, str], Entity]


def said(reading: Reading) -> dict[str, set[str]]:
    """What is said of each entity."""
    return {entity.text: {assertion.value for assertion in entity.assertions} for entity in reading.entities}


@pytest.mark.parametrize(
    "sentence",
    [
        "No fever.",
        "He denies any fever.",
        "She is without fever.",
        "No evidence of fever.",
        "Negative for fever.",
        "There was never a fever.",
        "Fever was ruled out.",
        "Fever is absent.",
        "He does not have fever.",
        "Fever: none.",
        "He denies cough, night sweats, fever.",
        "NO FEVER.",
    ],
)
def test_negated(find: Find, sentence: str) -> None:
    """Cues before and after make a mention negated."""
    word = next(word for word in ("fever", "Fever", "FEVER") if word in sentence)
    assert find(sentence, word).assertions == {Assertion.NEGATED}


@pytest.mark.parametrize(
    "sentence",
    [
        "There was no increase in the pain.",
        "Not only pain but numbness.",
        "No change in pain.",
        "The pain is not controlled.",
        "With or without pain.",
        "He does not know the cause of the pain.",
        "Gram-negative sepsis with pain.",
        "Pain that did not improve.",
    ],
)
def test_pseudo_cues_negate_nothing(read: Read, sentence: str) -> None:
    """A negative word that says something else leaves the mention as it is."""
    assert {frozenset(s) for w, s in said(read(sentence)).items() if w.lower() == "pain"} == {frozenset()}


def test_a_list_ends_at_but(read: Read) -> None:
    """A negation holds for a list and ends at "but"."""
    assert said(read("She denies fever, chills or cough but has a rash.")) == {
        "fever": {"negated"},
        "chills": {"negated"},
        "cough": {"negated"},
        "rash": set(),
    }


def test_a_list_ends_where_a_clause_begins(read: Read) -> None:
    """A comma or "and" with a new verb ends the negation."""
    assert said(read("No fever or rash, he has a cough."))["cough"] == set()
    assert said(read("He denies fever and has a cough.")) == {"fever": {"negated"}, "cough": set()}


def test_a_sentence_and_a_line_end_everything(read: Read) -> None:
    """Nothing reaches over the end of a sentence or an item."""
    assert said(read("No fever. Cough.\nRash.")) == {"fever": {"negated"}, "Cough": set(), "Rash": set()}


def test_a_bracket_ends_what_was_said_inside_it(read: Read) -> None:
    """A cue in brackets says nothing about what follows them."""
    assert said(read("He had pain (no fever) and cough."))["cough"] == set()


def test_a_negative_test_is_still_a_test(read: Read) -> None:
    """A test with a negative result was done; the problem it was negative for is negated."""
    assert said(read("Doppler was negative for DVT.")) == {
        "Doppler": set(),
        "negative": set(),
        "DVT": {"negated"},
    }


def test_going_back_stops_at_a_clause(read: Read) -> None:
    """A cue after the mention does not reach a clause before it."""
    assert said(read("He had cough and fever, and pneumonia was ruled out.")) == {
        "cough": set(),
        "fever": set(),
        "pneumonia": {"negated"},
    }


@pytest.mark.parametrize(
    "sentence",
    [
        "Possible pneumonia.",
        "Rule out pneumonia.",
        "This is suspicious for pneumonia.",
        "Findings are consistent with pneumonia.",
        "Pneumonia cannot be excluded.",
        "Pneumonia is unlikely.",
        "Questionable pneumonia.",
        "This may represent pneumonia.",
        "The film was done to evaluate for pneumonia.",
    ],
)
def test_uncertain(find: Find, sentence: str) -> None:
    """Words of doubt make a mention uncertain and not negated."""
    word = "Pneumonia" if "Pneumonia" in sentence else "pneumonia"
    assert find(sentence, word).assertions == {Assertion.UNCERTAIN}


@pytest.mark.parametrize(
    "sentence",
    [
        "He has a history of gout.",
        "Past medical history is significant for gout.",
        "Status post gout.",
        "He had gout several years ago.",
        "PAST MEDICAL HISTORY:\n\nAsthma and gout.",
    ],
)
def test_historical(find: Find, sentence: str) -> None:
    """Words and sections of the past make a mention historical."""
    assert find(sentence, "gout").assertions == {Assertion.HISTORICAL}


def test_history_ends_where_the_present_begins(read: Read) -> None:
    """What a patient with a history presents with is not history."""
    text = "This is a man with a history of gout who presents with chest pain."
    assert said(read(text)) == {"gout": {"historical"}, "chest pain": set()}
    assert said(read("HISTORY OF PRESENT ILLNESS: Two-day history of cough."))["cough"] == set()


@pytest.mark.parametrize(
    "sentence",
    [
        "Return if vomiting occurs.",
        "Call for vomiting.",
        "Should she develop vomiting, she will return.",
        "Ondansetron as needed for vomiting.",
        "Risks include vomiting.",
    ],
)
def test_hypothetical(find: Find, sentence: str) -> None:
    """What may come is hypothetical."""
    assert find(sentence, "vomiting").assertions == {Assertion.HYPOTHETICAL}


@pytest.mark.parametrize(
    "sentence",
    [
        "His mother had gout.",
        "Family history of gout.",
        "There is gout in the family.",
        "FAMILY HISTORY:\n\nPositive for gout.",
    ],
)
def test_family(find: Find, sentence: str) -> None:
    """What relatives have is theirs."""
    assert find(sentence, "gout").assertions == {Assertion.FAMILY}


@pytest.mark.parametrize(
    "sentence",
    ["His mother reports gout.", "He came with his mother for gout.", "He lives with his wife and has gout."],
)
def test_a_relative_who_speaks_has_nothing(find: Find, sentence: str) -> None:
    """A relative who tells or accompanies does not have the problem."""
    assert find(sentence, "gout").assertions == set()


def test_family_history_does_not_leak(read: Read) -> None:
    """A heading ends the family history: the patient's own diagnosis is the patient's."""
    text = "FAMILY HISTORY: Father had gout.\nASSESSMENT AND PLAN: Pneumonia."
    assert said(read(text)) == {"gout": {"family"}, "Pneumonia": set()}


def test_no_known_drug_allergies(find: Find) -> None:
    """The usual sentence under allergies is a negation."""
    found = find("ALLERGIES:\n\nNo known drug allergies.", "drug allergies")
    assert Assertion.NEGATED in found.assertions


def test_each_assertion_names_its_words(find: Find) -> None:
    """The cue is the span that made the assertion; in a section it is the heading."""
    text = "FAMILY HISTORY:\n\nNo evidence of gout."
    cues = {assertion: span.of(text) for assertion, span in find(text, "gout").cues}
    assert cues == {Assertion.NEGATED: "No evidence of", Assertion.FAMILY: "FAMILY HISTORY"}


@pytest.mark.parametrize(
    ("sentence", "word", "assertion"),
    [
        ("Resolved pneumonia.", "pneumonia", Assertion.NEGATED),
        ("The rash has cleared.", "rash", Assertion.NEGATED),
        ("Her cough went away.", "cough", Assertion.NEGATED),
        ("Hepatitis B immune.", "Hepatitis B", Assertion.NEGATED),
        ("She is worried that she too has asthma.", "asthma", Assertion.UNCERTAIN),
        ("She thinks she has shingles.", "shingles", Assertion.UNCERTAIN),
        ("Workup for lupus.", "lupus", Assertion.UNCERTAIN),
        ("Pain plus or minus nausea.", "nausea", Assertion.UNCERTAIN),
        ("Vaccinated against influenza.", "influenza", Assertion.HYPOTHETICAL),
        ("Tetanus is up to date.", "Tetanus", Assertion.HYPOTHETICAL),
        ("Discussed warning signs of stroke.", "stroke", Assertion.HYPOTHETICAL),
        ("Educated on diabetes.", "diabetes", Assertion.HYPOTHETICAL),
        ("Given a handout about asthma.", "asthma", Assertion.HYPOTHETICAL),
    ],
)
def test_what_is_over_feared_taught_or_prevented_is_not_present(
    find: Find, sentence: str, word: str, assertion: Assertion
) -> None:
    """A problem that is gone, only feared or looked for, explained or guarded against is not asserted."""
    assert find(sentence, word).assertions == {assertion}


def test_resolved_speaks_of_the_problem_before_it(read: Read) -> None:
    """In "fever resolved cough persists" it is the fever that is over, and the cough that stays."""
    assert said(read("Fever resolved cough persists.")) == {"Fever": {"negated"}, "cough": set()}


def test_a_vaccine_is_no_disease(read: Read) -> None:
    """The name of a vaccine says nothing of the disease that it prevents."""
    labels = {entity.text: entity.label.value for entity in read("Pneumonia vaccine was given.").entities}
    assert labels == {"Pneumonia vaccine": "DRUG"}


def test_a_negative_test_denies_no_other_problem(read: Read) -> None:
    """A result speaks of its test: a sore throat stays one when the strep test is negative."""
    assert said(read("Pharyngitis, strep negative."))["Pharyngitis"] == set()
    assert said(read("Hepatitis C and HIV negative.")) == {"Hepatitis C": {"negated"}, "HIV": {"negated"}}


@pytest.mark.parametrize(
    "sentence",
    [
        "Her mother, who has asthma, came with her.",
        "Lives with her husband who has asthma.",
        "A woman with a brother who has asthma.",
    ],
)
def test_what_is_told_of_a_relative_with_who_is_the_relatives(find: Find, sentence: str) -> None:
    """The disease of a relative "who has" it is the relative's."""
    assert find(sentence, "asthma").assertions == {Assertion.FAMILY}


def test_two_negations_deny_nothing(read: Read) -> None:
    """Pain that somebody is "not without" is there."""
    assert said(read("She is not without pain.")) == {"pain": set()}


def test_ruled_out_for_denies_what_follows(read: Read) -> None:
    """A patient who "was ruled out for" something has not got it."""
    assert said(read("He was ruled out for MI.")) == {"MI": {"negated"}}


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("She had a stroke in early March of 2009.", "stroke", {"historical"}),
        ("He had gout at that time.", "gout", {"historical"}),
        ("PLAN: Denies alcohol or drugs.", "alcohol or drugs", {"negated", "historical"}),
        ("Interval resolution of the pneumonia.", "pneumonia", {"negated"}),
        ("Near complete resolution of the pneumonia.", "pneumonia", set()),
        ("The fracture has healed.", "fracture", {"negated"}),
        ("He is at high risk for pneumonia.", "pneumonia", {"hypothetical"}),
        ("Risk of bleeding, infection and pain was explained.", "infection", {"hypothetical"}),
        ("No family history of gout.", "gout", {"negated", "family"}),
        ("There is no bleeding, only diverticulosis.", "diverticulosis", set()),
        ("Past history is positive for gout.", "gout", {"historical"}),
        ("The murmur was not heard last year.", "murmur", set()),
    ],
)
def test_what_longer_cues_say(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """Longer phrases say more than the words in them: what is gone, what was, what may come, what others had."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("No interval growth of the thyroid nodule.", "thyroid nodule", set()),
        ("There was no significant displacement of the fracture.", "fracture", set()),
        ("No fever before the seizure.", "seizure", set()),
        ("There was no tenderness over the fracture.", "fracture", set()),
        ("No effusion, mild cardiomegaly.", "cardiomegaly", set()),
        ("She has no cough, and her asthma persists.", "asthma", set()),
        ("He declined surgery for the hernia.", "hernia", set()),
        ("No masses, lesions, or ulcers were seen.", "ulcers", {"negated"}),
        ("Swelling is present, deformity is not.", "deformity", {"negated"}),
        ("Nystagmus could not be elicited.", "Nystagmus", {"negated"}),
        ("Her wound infection is now resolved.", "wound infection", {"negated"}),
        ("She has not been lethargic.", "lethargic", {"negated"}),
        ("The CT ruled out appendicitis.", "appendicitis", {"negated"}),
        ("Negative rales, negative rhonchi.", "rhonchi", {"negated"}),
        ("Her panic attacks have stopped.", "panic attacks", {"negated"}),
        ("Fever has resolved; leukocytosis has not.", "leukocytosis", set()),
        ("Far from having dementia, she is sharp.", "dementia", {"negated"}),
        ("There is no reason to suspect meningitis.", "meningitis", {"negated"}),
        ("He denies any history of stroke.", "stroke", {"negated", "historical"}),
    ],
)
def test_how_far_a_denial_reaches(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """A denial holds for a list, and not for what is known, new told, or only the place or time of what is denied."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("Suspected pneumonia was ruled out.", "pneumonia", {"negated"}),
        ("Worked up for lupus, but this was excluded.", "lupus", {"negated"}),
        ("Her mother had gout at age 62.", "gout", {"family"}),
        ("PAST MEDICAL HISTORY:\n\nMother had gout.", "gout", {"family"}),
    ],
)
def test_the_weaker_assertion_gives_way(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """What was suspected and ruled out is ruled out, and what a relative had is no history of the patient's."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("no fever he has a rash", "rash", set()),
        ("no cough his asthma is worse", "asthma", set()),
        ("no wheeze heart regular with a murmur", "murmur", set()),
        ("denies cough chest pain or nausea", "nausea", {"negated"}),
        ("mother has gout she has asthma", "asthma", set()),
        ("no history of stroke. there is a rash", "rash", set()),
        ("Return if fever he cannot control or vomiting occurs.", "vomiting", {"hypothetical"}),
    ],
)
def test_a_clause_begins_without_a_mark(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """Where nobody dictated punctuation a new subject begins a clause, and the next in a list does not."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("Fever: no. Cough: yes.", "Fever", {"negated"}),
        ("Fever: no. Cough: yes.", "Cough", set()),
        ("Fever yes, cough no.", "Fever", set()),
        ("Fever yes, cough no.", "cough", {"negated"}),
        ("Cough: no fever.", "Cough", set()),
        ("Cough: no fever.", "fever", {"negated"}),
    ],
)
def test_an_answer_denies_what_was_asked(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """A "no" with nothing behind it answers what stands before it."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("The cause of the fever was not found.", "fever", set()),
        ("The source of the bleeding is uncertain.", "bleeding", set()),
        ("No bleeding from the ulcer.", "ulcer", set()),
        ("No pain at the site of the fracture or swelling.", "swelling", {"negated"}),
        ("No rales, no wheezes, occasional rhonchi.", "rhonchi", set()),
        ("No fever, no chills, cough in the morning.", "cough", set()),
        ("No fever, no chills, cough or wheezing.", "cough", {"negated"}),
        ("He denies itching of the skin or urticaria.", "urticaria", {"negated"}),
        ("No symptoms that were suggestive of gout.", "gout", {"negated"}),
        ("He was not known to be diabetic.", "diabetic", {"negated"}),
        ("No further episodes of the vertigo.", "vertigo", {"negated"}),
        ("No medication for asthma.", "asthma", set()),
        ("Mother is concerned about his weight loss.", "weight loss", set()),
        ("No fever despite pneumonia.", "pneumonia", set()),
    ],
)
def test_what_is_known_is_not_denied(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """What something is denied or doubted of is there itself."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("It is not uncommon for him to have headache.", "headache", set()),
        ("She does not deny cough.", "cough", set()),
        ("There is little doubt that he has gout.", "gout", set()),
        ("The rash has not yet resolved.", "rash", set()),
        ("He has not noted fever.", "fever", {"negated"}),
        ("A gallop was never heard.", "gallop", {"negated"}),
        ("Nausea is no longer a problem.", "Nausea", {"negated"}),
        ("Nothing suggests pneumonia.", "pneumonia", {"negated"}),
        ("The seizures have not recurred.", "seizures", {"negated"}),
        ("She has been seizure-free.", "seizure", {"negated"}),
        ("Absent bowel sounds.", "bowel sounds", set()),
    ],
)
def test_what_a_denial_amounts_to(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """To deny a denial, a doubt or an end is to affirm; what is missed or over is denied."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("In her last pregnancy she had asthma.", "asthma", {"historical"}),
        ("As a child he had asthma.", "asthma", {"historical"}),
        ("Epilepsy, last seizure four years ago.", "Epilepsy", set()),
        ("Epilepsy, last seizure four years ago.", "seizure", {"historical"}),
        ("In 2015 he had a stroke.", "stroke", {"historical"}),
        ("In the 1990s she was treated with surgery for gout.", "gout", {"historical"}),
        ("He used to have asthma.", "asthma", {"historical"}),
        ("Six months ago she developed gout.", "gout", set()),
        ("He was diagnosed with gout in 2015.", "gout", set()),
        ("He returns for recheck of gout.", "gout", set()),
        ("He has a history of 3 days of cough.", "cough", set()),
        ("A history of gout and acute cough.", "acute cough", set()),
        ("ALLERGIES:\n\nPenicillin causes hives.", "hives", {"historical"}),
    ],
)
def test_when_it_was(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """Words of the past that open a sentence speak of it; a date of diagnosis and a duration end nothing."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "word", "expected"),
    [
        ("Is this gout?", "gout", {"uncertain"}),
        ("There is a possibility of gout.", "gout", {"uncertain"}),
        ("It is unclear whether the lump is gout.", "gout", {"uncertain"}),
        ("It is unclear whether the abscess is infected.", "abscess", set()),
        ("Start colchicine as soon as possible for gout.", "gout", set()),
        ("Gout likely.", "Gout", {"uncertain"}),
        ("There is a possibility that this is gout.", "gout", {"uncertain"}),
        ("If it were not for his gout, he would walk.", "gout", set()),
        ("Gout must be excluded.", "Gout", {"uncertain"}),
        ("Less likely than gout.", "gout", {"uncertain"}),
        ("Gout could not be entirely excluded.", "Gout", {"uncertain"}),
        ("The lump is most likely gout.", "gout", {"uncertain"}),
        ("The lump is most likely gout.", "lump", set()),
        ("Gout is most likely given his fever.", "Gout", {"uncertain"}),
        ("It is most likely that he has gout.", "gout", {"uncertain"}),
        ("Probable worsening of her asthma.", "asthma", set()),
        ("The picture fits best with gout.", "gout", {"uncertain"}),
        ("I am not sure that this is gout.", "gout", {"uncertain"}),
        ("Gout until proven otherwise.", "Gout", {"uncertain"}),
        ("Were she to develop gout, we would stop it.", "gout", {"hypothetical"}),
        ("Risk factors for gout include hypertension.", "hypertension", set()),
        ("The drug can cause vomiting.", "vomiting", {"hypothetical"}),
        ("Suspicion of pneumonia given her cough.", "cough", set()),
        ("DIFFERENTIAL DIAGNOSIS:\n\nGout, lupus.", "lupus", {"uncertain"}),
        ("Albuterol for wheezing if needed.", "wheezing", {"hypothetical"}),
        ("Risks included, but were not limited to, infection and pain.", "pain", {"hypothetical"}),
        ("Return if fever, chills or wound drainage occur.", "chills", {"hypothetical"}),
        ("Go to the nearest emergency room for vomiting.", "vomiting", {"hypothetical"}),
        ("He was well until yesterday, when vomiting began.", "vomiting", set()),
    ],
)
def test_doubts_and_conditions(find: Find, sentence: str, word: str, expected: set[str]) -> None:
    """What is asked or to be looked for is uncertain, what is warned of hypothetical, what explains them is there."""
    assert {assertion.value for assertion in find(sentence, word).assertions} == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Gout in both grandmothers.", {"family"}),
        ("Born to a mother with gout.", {"family"}),
        ("The maternal side is notable for gout.", {"family"}),
        ("Nobody in her family has gout.", {"negated", "family"}),
        ("There is gout in the patient's sister.", {"family"}),
        ("His son, a nurse, noticed gout.", set()),
        ("His son, a nurse, has gout.", {"family"}),
        ("His son, who has gout, is a nurse.", {"family"}),
        ("His wife adds that he has gout.", set()),
        ("The parents are both concerned because he has gout.", set()),
        ("We discussed with the patient and his wife that he has gout.", set()),
    ],
)
def test_whose_it_is(find: Find, sentence: str, expected: set[str]) -> None:
    """The disease is the relative's wherever the relative is named, unless the relative only tells or listens."""
    assert {
        assertion.value for assertion in find(sentence, "gout" if "gout" in sentence else "Gout").assertions
    } == expected


def test_no_abnormality_is_a_result(find: Find) -> None:
    """That nothing abnormal was found is the result of an examination, not a problem that is denied."""
    assert find("CT of the head showed no abnormalities.", "no abnormalities").label == "VALUE"

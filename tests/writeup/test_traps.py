"""Dictations written by hand in which a command collides with a word, or a number with its neighbours."""

from __future__ import annotations

import pytest

from transcribe.writeup import write_up

COLLIDING = [
    ("the last menstrual period was normal period", "The last menstrual period was normal."),
    ("he was well for a period of two weeks period", "He was well for a period of two weeks."),
    (
        "she rested for a short period and felt better period",
        "She rested for a short period and felt better.",
    ),
    ("during the postoperative period he did well period", "During the postoperative period he did well."),
    ("over a two week period the pain resolved period", "Over a two-week period the pain resolved."),
    ("no pain at this time period he is well period", "No pain at this time. He is well."),
    ("three times a day period return next week period", "Three times a day. Return next week."),
    ("he takes vitamin a period he is well period", "He takes vitamin A. He is well."),
    ("this was explained to her period she agrees period", "This was explained to her. She agrees."),
    ("he had one period of nausea period", "He had one period of nausea."),
    ("the descending colon was normal period", "The descending colon was normal."),
    ("his mother had colon cancer period", "His mother had colon cancer."),
    ("new paragraph rule out colon cancer period", "Rule out colon cancer."),
    (
        "cecum comma ascending colon comma and rectum were normal period",
        "Cecum, ascending colon, and rectum were normal.",
    ),
    (
        "the stomach comma ileum comma colon and rectum are intact period",
        "The stomach, ileum, colon and rectum are intact.",
    ),
    (
        "the findings were as follows colon a small polyp period",
        "The findings were as follows: a small polyp.",
    ),
    ("a comma shaped scar was seen period", "A comma-shaped scar was seen."),
    ("this is a new line of therapy period", "This is a new line of therapy."),
    ("a new line was placed in the neck period", "A new line was placed in the neck."),
    ("he left work period the plan was discussed period", "He left work. The plan was discussed."),
    ("the impression on the skin faded period", "The impression on the skin faded."),
    ("history of tobacco use period", "History of tobacco use."),
    ("no family history of cancer period", "No family history of cancer."),
    ("correction of the deformity was good period", "Correction of the deformity was good."),
    ("we will make that appointment today period", "We will make that appointment today."),
    ("tooth number four was removed period", "Tooth number 4 was removed."),
    ("he said quote i feel fine unquote and left period", 'He said "I feel fine" and left.'),
    ("the mass open paren three centimeters close paren is soft period", "The mass (3 cm) is soft."),
    ("is there pain question mark no period", "Is there pain? No."),
    ("pain slash swelling of the knee period", "Pain/swelling of the knee."),
    ("the patient apostrophe s knee is swollen period", "The patient's knee is swollen."),
    ("well hyphen known to us period", "Well-known to us."),
    ("capital patient education was given period", "Patient education was given."),
    ("all caps no known allergies end caps period", "NO KNOWN ALLERGIES."),
    ("seen by doctor smyth spelled s m y t h e today period", "Seen by Dr. Smythe today."),
    ("soft comma non tender period end of dictation", "Soft, non-tender."),
    ("he may march in june period", "He may march in June."),
]

CORRECTED = [
    ("give five milligrams no make that ten milligrams daily period", "Give 10 mg daily."),
    ("give five milligrams no make that ten daily period", "Give 10 mg daily."),
    ("pain in the left knee no make that the right knee period", "Pain in the right knee."),
    ("fracture of the left correction right wrist period", "Fracture of the right wrist."),
    ("he has gout period scratch that he has arthritis period", "He has arthritis."),
    ("he has gout period he drinks scratch that he smokes period", "He has gout. He smokes."),
    ("seen on monday i mean tuesday period", "Seen on Tuesday."),
    ("fever comma chills scratch that cough period", "Fever, cough."),
]

COUNTED = [
    ("blood pressure one twenty over eighty period", "Blood pressure 120/80."),
    ("blood pressure one hundred and five over sixty two period", "Blood pressure 105/62."),
    ("temperature ninety eight point six period", "Temperature 98.6."),
    ("temperature ninety nine four period", "Temperature 99.4."),
    ("pulse sixty four and respirations eight period", "Pulse 64 and respirations 8."),
    ("oxygen saturation ninety seven percent on two liters period", "Oxygen saturation 97% on 2 L."),
    ("point five milligrams of lorazepam period", "0.5 mg of lorazepam."),
    ("five point zero milligrams of warfarin period", "5 mg of warfarin."),
    ("a fifty six year old man period", "A 56-year-old man."),
    ("he is fifty six years old period", "He is 56 years old."),
    ("a nine month old girl period", "A 9-month-old girl."),
    ("a twenty year history of smoking period", "A 20-year history of smoking."),
    ("a three by four by two centimeters mass period", "A 3 x 4 x 2 cm mass."),
    ("two to three times a day period", "Two to three times a day."),
    ("five to ten milligrams period", "5 to 10 mg."),
    ("metformin five hundred milligrams p o b i d period", "Metformin 500 mg p.o. b.i.d."),
    ("tylenol q six hours p r n period", "Tylenol q.6 h. p.r.n."),
    ("aspirin eighty one milligrams q d period", "Aspirin 81 mg daily."),
    ("prednisone q o d period", "Prednisone every other day."),
    ("hemoglobin a one c is seven point two percent period", "Hemoglobin A1c is 7.2%."),
    ("disc at l four l five and l five s one period", "Disc at L4-L5 and L5-S1."),
    ("a c five six disc period", "A C5-6 disc."),
    ("a two out of six systolic murmur period", "A 2/6 systolic murmur."),
    ("strength is five over five period", "Strength is 5/5."),
    ("two plus edema period", "2+ edema."),
    ("stage three a lung cancer period", "Stage IIIA lung cancer."),
    ("stage three chronic kidney disease period", "Stage 3 chronic kidney disease."),
    ("t two n one m zero period", "T2 N1 M0."),
    ("cranial nerves two through twelve are intact period", "Cranial nerves II through XII are intact."),
    ("type two diabetes and grade one sprain period", "Type 2 diabetes and grade 1 sprain."),
    ("n y h a class three period", "NYHA class III."),
    ("seen march third twenty twenty six period", "Seen March 3, 2026."),
    ("born in nineteen eighty four period", "Born in 1984."),
    ("in two thousand and six he fell period", "In 2006 he fell."),
    ("at eight thirty a m and six p m period", "At 8:30 a.m. and 6 p.m."),
    ("the six o'clock position period", "The 6 o'clock position."),
    ("closed with three oh vicryl period", "Closed with 3-0 Vicryl."),
    ("record number five five zero one two three period", "Record number 550123."),
    ("oriented x three period", "Oriented x 3."),
    ("three plus two is not said period", "Three plus two is not said."),
    ("sodium one forty comma potassium four period", "Sodium 140, potassium 4."),
    ("infused one hundred over thirty minutes period", "Infused 100 over 30 minutes."),
    ("ten milligrams per kilogram per day period", "10 mg/kg/day."),
    ("inflated to two hundred fifty millimeters of mercury period", "Inflated to 250 mmHg."),
    ("he has three children and twelve cats period", "He has three children and 12 cats."),
    ("one third of the bowel period", "One-third of the bowel."),
    ("gravida two comma para one period", "Gravida 2, para 1."),
    ("a platelet count of one hundred fifty thousand period", "A platelet count of 150,000."),
    ("the twenty sixth week period", "The 26th week."),
    ("two ten milligram tablets period", "Two 10 mg tablets."),
    ("zero point five two times a day period", "0.5 two times a day."),
    ("vision twenty forty in the left eye period", "Vision 20/40 in the left eye."),
    ("call five five five one two one two period", "Call 555-1212."),
    ("a fourteen french foley catheter period", "A 14-French Foley catheter."),
    ("he is in his mid fifties period", "He is in his mid-50s."),
    ("two and a half by three centimeters period", "2-1/2 x 3 cm."),
    ("two and a half hours period", "Two and a half hours."),
    ("apgars eight and nine period", "Apgars 8 and 9."),
    ("g two p one period", "G2 P1."),
    ("a c t scan and an m r i period", "A CT scan and an MRI."),
    ("at twelve oh five p m period", "At 12:05 p.m."),
    ("the packs were removed one by one period", "The packs were removed one by one."),
    ("two million units of penicillin period", "2 million units of penicillin."),
    ("factor eight deficiency period", "Factor VIII deficiency."),
]

HEADED = [
    ("chief complaint colon cough period", "CHIEF COMPLAINT:\n\nCough."),
    (
        "he is well period new paragraph plan we will see him period",
        "He is well.\n\nPLAN:\n\nWe will see him.",
    ),
    ("next heading family history colon colon cancer period", "FAMILY HISTORY:\n\nColon cancer."),
    ("next heading wound care colon keep dry period", "WOUND CARE:\n\nKeep dry."),
    ("h p i the patient fell period", "HISTORY OF PRESENT ILLNESS:\n\nThe patient fell."),
    (
        "physical examination colon new paragraph lungs colon clear period new paragraph neck colon supple period",
        "PHYSICAL EXAMINATION:\n\nLungs: Clear.\n\nNeck: Supple.",
    ),
    (
        "next heading objective vital signs colon weight forty pounds period",
        "OBJECTIVE:\n\nVital Signs: Weight 40 pounds.",
    ),
    (
        "plan number one aspirin period number two follow up in one week period",
        "PLAN:\n\n1. Aspirin.\n2. Follow up in one week.",
    ),
    (
        "impression colon new line number one pneumonia period new line next number copd period",
        "IMPRESSION:\n\n1. Pneumonia.\n2. COPD.",
    ),
    (
        "assessment colon one period gout period new line two period asthma period",
        "ASSESSMENT:\n\n1. Gout.\n2. Asthma.",
    ),
    ("new paragraph follow up in two weeks period", "Follow up in two weeks."),
    ("angiographic findings the left main is normal period", "ANGIOGRAPHIC FINDINGS:\n\nThe left main is normal."),
    ("on examination the chest is clear period", "On examination the chest is clear."),
    ("soft period plan colon rest period", "Soft.\n\nPLAN:\n\nRest."),
    ("dear doctor brook colon new paragraph thank you period", "Dear Dr. Brook:\n\nThank you."),
]

MIXED = [
    ("Plasmin comma, a potent enzyme. Full stop.", "Plasmin, a potent enzyme."),
    ("It is false, comma, or true, full stop.", "It is false, or true."),
    ("However comma. The liver is normal full stop.", "However, the liver is normal."),
    ("Breath sounds are clear throughout full stop", "Breath sounds are clear throughout."),
    (
        "The heart is normal. New paragraph. The lungs are clear.",
        "The heart is normal.\n\nThe lungs are clear.",
    ),
    ("Metformin 500 mg b.i.d. for diabetes, full stop.", "Metformin 500 mg b.i.d. for diabetes."),
    ("Disc disease at L4-L5, period. Murmur 2/6.", "Disc disease at L4-L5. Murmur 2/6."),
    ("Blood pressure 120 over 80, pulse 72.", "Blood pressure 120/80, pulse 72."),
    (
        "Chief complaint, colon, cough. Next heading, plan, colon, rest.",
        "CHIEF COMPLAINT:\n\nCough.\n\nPLAN:\n\nRest.",
    ),
    ("This period is followed by mitosis.", "This period is followed by mitosis."),
    (
        "The patient is a 56-year-old man seen by Dr. Smith.",
        "The patient is a 56-year-old man seen by Dr. Smith.",
    ),
    ("Give 5 milligrams now. Full stop. Then rest.", "Give 5 mg now. Then rest."),
    ("The disease, open parenthesis, see above, close parenthesis.", "The disease (see above)."),
    ("The patient states, quote, I am dizzy, end quote.", 'The patient states "I am dizzy".'),
    ("In mineral-hyphen rich soil. Full stop.", "In mineral-rich soil."),
    ("Impression, colon. Number 1. Pneumonia. Number 2. COPD.", "IMPRESSION:\n\n1. Pneumonia.\n2. COPD."),
    ("Plan: 1. Rest. Ice. 2. Aspirin.", "PLAN:\n\n1. Rest. Ice.\n2. Aspirin."),
    ("Past medical history. Gout. Medications. None.", "PAST MEDICAL HISTORY:\n\nGout.\n\nMEDICATIONS:\n\nNone."),
    ("Give 5 milligrams, no, make that 10 milligrams daily.", "Give 10 mg daily."),
    ("Left knee pain. Scratch that. Right knee pain.", "Right knee pain."),
    (
        "A normal cecum, right colon, transverse colon, and rectum.",
        "A normal cecum, right colon, transverse colon, and rectum.",
    ),
    ("Findings consistent with edema.", "Findings consistent with edema."),
    ("Aspirin 81 mg q.d. and Lantus q.12h. as needed.", "Aspirin 81 mg daily and Lantus q.12h. as needed."),
    ("Zebra Capital Management was there.", "Zebra Capital Management was there."),
    ("He asked, is it bad? Question mark.", "He asked, is it bad?"),
]

CASES = [*COLLIDING, *CORRECTED, *COUNTED, *HEADED, *MIXED]


@pytest.mark.parametrize(("said", "typed"), CASES, ids=[said[:40] for said, _ in CASES])
def test_trap(said: str, typed: str) -> None:
    """What a transcriptionist would type from these words is what is written."""
    assert write_up(said.split()).text == typed

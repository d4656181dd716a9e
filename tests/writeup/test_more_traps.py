"""More dictations written by hand before the rules were looked at: what is said, and what is typed."""

from __future__ import annotations

import pytest

from transcribe.writeup import write_up

COMMANDS = [
    ("she has been off her period for three months period", "She has been off her period for three months."),
    (
        "there was a long period of asystole period cpr was continued period",
        "There was a long period of asystole. CPR was continued.",
    ),
    (
        "the sigmoid colon was redundant semicolon the transverse colon was normal period",
        "The sigmoid colon was redundant; the transverse colon was normal.",
    ),
    (
        "the bowel prep was poor colon the right colon could not be seen period",
        "The bowel prep was poor: the right colon could not be seen.",
    ),
    ("a hyphen should be placed between the names period", "A hyphen should be placed between the names."),
    (
        "the patient was comatose comma intubated comma and sedated period",
        "The patient was comatose, intubated, and sedated.",
    ),
    (
        "an arterial line was placed new line a foley catheter was placed period",
        "An arterial line was placed\nA Foley catheter was placed.",
    ),
    (
        "a new central line was placed period new paragraph he tolerated this well period",
        "A new central line was placed.\n\nHe tolerated this well.",
    ),
    ("he started a new line of work period", "He started a new line of work."),
    ("the next line of treatment would be infliximab period", "The next line of treatment would be infliximab."),
    ("no period of apnea was witnessed period", "No period of apnea was witnessed."),
    ("is there a question mark about compliance question mark", "Is there a question mark about compliance?"),
    (
        "he answered every question mark the chart accordingly period",
        "He answered every question mark the chart accordingly.",
    ),
    ("the quote from his insurer was too high period", "The quote from his insurer was too high."),
    ("the wound was left open period", "The wound was left open."),
    (
        "the incision was closed in layers period the capital femoral epiphysis was normal period",
        "The incision was closed in layers. The capital femoral epiphysis was normal.",
    ),
    (
        "the fracture involves the capital period it was nondisplaced period",
        "The fracture involves the capital. It was nondisplaced.",
    ),
    ("a luteal period comma then menses period", "A luteal period, then menses."),
    ("he has a slash wound slash laceration of the forearm period", "He has a slash wound/laceration of the forearm."),
    ("he will use nitroglycerin and slash or rest period", "He will use nitroglycerin and/or rest."),
    ("the brackets on her teeth were adjusted period", "The brackets on her teeth were adjusted."),
    (
        "the plan is to continue physical therapy period plan colon continue heparin period",
        "The plan is to continue physical therapy.\n\nPLAN:\n\nContinue heparin.",
    ),
    (
        "she had an allergic reaction period allergies colon penicillin causes hives period",
        "She had an allergic reaction.\n\nALLERGIES:\n\nPenicillin causes hives.",
    ),
    (
        "he drinks two or three beers a night and one on sundays period",
        "He drinks two or three beers a night and one on Sundays.",
    ),
    ("one of the two wounds was infected period", "One of the two wounds was infected."),
    (
        "new york heart association class three heart failure period",
        "New York Heart Association class III heart failure.",
    ),
    (
        "her periods have been irregular since her last period in may period",
        "Her periods have been irregular since her last period in May.",
    ),
    ("this has been going on for an indefinite period period", "This has been going on for an indefinite period."),
    ("there were no polyps in the cecum or right colon period", "There were no polyps in the cecum or right colon."),
    ("status post left colon resection comma doing well period", "Status post left colon resection, doing well."),
    ("he lapsed into a coma period family was notified period", "He lapsed into a coma. Family was notified."),
    (
        "the i v line was changed period a new line was started in the right arm period",
        "The IV line was changed. A new line was started in the right arm.",
    ),
    (
        "next heading hospital course she was admitted to the floor period new paragraph she improved period",
        "HOSPITAL COURSE:\n\nShe was admitted to the floor.\n\nShe improved.",
    ),
    ("the assessment was difficult because of pain period", "The assessment was difficult because of pain."),
    ("medications were reviewed with the family period", "Medications were reviewed with the family."),
    ("allergies none period medications none period", "ALLERGIES:\n\nNone.\n\nMEDICATIONS:\n\nNone."),
    ("he works at the capital building period", "He works at the capital building."),
    (
        "the patient said quote stop exclamation point close quote and pulled away period",
        'The patient said "stop!" and pulled away.',
    ),
    ("we should correct that deformity surgically period", "We should correct that deformity surgically."),
    ("lead two showed st depression period", "Lead II showed ST depression."),
    ("the period between doses was shortened period", "The period between doses was shortened."),
    ("she has a heavy period every month period", "She has a heavy period every month."),
    ("he was observed for a period comma then discharged period", "He was observed for a period, then discharged."),
    (
        "the stool was brown semicolon the colon appeared normal period",
        "The stool was brown; the colon appeared normal.",
    ),
    ("he had a comma shaped incision comma now healed period", "He had a comma-shaped incision, now healed."),
    ("put a dash of pepper on it period", "Put a dash of pepper on it."),
    (
        "is there any chance of pregnancy question mark she says no period",
        "Is there any chance of pregnancy? She says no.",
    ),
    ("a picc line was placed period next line he did well period", "A PICC line was placed.\nHe did well."),
    ("he drew a line in the sand period", "He drew a line in the sand."),
    (
        "findings colon the liver is normal period new paragraph impression colon normal study period",
        "FINDINGS:\n\nThe liver is normal.\n\nIMPRESSION:\n\nNormal study.",
    ),
    ("my impression is that he is depressed period", "My impression is that he is depressed."),
    (
        "new paragraph social history he smokes one pack per day period",
        "SOCIAL HISTORY:\n\nHe smokes one pack per day.",
    ),
    ("the patient open paren a nurse close paren was anxious period", "The patient (a nurse) was anxious."),
    ("he is in no acute distress exclamation point", "He is in no acute distress!"),
    ("i would make that recommendation again period", "I would make that recommendation again."),
    ("two thirds of the lesion was removed period", "Two-thirds of the lesion was removed."),
    ("he walks one half mile twice a day period", "He walks one-half mile twice a day."),
    ("an a p and lateral c spine x ray was done period", "An AP and lateral C-spine x-ray was done."),
]

TAKEN_BACK = [
    (
        "blood pressure was one fifty over ninety scratch that one forty over eighty period",
        "Blood pressure was 140/80.",
    ),
    (
        "she takes metoprolol twenty five no make that fifty milligrams daily period",
        "She takes metoprolol 50 mg daily.",
    ),
    ("the right knee correction the left knee was injected period", "The left knee was injected."),
    ("he was seen on march third i mean march fourth period", "He was seen on March 4."),
    (
        "the lungs are clear period there are wheezes scratch that period heart is regular period",
        "The lungs are clear. Heart is regular.",
    ),
    ("he does not need to scratch that area period", "He does not need to scratch that area."),
    ("please delete that medication from the list period", "Please delete that medication from the list."),
    ("he was unable to go back to work period", "He was unable to go back to work."),
    ("the surgical correction was uneventful period", "The surgical correction was uneventful."),
    ("the mass is three strike that four centimeters period", "The mass is 4 cm."),
    ("we gave two grams of ceftriaxone sorry one gram of ceftriaxone period", "We gave 1 g of ceftriaxone."),
    ("the patient was sorry that he missed his visit period", "The patient was sorry that he missed his visit."),
    ("the drain was placed on the left scratch that on the right period", "The drain was placed on the right."),
    (
        "he takes aspirin eighty one milligrams daily correction three twenty five milligrams daily period",
        "He takes aspirin 325 mg daily.",
    ),
    (
        "surgery is scheduled for tuesday no make that thursday at noon period",
        "Surgery is scheduled for Thursday at noon.",
    ),
    ("the hernia is reducible i mean irreducible period", "The hernia is irreducible."),
    ("she denies chest pain period scratch that she denies abdominal pain period", "She denies abdominal pain."),
    ("start lisinopril ten scratch that lisinopril twenty milligrams daily period", "Start lisinopril 20 mg daily."),
    ("the wait was long and he went back to his car period", "The wait was long and he went back to his car."),
    ("we will go back to the operating room tomorrow period", "We will go back to the operating room tomorrow."),
    ("the dose was ten no make that fifteen milligrams period", "The dose was 15 mg."),
    ("he has pain in the left arm scratch that right arm period", "He has pain in the right arm."),
    ("blood sugar one eighty correction one eighteen this morning period", "Blood sugar 118 this morning."),
    ("she was seen on monday i mean tuesday period", "She was seen on Tuesday."),
    ("the mother correction the father has diabetes period", "The father has diabetes."),
    ("hypertension period delete that hypotension period", "Hypotension."),
    ("he was sorry to hear it period", "He was sorry to hear it."),
]

FIGURES = [
    (
        "hemoglobin was ten point zero and hematocrit thirty point two period",
        "Hemoglobin was 10.0 and hematocrit 30.2.",
    ),
    ("levothyroxine zero point zero seven five milligrams daily period", "Levothyroxine 0.075 mg daily."),
    ("he takes point two five milligrams of digoxin period", "He takes 0.25 mg of digoxin."),
    ("he takes warfarin five point zero milligrams nightly period", "He takes warfarin 5 mg nightly."),
    (
        "the lesion measured two point one by one point five by zero point eight centimeters period",
        "The lesion measured 2.1 x 1.5 x 0.8 cm.",
    ),
    (
        "he smoked one and a half packs per day for twenty to thirty years period",
        "He smoked one and a half packs per day for 20 to 30 years.",
    ),
    (
        "the infant is a six week old male born at thirty seven weeks period",
        "The infant is a 6-week-old male born at 37 weeks.",
    ),
    (
        "strength is five out of five in the upper extremities and four plus out of five in the lower period",
        "Strength is 5/5 in the upper extremities and 4+/5 in the lower.",
    ),
    (
        "creatinine went from one point two to two point four over forty eight hours period",
        "Creatinine went from 1.2 to 2.4 over 48 hours.",
    ),
    (
        "she was last seen in two thousand nineteen and again in october of twenty twenty one period",
        "She was last seen in 2019 and again in October of 2021.",
    ),
    (
        "the procedure started at seven thirty a m and ended at nine oh five a m period",
        "The procedure started at 7:30 a.m. and ended at 9:05 a.m.",
    ),
    (
        "oxygen saturation ninety four percent on two liters by nasal cannula period",
        "Oxygen saturation 94% on 2 L by nasal cannula.",
    ),
    (
        "he takes lasix forty milligrams p o b i d and potassium twenty milliequivalents p o q d period",
        "He takes Lasix 40 mg p.o. b.i.d. and potassium 20 mEq p.o. daily.",
    ),
    ("an l five s one microdiscectomy was done period", "An L5-S1 microdiscectomy was done."),
    ("there is stenosis from c three through c six period", "There is stenosis from C3 through C6."),
    ("the tumor was a p t two n one m zero adenocarcinoma period", "The tumor was a pT2 N1 M0 adenocarcinoma."),
    ("a grade three over six systolic murmur was heard period", "A grade 3/6 systolic murmur was heard."),
    ("hemoglobin a one c was eight point two percent period", "Hemoglobin A1c was 8.2%."),
    ("the e k g showed s t elevation in v two through v four period", "The EKG showed ST elevation in V2 through V4."),
    (
        "type two diabetes mellitus and stage four chronic kidney disease period",
        "Type 2 diabetes mellitus and stage 4 chronic kidney disease.",
    ),
    ("morphine two milligrams i v q four hours p r n pain period", "Morphine 2 mg IV q.4 h. p.r.n. pain."),
    (
        "a six french sheath and a size seven point five endotracheal tube were used period",
        "A 6-French sheath and a size 7.5 endotracheal tube were used.",
    ),
    ("three oh vicryl and four oh monocryl were used period", "3-0 Vicryl and 4-0 Monocryl were used."),
    ("the gleason score was three plus four equals seven period", "The Gleason score was 3+4=7."),
    ("deep tendon reflexes were two plus and symmetric period", "Deep tendon reflexes were 2+ and symmetric."),
    ("visual acuity was twenty over forty in the left eye period", "Visual acuity was 20/40 in the left eye."),
    (
        "he was given one point five liters of normal saline and two units of packed red cells period",
        "He was given 1.5 L of normal saline and 2 units of packed red cells.",
    ),
    (
        "impression colon number one pneumonia period number two copd exacerbation period",
        "IMPRESSION:\n\n1. Pneumonia.\n2. COPD exacerbation.",
    ),
    ("pain is eight slash ten today period", "Pain is 8/10 today."),
    (
        "heart rate eighty eight and regular comma blood pressure one eighteen over seventy six period",
        "Heart rate 88 and regular, blood pressure 118/76.",
    ),
    (
        "he weighs eighty two point five kilograms and is one hundred seventy eight centimeters tall period",
        "He weighs 82.5 kg and is 178 cm tall.",
    ),
    (
        "insulin glargine twenty two units at bedtime and lispro six units with meals period",
        "Insulin glargine 22 units at bedtime and lispro 6 units with meals.",
    ),
    ("give vancomycin one point two five grams i v q twelve hours period", "Give vancomycin 1.25 g IV q.12 h."),
    (
        "potassium three point two comma magnesium one point zero comma lactate point nine period",
        "Potassium 3.2, magnesium 1.0, lactate 0.9.",
    ),
    ("she has three children ages two comma five comma and eleven period", "She has three children ages 2, 5, and 11."),
    ("the wound is four by three by two millimeters period", "The wound is 4 x 3 x 2 mm."),
    ("the appendix was one and one half inches long period", "The appendix was 1-1/2 inches long."),
    (
        "i spent forty five minutes with the patient comma more than half of it in counseling period",
        "I spent 45 minutes with the patient, more than half of it in counseling.",
    ),
    (
        "an m r i of the l spine showed a disc bulge at l three l four period",
        "An MRI of the L-spine showed a disc bulge at L3-L4.",
    ),
    (
        "factor five leiden and a t eleven compression fracture period",
        "Factor V Leiden and a T11 compression fracture.",
    ),
    ("grade two spondylolisthesis at l five s one period", "Grade 2 spondylolisthesis at L5-S1."),
    ("she is g three p two zero one two period", "She is G3 P2-0-1-2."),
    (
        "his b n p was one thousand two hundred and troponin was less than point zero one period",
        "His BNP was 1200 and troponin was less than 0.01.",
    ),
    (
        "he was given two grams of mag sulfate and forty of k c l period",
        "He was given 2 g of mag sulfate and 40 of KCl.",
    ),
    ("use a size eight foley period", "Use a size 8 Foley."),
    (
        "medications number one aspirin eighty one milligrams daily number two metformin five hundred milligrams b i d",
        "MEDICATIONS:\n\n1. Aspirin 81 mg daily\n2. Metformin 500 mg b.i.d.",
    ),
    ("the number two pencil was used period", "The number 2 pencil was used."),
    (
        "o two sat ninety one percent on four liters comma pulse one oh two comma temp one hundred point four period",
        "O2 sat 91% on 4 L, pulse 102, temp 100.4.",
    ),
    (
        "sodium one thirty eight potassium four point oh chloride one oh one period",
        "Sodium 138 potassium 4.0 chloride 101.",
    ),
    (
        "give tylenol six hundred fifty milligrams p o q four to six hours p r n fever period",
        "Give Tylenol 650 mg p.o. q.4-6 h. p.r.n. fever.",
    ),
    ("she takes levothyroxine one hundred twelve micrograms daily period", "She takes levothyroxine 112 mcg daily."),
    ("a two by two centimeter ulcer and a five millimeter nodule period", "A 2 x 2 cm ulcer and a 5 mm nodule."),
    ("he is a three month old infant born at thirty two weeks period", "He is a 3-month-old infant born at 32 weeks."),
    ("his glasgow coma scale was fifteen period", "His Glasgow coma scale was 15."),
    ("she was born on june fifth nineteen sixty eight period", "She was born on June 5, 1968."),
    ("the appointment is at two fifteen p m on january second period", "The appointment is at 2:15 p.m. on January 2."),
    (
        "impression colon one period pneumonia period two period severe sepsis period three period anemia period",
        "IMPRESSION:\n\n1. Pneumonia.\n2. Severe sepsis.\n3. Anemia.",
    ),
    ("a two centimeter by three point five centimeter mass period", "A 2 cm x 3.5 cm mass."),
    ("it measures three millimeters by four millimeters by two millimeters", "It measures 3 mm x 4 mm x 2 mm"),
    ("ultrasound at thirty two weeks and four days period", "Ultrasound at 32 weeks and 4 days."),
    ("closed with three oh vicryl period", "Closed with 3-0 Vicryl."),
    ("cranial nerves two through twelve are intact period", "Cranial nerves II through XII are intact."),
    ("factor five leiden was negative period", "Factor V Leiden was negative."),
    ("he smokes one half pack per day period", "He smokes one-half pack per day."),
    ("white count twelve thousand five hundred period", "White count 12,500."),
    (
        "he has a stage two sacral decubitus and stage three b lung cancer period",
        "He has a stage 2 sacral decubitus and stage IIIB lung cancer.",
    ),
    (
        "reflexes are two plus at the knees and one plus at the ankles period",
        "Reflexes are 2+ at the knees and 1+ at the ankles.",
    ),
    (
        "the d dimer was zero point four five and the b u n was eighteen period",
        "The D-dimer was 0.45 and the BUN was 18.",
    ),
]


@pytest.mark.parametrize(("spoken", "typed"), COMMANDS)
def test_commands_and_the_same_words(spoken: str, typed: str) -> None:
    """A command is told from the same words in ordinary use."""
    assert write_up(spoken.split()).text == typed


@pytest.mark.parametrize(("spoken", "typed"), TAKEN_BACK)
def test_what_is_taken_back(spoken: str, typed: str) -> None:
    """Only what the speaker took back goes."""
    assert write_up(spoken.split()).text == typed


@pytest.mark.parametrize(("spoken", "typed"), FIGURES)
def test_figures(spoken: str, typed: str) -> None:
    """Numbers, units and mixed tokens are typed as house style has them."""
    assert write_up(spoken.split()).text == typed

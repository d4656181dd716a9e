"""Finds for one mention the codes that the tables give for it, with the words they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from transcribe.coding.advice import say
from transcribe.coding.around import Surroundings
from transcribe.coding.leaf import Leaf, descend
from transcribe.coding.mentions import Mention, Standing
from transcribe.coding.rules import history_of, is_history, is_lasting
from transcribe.coding.tables import COMPANIONS, CodeTables, Found, is_among
from transcribe.coding.words import lexicon, stems
from transcribe.domain import Match, Span

# By how many words name the problem: the least score for "possible" and for "suggested". Measured on disease names:
# a single word that fills only part of a term means something else every second time, three words seldom do.
FLOORS = {1: (0.75, 0.9), 2: (0.5, 0.8), 3: (0.4, 0.65)}
# Chapters that apply only to some patients, and the words of a report that tell it is about one of them.
_ONLY_FOR = {
    "O": frozenset({"gestation", "trimester", "postpartum", "puerperium", "gravida", "delivery"}),
    "P": frozenset({"newborn", "neonate", "neonatal", "neonatu"}),
}
# External causes are never guessed; these chapters only answer to their very words.
_NEVER = ("V", "W", "X", "Y")
_EXACT_CHAPTERS = ("Z", "T", "U", "P", "O")
_TO_THE_WORD = 0.95
_UNREAD_FLOOR = 0.9
_SITE_SHARE, _ATTACHED_SHARE = 0.2, 0.5
# A mention such as "diabetes with kidney disease" stays whole where a term agrees as well as this.
_UNDIVIDED = 0.9
_ACUTE_AND_CHRONIC = frozenset({"acute", "chronic"})
# What a complaint may be coded as: symptoms, and pains that stand in the chapter of their organ.
_COMPLAINTS = ("R", "M25", "M54", "M79", "N64.4", "H57.1", "H92.0", "N93", "K62.5", "K92")
_TICKED = (Standing.CONCLUDED, Standing.INSTEAD)
_FAMILY = ("Z80", "Z81", "Z82", "Z83", "Z84")
# Use of a substance is coded only where a disorder is tied to it, which is for the reader to judge.
_MERE_USE = tuple(f"F{number}.90" for number in (10, 11, 12, 13, 14, 15, 16, 18, 19))
_MOST_ALTERNATIVES = 5
_SIDES = frozenset({"right", "left"})
# Growths whose place the tables do not know are not coded as growths of no place.
_NEVER_ALONE = frozenset({"neoplasm", "cancer", "mass", "lesion", "malignant", "cyst", "failure", "arthritis"})
_NEARLY, _DISTANTLY = 0.6, 0.3
# Right, left and both: where a side is missing all of them are offered first.
_SIDES_OF_ONE = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A code on its way to becoming a suggestion; `place` orders it in the report."""

    code: str
    title: str
    score: float
    match: Match
    evidence: tuple[Span, ...]
    messages: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    only_possible: bool = False
    place: tuple[int, int] = (0, 0)


def kind_of_patient(text: str, *, pregnant: bool) -> frozenset[str]:
    """The chapters (O pregnancy, P newborn) whose patients the report is about."""
    said = frozenset(stems(text))
    told = {letter for letter, telling in _ONLY_FOR.items() if said & telling}
    return frozenset(told | {"O"} if pregnant else told)


def propose(tables: CodeTables, mention: Mention, kind: frozenset[str], around: Surroundings) -> Iterator[Proposal]:
    """What one mention supports; nothing where no term of the tables agrees well enough."""
    mention = _respelled(tables, mention, around)
    if not _says_enough(mention):
        return
    answers = _answers(tables, mention, kind)
    divided = _divided(mention, answers)
    if divided:
        yield from (proposal for part in divided for proposal in propose(tables, part, kind, around))
        return
    if mention.standing is Standing.UNTITLED and not (answers and answers[0].score >= _floors(mention)[0]):
        answers = _in_general(tables, mention, kind) or answers
    floor, good = _floors(mention)
    for place, answer in enumerate(answers[:3]):
        if answer.score < floor or not _allowed(answer, mention):
            return
        leaves = _leaves(tables, mention, answer, around)
        if leaves:
            others = _others(tables, mention, leaves, answers[place + 1 :])
            # "Galactorrhea" is a code of the puerperium, but nothing says that the patient has just delivered.
            weak = answer.score < good or (answer.code[0] in _ONLY_FOR and answer.code[0] not in kind)
            yield from (_proposal(mention, answer, leaf, others, weak) for leaf in leaves)
            yield from _asked_for(tables, mention, kind, around, leaves)
            yield from _manifestation(tables, mention, answer, leaves)
            return


def _in_general(tables: CodeTables, mention: Mention, kind: frozenset[str]) -> list[Found]:
    """What stands for the problem of a narrative where the tables know no such kind or place of it.

    "Intense pain of the flank" is still a pain, "nephrogenic anemia" an anemia.
    """
    alone = [replace(mention, attached=(), site=())]
    alone += [replace(alone[0], named=(thing,)) for thing in _things(mention.named)]
    found = (_answers(tables, each, kind) for each in alone if _says_enough(each))
    exact = ([each for each in answers if each.score >= _TO_THE_WORD] for answers in found)
    return next((answers for answers in exact if answers and not answers[0].words & _NEVER_ALONE), [])


def _respelled(tables: CodeTables, mention: Mention, around: Surroundings) -> Mention:
    """The mention with each of its words that is a slip of a word of the tables read as that word."""
    for written, word in around.written(mention.span):
        # A capital inside a name is a person's: "Bankart lesion".
        is_name = written[0].isupper() and word.start > mention.span.start
        meant = tables.meant(written.lower(), word.stem) if word.stem in mention.named and not is_name else ""
        if meant:
            read = stems(meant)
            named = tuple(each for own in mention.named for each in (read if own == word.stem else (own,)))
            place = dict.fromkeys(read, Span(word.start, word.end))
            facts = replace(
                mention.facts, words={**mention.facts.words, **place}, close=mention.facts.close.union(read)
            )
            mention = replace(
                mention, named=named, facts=facts, respelled=(*mention.respelled, (written.lower(), meant))
            )
    return mention


def _manifestation(tables: CodeTables, mention: Mention, answer: Found, leaves: Sequence[Leaf]) -> Iterator[Proposal]:
    """The second code of a pair that the index prints in brackets; it never comes first."""
    for leaf in descend(tables, answer.manifestation, mention.facts) if answer.manifestation else ():
        proposal = _proposal(mention, answer, leaf, (), False)
        messages = (*proposal.messages, say("manifestation", code=leaves[0].code))
        yield replace(proposal, messages=messages, place=(mention.span.start, 2))


def _asked_for(
    tables: CodeTables, mention: Mention, kind: frozenset[str], around: Surroundings, leaves: Sequence[Leaf]
) -> Iterator[Proposal]:
    """The parts of a mention that its code stands for as a whole, where the tables ask for their codes as well."""
    notes = [note for leaf in leaves for note in tables.notes(leaf.code) if note.kind in COMPANIONS]
    for part in mention.parts:
        for proposal in propose(tables, part, kind, around):
            if any(is_among(proposal.code, note.ranges) for note in notes):
                yield proposal


def _divided(mention: Mention, answers: Sequence[Found]) -> tuple[Mention, ...]:
    """The problems that a mention holds where no entry stands for it as a whole; none where one does."""
    best = answers[0] if answers else None
    if mention.parts and (best is None or best.score < _UNDIVIDED or not _holds(best, mention.parts)):
        return mention.parts
    if not set(mention.named) >= _ACUTE_AND_CHRONIC or (best is not None and best.words >= _ACUTE_AND_CHRONIC):
        return ()
    # Both acute and chronic: a code for each, the acute one first (guideline I.B.8).
    return tuple(_less(mention, word) for word in ("chronic", "acute"))


def _holds(answer: Found, parts: Sequence[Mention]) -> bool:
    """Whether the term names something of every part, so that none is lost in the whole."""
    lists = lexicon()
    named = [frozenset(part.named) - lists.soft - lists.side - lists.idle for part in parts]
    return all(answer.words & words for words in named if words)


def _less(mention: Mention, word: str) -> Mention:
    named = tuple(each for each in mention.named if each != word)
    return replace(mention, named=named, near=mention.near - {word})


def _answers(tables: CodeTables, mention: Mention, kind: frozenset[str]) -> list[Found]:
    """The entries of the tables that may stand for the mention, best first."""
    named, beside, share = _question(mention)
    sides = frozenset({mention.facts.side}) - {""}
    found = tables.find(named, mention.near | sides, beside, share)
    telling = not any(each.score >= _TO_THE_WORD and each.code[0] not in _ONLY_FOR for each in found)
    plausible = [each for each in found if _plausible(each, mention, kind, telling)]
    for thing in _things(named):
        about = [each for each in plausible if thing in each.words]
        if about and about[0].score >= _floors(mention)[0]:
            return about
    return [] if _things(named) else plausible


def _question(mention: Mention) -> tuple[tuple[str, ...], tuple[str, ...], float]:
    """The words to ask the tables for, the words of the place, and how much these count.

    The tables know no place for most problems that have a name of their own; a vague one is nothing without it.
    """
    lists = lexicon()
    head = tuple(word for word in mention.named if word not in mention.site)
    if any(word not in lists.soft | lists.side | lists.vague for word in head):
        return head, tuple(word for word in mention.site if word not in lists.empty), _SITE_SHARE
    return mention.named, () if _is_telling(mention) else mention.attached, _ATTACHED_SHARE


def _things(named: Sequence[str]) -> list[str]:
    """The words that may say what the problem is: a term without them means something else.

    Mostly the last word that tells something; before it in "Usher syndrome retinal form" or "dystonia type 2A"
    the last one ahead of the words that only tell kinds apart.
    """
    lists = lexicon()
    heads = [named, *(named[:place] for place, word in enumerate(named) if word in lists.idle | lists.kinds)]
    if named and named[-1] in lists.kinds:
        heads.append(named[:-2])
    telling = (
        [word for word in head if word not in lists.soft | lists.side | lists.idle and word.isalpha()] for head in heads
    )
    return list(dict.fromkeys(words[-1] for words in telling if words))


def _floors(mention: Mention) -> tuple[float, float]:
    lists = lexicon()
    telling = {word for word in mention.named if word not in lists.soft | lists.side}
    floor, good = FLOORS[min(max(len(telling), 1), max(FLOORS))]
    return (_UNREAD_FLOOR, _UNREAD_FLOOR) if mention.unread else (floor, good)


def _says_enough(mention: Mention) -> bool:
    """Whether the mention names more than "pain" or "mass": a kind, or a place beside it."""
    lists = lexicon()
    telling = [word for word in mention.named if word not in lists.soft | lists.side]
    alone = lists.alone | lists.narrated if mention.standing is Standing.UNTITLED else lists.alone
    if telling and alone.issuperset(telling):
        return True
    return len(telling) > 1 or _is_telling(mention) or bool(mention.attached)


def _is_telling(mention: Mention) -> bool:
    lists = lexicon()
    return any(word not in lists.soft | lists.side | lists.vague for word in mention.named)


def _plausible(answer: Found, mention: Mention, kind: frozenset[str], telling: bool) -> bool:
    """Whether the chapter of the answer is for this patient; `telling` where the words have no other meaning."""
    letter = answer.code[0]
    if letter in _NEVER or not answer.words & _SIDES <= {mention.facts.side}:
        return False
    if letter in _ONLY_FOR and letter not in kind:
        return telling and answer.score >= _TO_THE_WORD
    if mention.past_operation:
        return answer.code.startswith("Z9") and answer.score >= _TO_THE_WORD
    return letter not in _EXACT_CHAPTERS or answer.score >= _TO_THE_WORD or letter in kind


def _allowed(answer: Found, mention: Mention) -> bool:
    """Whether the place of the mention, and whose and when the problem was, leave this answer to be coded."""
    symptom = answer.code.startswith(_COMPLAINTS)
    if mention.standing in (Standing.COMPLAINT, Standing.INSTEAD):
        return symptom
    if mention.standing in (Standing.PLANNED, Standing.DISCUSSED) and symptom:
        return False
    if mention.family:
        return answer.code.startswith(_FAMILY) or bool(_history(answer, mention))
    if mention.historical and not _history(answer, mention):
        return is_history(answer.code) or is_lasting(answer.code)
    return True


def _history(answer: Found, mention: Mention) -> str:
    """The code for the history of the disease found; "" where the tables have none or it is one already."""
    if is_history(answer.code) or not (mention.historical or mention.family):
        return ""
    return history_of(answer.code, "family" if mention.family else "personal")


def _leaves(tables: CodeTables, mention: Mention, answer: Found, around: Surroundings) -> tuple[Leaf, ...]:
    """The billable codes for an answer: from the mention's own sentence, else with the rest of the report."""
    code = _history(answer, mention) or answer.code
    own = descend(tables, code, mention.facts)
    if own and not any(_is_open(leaf) for leaf in own):
        return own
    about = frozenset(mention.attached + mention.site) | answer.words
    return descend(tables, code, around.facts(mention.span, mention.named, about, mention.facts)) or own


def _is_open(leaf: Leaf) -> bool:
    """Whether the rest of the report may say more: a fact is missing, or the encounter is taken for the first."""
    return bool(leaf.messages or leaf.alternatives) or leaf.code[-1:] == "A" or "nspecified" in leaf.title


def _others(tables: CodeTables, mention: Mention, leaves: Sequence[Leaf], answers: Sequence[Found]) -> tuple[str, ...]:
    """What else the mention may mean: siblings passed on the way, other answers, kinds without a code of their own."""
    taken = {leaf.code for leaf in leaves}
    near = [each for each in answers if not _above(each.code, taken)]
    passed = [code for leaf in leaves for code in leaf.alternatives]
    codes = (
        *passed[:_SIDES_OF_ONE],
        *(each.code for each in near if each.score >= _NEARLY),
        *(code for leaf in leaves for code in _specified(tables, leaf.code)),
        *passed,
        *(each.code for each in near if each.score >= _DISTANTLY),
    )
    billable = (leaf.code for code in codes for leaf in descend(tables, code, mention.facts)[:1])
    return tuple(islice((code for code in dict.fromkeys(billable) if code not in taken), _MOST_ALTERNATIVES))


def _specified(tables: CodeTables, code: str) -> Iterator[str]:
    """The "other specified" sibling, for kinds that the tables do not name (guideline I.A.9.a)."""
    for above in tables.line(code)[1:]:
        for sibling in tables.children(above):
            if sibling.title.lower().startswith("other ") and not code.startswith(sibling.code):
                yield sibling.code


def _above(code: str, taken: set[str]) -> bool:
    return any(each.startswith(code) for each in taken)


def _proposal(mention: Mention, answer: Found, leaf: Leaf, others: tuple[str, ...], weak: bool) -> Proposal:
    messages = [*leaf.messages]
    if mention.standing:
        messages.append(say(mention.standing))
    lasting = mention.historical and is_lasting(leaf.code) and not is_history(leaf.code)
    if lasting:
        messages.append(say("lasting-history"))
    if mention.uncertain:
        messages.append(say("uncertain-inpatient"))
    messages.extend(say("spelling", written=written, meant=meant) for written, meant in mention.respelled)
    if mention.meanings:
        messages.append(say("abbreviation-unclear", meanings=mention.meanings))
    mere_use = leaf.code in _MERE_USE
    if mere_use:
        messages.append(say("mere-use"))
    return Proposal(
        code=leaf.code,
        title=leaf.title,
        score=answer.score,
        match=answer.match,
        evidence=(mention.span, *mention.facts.spans(answer.words - set(mention.named)), *leaf.used),
        messages=tuple(messages),
        alternatives=others,
        only_possible=(
            weak or lasting or mere_use or mention.family or bool(mention.meanings) or mention.standing not in _TICKED
        ),
        place=(mention.span.start, 0 if "chronic" not in mention.named else 1),
    )

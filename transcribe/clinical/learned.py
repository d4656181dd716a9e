"""The trained component: a small network that finds problems, drugs and anatomy beside the lexicons.

Each of its labels is tagged for itself (outside, begin, inside, last, single), so that a text in which only some
labels were annotated trains those and no other. It also tells whether a text reads like a report or like an article.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import (
    HashEmbed,
    Linear,
    Maxout,
    Model,
    chain,
    clone,
    concatenate,
    expand_window,
    list2ragged,
    ragged2list,
    residual,
    with_array,
)

from transcribe.clinical.docs import ARTICLE, OUTSIDE
from transcribe.clinical.features import COLUMNS, features, mentioned
from transcribe.clinical.fused import LABELS
from transcribe.domain import Label

NAME = "clinical_learned"
KEY = "learned"
"""Where `doc.spans` holds what the component found."""
REPORT = "report"
"""A key of a reference's spans: the text is a report, and what the rules find in it is taken for right.

Without it the text is an article.
"""
PARTLY = "partly"
"""A key of a reference's spans: what the lexicons know and nobody annotated is then no mistake."""

_OUT, _BEGIN, _INSIDE, _LAST, _SINGLE = range(5)
_TAGS = 5
_IMPOSSIBLE = -1e9
# Which tag may follow which: an open mention goes on or ends, a closed one does not.
_OPEN, _CLOSED = (_INSIDE, _LAST), (_OUT, _BEGIN, _SINGLE)
_FOLLOWS = np.full((_TAGS, _TAGS), _IMPOSSIBLE)
for _tag in range(_TAGS):
    _FOLLOWS[_tag, list(_OPEN if _tag in (_BEGIN, _INSIDE) else _CLOSED)] = 0.0
# Behind the tags of a word stands one more number: how much the word speaks for an article. Of the two things
# learned the names matter more.
_NUMBERS = len(LABELS) * _TAGS + 1
_KIND_WEIGHT = 0.2
# How much the rules teach in a report, beside the 1.0 of what a person marked: more of it, and the network repeats
# them in articles; less, and it takes ordinary words of reports for names.
_RULES_WEIGHT = {Label.PROBLEM: 0.05, Label.DRUG: 0.1, Label.ANATOMY: 0.1}
# How often a word is hidden in training, so that its letters and neighbours must do.
_UNSEEN = 0.2
# Where everything is surely outside there is nothing to decide.
_SURELY_OUT = 0.95

Floats = npt.NDArray[np.float32]


@registry.architectures("transcribe.clinical_names.v1")  # type: ignore[untyped-decorator]
def build(width: int, depth: int, rows: list[int]) -> Model[list[Doc], list[Floats]]:
    """A convolutional network over hashed features; gives each token five numbers a label, and one for an article.

    `rows` are the sizes of the hashed tables, one for each column of the features.
    """
    tables: list[Model[Any, Any]] = [HashEmbed(width, size, column=at, seed=at + 1) for at, size in enumerate(rows)]
    mixed = Maxout(nO=width, nI=width * len(COLUMNS), nP=3, normalize=True, dropout=0.0)
    layer = residual(chain(expand_window(1), Maxout(nO=width, nI=width * 3, nP=3, normalize=True, dropout=0.0)))
    seen: Model[list[Doc], Any] = Model("clinical_features", _see)
    embedded: Model[Any, Any] = chain(
        seen, list2ragged(), with_array(chain(concatenate(*tables), mixed)), ragged2list()
    )
    register: Model[Any, Any] = Maxout(nO=width, nI=width, nP=2, normalize=True, dropout=0.0)
    return chain(
        embedded,
        with_array(clone(layer, depth), pad=depth),
        _with_whole(register),
        with_array(Linear(nO=_NUMBERS, nI=width)),
    )


def _with_whole(inner: Model[Any, Any]) -> Model[list[Floats], list[Floats]]:
    """Add to every token what `inner` makes of the mean of its text: a report and an article name things otherwise."""
    return Model("clinical_whole", _spread, layers=[inner], init=_init_whole)


def _init_whole(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:
    model.layers[0].initialize()


def _spread(
    model: Model[Any, Any], texts: list[Floats], is_train: bool
) -> tuple[list[Floats], Callable[[list[Floats]], list[Floats]]]:
    sizes = [max(1, len(rows)) for rows in texts]
    means = np.stack([rows.sum(axis=0) / size for rows, size in zip(texts, sizes, strict=True)])
    whole, backward = model.layers[0](means, is_train)

    def back(gradients: list[Floats]) -> list[Floats]:
        of_means = backward(np.stack([rows.sum(axis=0) for rows in gradients]))
        return [rows + of_means[at] / size for at, (rows, size) in enumerate(zip(gradients, sizes, strict=True))]

    return [rows + whole[at] for at, rows in enumerate(texts)], back


def _see(model: Model[Any, Any], docs: list[Doc], is_train: bool) -> tuple[list[Any], Callable[[Any], list[Any]]]:
    seen = [features(doc) for doc in docs]
    if is_train:
        for rows in seen:
            rows[np.random.random(len(rows)) < _UNSEEN, COLUMNS.index("word")] = 0
    return seen, lambda _: []


class Learned(TrainablePipe):  # type: ignore[misc]
    """Writes what the network found to `doc.spans["learned"]`; the labels are those of `Label`."""

    def __init__(self, vocab: Vocab, model: Model[list[Doc], list[Floats]], name: str = NAME) -> None:
        self.vocab = vocab
        self.model = model
        self.name = name
        self.cfg: dict[str, Any] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """What the component can find."""
        return tuple(label.value for label in LABELS)

    def predict(self, docs: Iterable[Doc]) -> list[Floats]:
        """The network's numbers for each document, of shape (tokens, numbers)."""
        found: list[Floats] = self.model.predict(list(docs))
        return found

    def set_annotations(self, docs: Iterable[Doc], found: list[Floats]) -> None:
        """Write the mentions to the documents, how surely each token is outside and the text an article."""
        for doc, scores in zip(docs, found, strict=True):
            logs = _log_tags(scores)
            doc.spans[KEY] = [Span(doc, first, last, label=label.value) for first, last, label in decoded(logs)]
            doc.user_data[OUTSIDE] = np.exp(logs[:, :, _OUT])
            doc.user_data[ARTICLE] = float(_sigmoid(scores[:, -1].mean())) if len(scores) else 0.0

    def get_loss(self, examples: Iterable[Example], scores: list[Floats]) -> tuple[float, list[Floats]]:
        """Cross entropy and its gradient; a label counts where the reference has a key for it."""
        loss, gradients = 0.0, []
        for example, score in zip(examples, scores, strict=True):
            logs = _log_tags(score)
            gold, known = _gold(example)
            article = _sigmoid(score[:, -1])
            truth = float(REPORT not in example.reference.spans)
            loss -= float((logs * gold * known).sum())
            gradient = np.empty_like(score)
            gradient[:, :-1] = ((np.exp(logs) - gold) * known).reshape(len(score), _NUMBERS - 1)
            gradient[:, -1] = (article - truth) * _KIND_WEIGHT
            gradients.append(gradient)
        return loss, gradients

    def initialize(self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None) -> None:
        """Set the sizes and first weights of the network."""
        self.model.initialize()

    def score(self, examples: Iterable[Example], **_: Any) -> dict[str, float]:
        """Strict F1 of each label on the texts annotated for it, and their mean as `learned_f`."""
        right, found, wanted = ({label.value: 0 for label in LABELS} for _ in range(3))
        for example in examples:
            said = {(span.start, span.end, span.label_) for span in example.predicted.spans[KEY]}
            for name in right.keys() & example.reference.spans.keys():
                true = {(span.start, span.end, name) for span in example.reference.spans[name]}
                mine = {item for item in said if item[2] == name}
                right[name] += len(mine & true)
                found[name] += len(mine)
                wanted[name] += len(true)
        each = {f"learned_{name.lower()}_f": 2 * right[name] / max(1, found[name] + wanted[name]) for name in right}
        return {**each, "learned_f": sum(each.values()) / len(each)}


@Language.factory(
    NAME,
    default_config={
        "model": {
            "@architectures": "transcribe.clinical_names.v1",
            "width": 64,
            "depth": 4,
            "rows": [8000, 3000, 3000, 6000, 500, 1500, 100],
        }
    },
    assigns=["doc.spans"],
    default_score_weights={"learned_f": 1.0},
)
def make_learned(nlp: Language, name: str, model: Model[list[Doc], list[Floats]]) -> Learned:
    """The component for a spaCy configuration."""
    return Learned(nlp.vocab, model, name)


def decoded(logs: Floats) -> list[tuple[int, int, Label]]:
    """The mentions in log probabilities of shape (tokens, labels, tags), in order and without overlap.

    Of two that overlap the one stands for which more speaks: the sum of what speaks against "outside".
    """
    found: list[tuple[float, int, int, Label]] = []
    for at, label in enumerate(LABELS):
        doubtful = np.flatnonzero(logs[:, at, _OUT] < np.log(_SURELY_OUT))
        if len(doubtful) == 0:
            continue
        for stretch in np.split(doubtful, np.flatnonzero(np.diff(doubtful) > 1) + 1):
            first = int(stretch[0])
            for begin, end in _ranges(_best_tags(logs[first : int(stretch[-1]) + 1, at])):
                weight = float(logs[first + begin : first + end, at, _OUT].sum())
                found.append((weight, first + begin, first + end, label))
    kept: list[tuple[int, int, Label]] = []
    for _, begin, end, label in sorted(found):
        if not any(begin < other[1] and other[0] < end for other in kept):
            kept.append((begin, end, label))
    return sorted(kept)


def _best_tags(logs: Floats) -> list[int]:
    """The likeliest sequence of tags in which each may follow the one before (Viterbi), closed at both ends."""
    best = logs[0].astype("float64")
    best[list(_OPEN)] = _IMPOSSIBLE
    back = []
    for row in logs[1:]:
        ways = best[:, None] + _FOLLOWS
        back.append(ways.argmax(axis=0))
        best = ways.max(axis=0) + row
    best[[_BEGIN, _INSIDE]] = _IMPOSSIBLE
    tags = [int(best.argmax())]
    for pointers in reversed(back):
        tags.append(int(pointers[tags[-1]]))
    return tags[::-1]


def _ranges(tags: list[int]) -> Iterable[tuple[int, int]]:
    """The ranges that the tags mark."""
    first = 0
    for at, tag in enumerate(tags):
        if tag in (_BEGIN, _SINGLE):
            first = at
        if tag in (_LAST, _SINGLE):
            yield first, at + 1


def _gold(example: Example) -> tuple[Floats, Floats]:
    """The right tags as a one-hot array (tokens, labels, tags), and how much each counts (tokens, labels, 1)."""
    doc = example.reference
    tags = np.zeros((len(doc), len(LABELS)), dtype="int64")
    known = np.zeros((len(doc), len(LABELS), 1), dtype="float32")
    for at, label in enumerate(LABELS):
        if label.value not in doc.spans and REPORT not in doc.spans:
            continue
        rules = mentioned(example.predicted, label)
        right, weight = rules, _RULES_WEIGHT[label]
        if label.value in doc.spans:
            right, weight = [(span.start, span.end) for span in doc.spans[label.value]], 1.0
        known[:, at] = weight
        if PARTLY in doc.spans:
            for first, last in rules:
                known[first:last, at] = 0.0
        for first, last in right:
            known[first:last, at] = weight
            tags[first:last, at] = _INSIDE
            tags[first, at], tags[last - 1, at] = _BEGIN, _LAST
            if last == first + 1:
                tags[first, at] = _SINGLE
    return np.eye(_TAGS, dtype="float32")[tags], known


def _log_tags(scores: Floats) -> Floats:
    """The log probabilities of the tags, of shape (tokens, labels, tags)."""
    tags = scores[:, :-1].reshape(-1, len(LABELS), _TAGS)
    shifted = tags - tags.max(axis=-1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def _sigmoid(scores: Floats) -> Floats:
    squashed: Floats = np.exp(-np.logaddexp(0.0, -scores))
    return squashed

"""What a report card comes to: one sentence, and the reasons for it. Pure words over figures.

Lines are drawn on skill, the share of what guessing leaves open that is gained: (accuracy − guessing) / (1 − guessing),
which is Cohen's kappa against the commonest class. So ten even classes and two uneven ones are held to the same. Where
one class is nearly all, accuracy can gain nothing: then it is luck only if answers with all classes taken alike are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

from embedding_core.evaluate.card.scoring import FEWEST

if TYPE_CHECKING:
    from embedding_core.evaluate.card.controls import Controls
    from embedding_core.evaluate.card.found import LabelFree, ReportCard, Scores
    from embedding_core.evaluate.card.intervals import Figure

Level = Literal["strong", "fair", "weak", "useless", "shortcut", "steady", "unsteady", "unclear"]

STRONG, FAIR = 0.8, 0.5  # skill
CLOSE, HALF = 0.8, 0.5  # share of the embedding's gain over guessing that a control has as well
LEAKED = 0.01  # of accuracy, from which copies are worth a word
BEHIND = 0.1  # of accuracy, that neighbours are behind the probe
HUBS, CONE = 2.0, 0.8  # hubness and anisotropy from which they are worth a word
STEADY, SHAKY = 0.9, 0.6  # share of changed copies that find their original
REAL = 0.6  # cluster stability
WIDE = 0.2  # of accuracy over guessing, that an interval reaches where too few images were judged to call it luck
SURE = 30  # images of a class, from which its figures are


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence and its reasons, each a sentence."""

    level: Level
    sentence: str
    reasons: tuple[str, ...]


def verdict(card: ReportCard) -> Verdict:
    """The verdict of a card; by labels where it has scores, else by what holds without."""
    if card.scores is None:
        return _free(card)
    scores = card.scores
    guessing, probe, count = scores.controls.majority, scores.probe, len(card.classes)
    level, rival = _level(scores)
    right = f"{_percent(probe.value)} right, where always saying the commonest label gets {_percent(guessing)}"
    if level == "useless" and scores.evened is not None and not _lucky(scores.evened, scores.controls, count):
        sentence = (
            f"Weak: no better than always saying the commonest label, {_percent(probe.value)} right, though it knows "
            f"the others: with your {count} labels taken as equally likely it finds {_percent(scores.evened.value)} of "
            f"each, where luck finds {_percent(1 / count)}."
        )
        return Verdict("weak", sentence, tuple(_reasons(card, scores)))
    if level == "useless" and skill(probe.high, guessing) >= FAIR and probe.high - guessing >= WIDE:
        sentence = (
            f"Too few labelled images to tell: between {_percent(probe.low)} and {_percent(probe.high)} right, where "
            f"always saying the commonest label gets {_percent(guessing)}."
        )
        return Verdict("unclear", sentence, tuple(_reasons(card, scores)))
    sentence = {
        "strong": f"Good: this embedding tells your {count} labels apart well, {right}.",
        "fair": f"Usable: this embedding tells your {count} labels apart in most cases, {right}.",
        "weak": f"Weak: this embedding tells your {count} labels apart only in part, {right}.",
        "useless": f"No use for these labels: {right}, and that is no more than luck.",
        "shortcut": f"Be careful: {rival} alone gets nearly as far as this embedding, {right}.",
    }[level]
    return Verdict(level, sentence, tuple(_reasons(card, scores)))


def skill(figure: float, guessing: float) -> float:
    """The share of what guessing leaves open that is gained; 0 is guessing, 1 is perfect, below 0 is worse."""
    return (figure - guessing) / max(1 - guessing, 1e-9)


def _level(scores: Scores) -> tuple[Literal["strong", "fair", "weak", "useless", "shortcut"], str]:
    known = scores.controls
    if scores.probe.low <= max(known.majority, known.shuffled.value):
        return "useless", ""
    rival = max(_rivals(known), key=lambda one: one[1].value, default=None)
    if rival is not None and _nearness(rival[1], scores) >= CLOSE:
        return "shortcut", rival[0]
    reached = skill(scores.probe.value, known.majority)
    return ("strong" if reached >= STRONG else "fair" if reached >= FAIR else "weak"), ""


def _lucky(evened: Figure, known: Controls, classes: int) -> bool:
    """Whether what is told with all classes taken alike is no more than guessing, or shuffled labels, come to."""
    return evened.low <= max(1 / classes, known.shuffled_evened)


def _rivals(known: Controls) -> list[tuple[str, Figure]]:
    pixels = max((one for one in (known.pixels, known.pixels_knn) if one), key=lambda one: one.value, default=None)
    named = (
        ("the picture shrunk to 16×16 pixels", pixels),
        ("what is known of the files", known.metadata),
    )
    return [(name, one) for name, one in named if one is not None]


def _nearness(rival: Figure, scores: Scores) -> float:
    """The share of the embedding's gain over guessing that a control has."""
    guessing = scores.controls.majority
    return (rival.value - guessing) / max(scores.probe.value - guessing, 1e-9)


def _reasons(card: ReportCard, scores: Scores) -> list[str]:
    known, probe = scores.controls, scores.probe
    found = [
        f"With other images of this kind the probe is right on {_percent(probe.low)} to {_percent(probe.high)}.",
        f"With shuffled labels it gets {_percent(known.shuffled.value)}, so the measurement does not flatter."
        if known.shuffled.low <= known.majority
        else f"With shuffled labels it gets {_percent(known.shuffled.value)}, more than guessing: figures flatter.",
    ]
    for name, rival in _rivals(known):
        near = _nearness(rival, scores)
        said = f"{name[0].upper()}{name[1:]} gets {_percent(rival.value)}"
        if probe.low <= known.majority:
            found.append(f"{said}.")  # there is no gain to hold it against
        elif near >= CLOSE:
            found.append(f"{said}, nearly as much: the labels may be told by a shortcut, not by what is shown.")
        elif near >= HALF:
            found.append(f"{said}: a good part of the way is told without understanding the picture.")
        elif probe.low > rival.value:
            found.append(f"{said}, far less than the embedding.")
        else:
            found.append(f"{said}; so few images do not tell it from the embedding.")
    found += _of_copies(scores)
    found += _of_neighbours(scores)
    found += _of_classes(card)
    return found + _of_shape(card.free)


def _of_copies(scores: Scores) -> list[str]:
    leaked = scores.leakage
    most = max(leaked.knn, leaked.probe if leaked.low > 0 else 0)
    if most >= LEAKED:
        return [f"Near-duplicates inflate accuracy by {_points(most)}; here they cannot vouch for each other."]
    if leaked.copies:
        return [f"Near-duplicates ({leaked.copies:,} images) hardly inflate anything."]
    return []


def _of_neighbours(scores: Scores) -> list[str]:
    near, probe = scores.knn_grouped["5"].value, scores.probe.value
    if probe - near >= BEHIND:
        return [
            f"The five nearest images are right on {_percent(near)} only: the labels are in the numbers, yet likeness "
            "does not go by them. Fine-tuning would help search and groups."
        ]
    if scores.knn_grouped["5"].low <= scores.controls.majority:
        return [f"The five nearest images are right on {_percent(near)}, which may be no more than guessing."]
    return [f"The five nearest images are right on {_percent(near)}, so likeness goes by these labels as well."]


def _of_classes(card: ReportCard) -> list[str]:
    table = [row for row in card.table if row.images]
    weak = [row for row in table if row.f1 < FAIR]
    few = sum(row.images < SURE for row in table)
    found = []
    if weak:
        named = ", ".join(f"“{row.name}”" for row in weak[:3])
        more = f" and {len(weak) - 3} more" if len(weak) > 3 else ""
        found.append(f"Hard to tell: {named}{more}.")
    elif table:
        found.append(f"The weakest label is “{table[0].name}”, F1 {table[0].f1:.2f}.")
    if few:
        have = "label has" if few == 1 else "labels have"
        found.append(f"{few} {have} fewer than {SURE} images: what is said of such labels is unsure.")
    return found


def _of_shape(free: LabelFree) -> list[str]:
    found = []
    if free.shape.hubness > HUBS:
        found.append("A few images are neighbours of very many others, which spoils searches.")
    if free.shape.anisotropy > CONE:
        found.append("All images point nearly the same way, so likeness runs over a narrow range.")
    shaky = [way for way in free.stability if way.found.value < SHAKY]
    if shaky:
        found.append(f"Pictures that are {' or '.join(way.name for way in shaky)} are often not recognised.")
    return found


def _free(card: ReportCard) -> Verdict:
    free = card.free
    found = [
        f"{_percent(way.found.value)} of the pictures that were {way.name} are nearest to their original."
        for way in free.stability
    ]
    if isfinite(free.cluster_stability):
        found.append(
            f"Groups found in one half of the images are found in the other with an agreement of "
            f"{free.cluster_stability:.2f}, where 1 is the same and 0 is chance."
        )
    found += _of_shape(free)
    need = f"Label {FEWEST} images of two labels or more, and the card says what the embedding is worth for them."
    least = min((way.found.value for way in free.stability), default=float("nan"))
    if not isfinite(least):
        return Verdict("unclear", "Without labels little can be said of this embedding.", (*found, need))
    if least >= STEADY and free.cluster_stability >= REAL:
        sentence = "Steady: small changes to a picture do not mislead this embedding, and its groups are real."
        return Verdict("steady", sentence, (*found, need))
    if least >= STEADY:
        sentence = "Steady for likeness: small changes to a picture do not mislead it, but its groups are not firm."
        return Verdict("steady", sentence, (*found, need))
    sentence = f"Unsteady: a picture that is changed a little is recognised in {_percent(least)} of the cases only."
    return Verdict("unsteady", sentence, (*found, need))


def _percent(share: float) -> str:
    """Never rounded up to all, nor down to none."""
    if 0.995 <= share < 1 or 0 < share < 0.005:
        return f"{100 * share:.1f}%"
    return f"{100 * share:.0f}%"


def _points(share: float) -> str:
    value = 100 * share
    return f"{value:.1f} point{'' if f'{value:.1f}' == '1.0' else 's'}"

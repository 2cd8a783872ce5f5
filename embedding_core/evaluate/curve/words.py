"""What a learning curve says, in plain sentences; also that it says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.evaluate.curve.found import FAR, FEWEST_OF_CLASS

if TYPE_CHECKING:
    from embedding_core.evaluate.curve.found import Curve, Outlook
    from embedding_core.evaluate.curve.scratch_found import Scratch

_FEW = 30  # test images, below which it is said how few judge a class
_NAMED = 3  # classes
_ROUND = (10_000, 1_000, 100)  # numbers of labels that people plan with


def told_of(curve: Curve) -> int:
    """How many labels more the headline is about: a round number that the curve can still speak for, else as many
    again."""
    within = (FAR - 1) * curve.total
    return next((more for more in _ROUND if more <= within), curve.total)


def headline(curve: Curve) -> str:
    """As "1,000 more labels would bring 1.5 to 3.0 points"."""
    if curve.nothing_learnt:
        return "Nothing is learnt: as far as can be told, it is no better than naming the commonest label"
    if curve.flat:
        high = 100 * curve.outlook(curve.total).gain_interval[1]
        return f"More labels would bring next to nothing: at most {high:.1f} points for twice as many"
    return gain(curve.outlook(told_of(curve)))


def gain(outlook: Outlook) -> str:
    """What so many labels more would bring."""
    low, high = (100 * end for end in outlook.gain_interval)
    if f"{low:.1f}" == f"{high:.1f}":
        told = f"about {high:.1f} points" if high >= 0.05 else "less than 0.1 points"
    else:
        told = f"{low:.1f} to {high:.1f} points"
    return f"{outlook.more:,} more labels would bring {told}"


def said(curve: Curve) -> list[str]:
    """Sentences, the answer first."""
    now, low, high = (100 * value for value in curve.accuracy[:, -1])
    found = [
        f"{headline(curve)}.",
        f"With all {curve.total:,} labels a probe is right in {now:.1f}% of the untouched images ({low:.1f} to "
        f"{high:.1f}); always naming the commonest label would be in {100 * curve.chance:.1f}%.",
    ]
    found += _unlabelled(curve)
    if curve.nothing_learnt:
        return found
    if curve.enough < curve.total:
        found.append(f"{curve.enough:,} labels come within one point of all {curve.total:,}.")
    else:
        found.append("Every label still counts: none of the smaller parts comes within one point of all of them.")
    found += [*_backtest(curve), *_class(curve)]
    found.append(
        f"Beyond {FAR * curve.total:,.0f} labels it is a guess, since nothing measured speaks for it, and it holds for "
        "more images of the same kind, labelled as well as these."
    )
    return found


def beside(curve: Curve, scratch: Scratch) -> list[str]:
    """How the probe over the embedding stands against a network that was trained on the same images from nothing."""
    most = scratch.runs[-1]
    ours, theirs = 100 * curve.accuracy[0, -1], 100 * most.accuracy
    needed = next(
        (round(n) for n, value in zip(curve.sizes, curve.accuracy[0], strict=True) if value >= most.accuracy), None
    )
    found = []
    if needed is not None and needed < most.labels:
        found.append(
            f"With {needed:,} labels the embedding is already as good as a small network that learns from nothing with "
            f"{most.labels:,}."
        )
    elif needed is None:
        found.append(f"A small network that learns from nothing does better with {most.labels:,} labels.")
    seconds = scratch.embedding_seconds(most.labels)
    if seconds is not None:
        probe = seconds + float(curve.seconds[-1])
        found.append(
            f"Embedding {most.labels:,} images and fitting the probe takes {_duration(probe)} and is right in "
            f"{ours:.1f}%; training from nothing took {_duration(most.seconds)} and is right in {theirs:.1f}%."
        )
    else:
        found.append(
            f"The probe is right in {ours:.1f}%; training from nothing took {_duration(most.seconds)} and is right in "
            f"{theirs:.1f}%."
        )
    return found


def _backtest(curve: Curve) -> list[str]:
    tried = curve.backtest
    if tried is None:
        return []
    low, high = (100 * end for end in tried.interval)
    inside = tried.interval[0] <= tried.came <= tried.interval[1]
    came = f"{100 * tried.came:+.1f}".replace("-", "−")
    return [
        f"Tried on itself: the first {tried.labels:,} labels alone would have foretold {low:.1f} to {high:.1f} points "
        f"for all of them, and it was {came}{'' if inside else ', so take it with care'}."
    ]


def _unlabelled(curve: Curve) -> list[str]:
    """Classes that nothing could be learnt of, the commonest first."""
    if not curve.unlabelled:
        return []
    codes = sorted(curve.unlabelled, key=lambda code: -curve.unlabelled[code])
    named = ", ".join(f"“{curve.classes[code]}”" for code in codes[:_NAMED])
    more = f" and {len(codes) - _NAMED} more" if len(codes) > _NAMED else ""
    count, of = sum(curve.unlabelled.values()), len(curve.truth)
    return [
        f"Nothing to train on has the label {named}{more}: {count:,} of the {of:,} untouched images cannot be right "
        "until some are labelled, whatever other labels bring."
    ]


def _class(curve: Curve) -> list[str]:
    best = curve.by_class[0] if curve.by_class else None
    if curve.flat or best is None or not best.lacking:
        return []
    low, high = (100 * end for end in best.gain_interval)
    few = f", though only {best.tested} images judge it" if best.tested < _FEW else ""
    return [
        f"“{curve.classes[best.code]}” has most to gain: now right in {100 * best.accuracy:.0f}%, and twice the labels "
        f"would bring it {low:.0f} to {high:.0f} points{few}."
    ]


def left_out(curve: Curve, drawn: int) -> str:
    """Which classes a picture of the first `drawn` leaves out, and why; nothing where it shows all."""
    there, few, parts = len(curve.by_class), len(curve.classes) - len(curve.by_class), []
    if there > drawn:
        parts.append(f"{drawn} of {there} labels are drawn: those whose gain is sure first, and then the largest.")
    if few:
        which = "label has" if few == 1 else "labels have"
        parts.append(f"{few} more {which} fewer than {FEWEST_OF_CLASS} untouched images: too few to tell.")
    return " ".join(parts)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"

"""What a repair was worth, in words; also when it was worth nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embedding_core.effect.comparing import Effect
    from embedding_core.effect.intervals import Difference


def points(found: Difference) -> str:
    """As "+1.9 points (0.8 to 3.0)"."""
    return f"{_signed(found.change)} points ({_plain(found.low)} to {_plain(found.high)})"


def verdict(effect: Effect) -> str:
    """ "better", "worse", "unclear" when it includes zero, or "same" when nothing that is trained on differs."""
    accuracy = effect.differences.accuracy
    if effect.alike:
        return "same"
    return "better" if accuracy.better else "worse" if accuracy.worse else "unclear"


def said(effect: Effect) -> list[str]:
    """Sentences, the answer first."""
    found = effect.differences
    first, second = effect.versions
    figures = f"Accuracy {points(found.accuracy)}"
    answer = {
        "same": f"No difference: {first} and {second} are trained on the same images under the same labels.",
        "better": f"{figures}: a probe trained on {second} is better than one trained on {first}.",
        "worse": f"It did not help. {figures}: a probe trained on {second} is worse than one trained on {first}.",
        "unclear": f"No difference can be told. {figures}: the interval includes zero.",
    }[verdict(effect)]
    runs, k = effect.before.shape
    part = (
        f"{k:,} images of the split kept for tests"
        if effect.chosen == "split"
        else f"{k:,} images, three tenths of them in each training, drawn by class"
    )
    sentences = [
        answer,
        f"From {found.accuracy.before:.1%} to {found.accuracy.after:.1%}; every class counted alike, "
        f"{_signed(found.balanced.change)} points ({_plain(found.balanced.low)} to {_plain(found.balanced.high)}).",
        f"Judged over {runs} trainings of each by {part}; both versions hold them under one label, and nobody "
        "decided on them.",
    ]
    if effect.left_out:
        sentences.append(f"{effect.left_out:,} images of that split were decided on and judge neither version.")
    return sentences


def _signed(value: float) -> str:
    text = f"{100 * value:+.1f}"
    return "0.0" if text[1:] == "0.0" else text.replace("-", "−")


def _plain(value: float) -> str:
    text = f"{100 * value:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", "−")

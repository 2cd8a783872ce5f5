"""Whether an ensemble is worth it, in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.effect.words import points
from embedding_core.train.ensembles_found import VIEWED

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedding_core.train.ensembles_found import Ensembles

NAMES = {
    "single": "{encoders} alone",
    "concatenated": "Vectors side by side",
    "averaged": "Probabilities averaged",
    "stacked": "Stacking",
    "views_vectors": "More looks, vectors averaged",
    "views_probabilities": "More looks, averaged later",
}

_AVERAGED = {"views_vectors": "vectors averaged", "views_probabilities": "probabilities averaged"}


def name_of(found: Ensembles, at: int, called: Callable[[str], str] = str) -> str:
    """A way, for people; `called` gives the name of an encoder."""
    way = found.ways[at]
    return NAMES[way.kind].format(encoders=called(way.encoders[0]))


def verdict(found: Ensembles) -> str:
    """ "worth", "unclear", "worse", or "alone" where one encoder was chosen over all ensembles."""
    if found.ways[found.chosen].kind == "single":
        return "alone"
    gain = found.gains[found.chosen]
    return "worth" if gain.better else "worse" if gain.worse else "unclear"


def headline(found: Ensembles, called: Callable[[str], str] = str) -> str:
    """One sentence: whether it is worth it."""
    best = called(found.ways[found.best].encoders[0])
    told = verdict(found)
    if told == "alone":
        if len(found.costs) > 1:
            return f"Not worth it: {best} alone is as good as any ensemble of these"
        return _of_views(found, best)
    name = name_of(found, found.chosen, called)
    figures = points(found.gains[found.chosen])
    cost = _times(found)
    if told == "worth":
        return f"Worth it: {name.lower()} gain {figures} over {best}{cost}"
    if told == "worse":
        return f"Not worth it: {name.lower()} lose against {best} alone, {figures}"
    if found.gains[found.chosen].change > 0:
        return f"Perhaps: {name.lower()} gain {figures} over {best}{cost}; the interval includes zero"
    return f"Not worth it, as far as can be told: {name.lower()} bring {figures} against {best} alone"


def said(found: Ensembles, called: Callable[[str], str] = str) -> list[str]:
    """Sentences, the answer first."""
    sentences = [f"{headline(found, called)}."]
    if len(found.costs) > 1:
        sentences.append(
            "Which encoder is the best alone, and which way of joining is tried against it, is chosen by "
            f"cross-validation on the {found.trained:,} images that are trained on; the {len(found.truth):,} untouched "
            "images judge once and choose nothing."
        )
    return [*sentences, *_looking(found)]


def _looking(found: Ensembles) -> list[str]:
    """What each way of looking again brings: both are told, since the images that judge them can not choose one."""
    looked = [at for at, way in enumerate(found.ways) if way.kind in VIEWED]
    if not looked:
        return []
    looks = found.ways[looked[0]].looks
    each = " and ".join(f"{points(found.gains[at])} with {_AVERAGED[found.ways[at].kind]}" for at in looked)
    return [
        f"Looking {looks} times at each image brings {each}, and embedding takes {looks} times as long. The way that "
        "averages vectors was settled on beforehand; nothing but the untouched images knows which is better, and they "
        "choose nothing."
    ]


def _of_views(found: Ensembles, best: str) -> str:
    """By the way that was settled on before anything was judged, the first of `VIEWED`: one probe, asked once."""
    at = next(at for at, way in enumerate(found.ways) if way.kind == VIEWED[0])
    gain, looks = found.gains[at], found.ways[at].looks
    worth = "Worth it" if gain.better else "Not worth it" if gain.change <= 0 else "Perhaps"
    return f"{worth}: looking {looks} times at each image brings {points(gain)} over {best}, for {looks} times the time"


def _times(found: Ensembles) -> str:
    """What it costs against the best alone, as ", for 2.1 times the embedding time"."""
    more, once = found.seconds_per_image(found.chosen), found.seconds_per_image(found.best)
    if more is None or not once:
        return f", with {found.dim(found.chosen):,} numbers an image instead of {found.dim(found.best):,}"
    return f", for {more / once:.1f} times the embedding time"

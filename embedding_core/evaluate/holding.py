"""The untouched test part: set aside once, judged by at the end, never trained on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from embedding_core.effect.parting import FEWEST, TEST, VALIDATION, Side, enough, part
from embedding_core.errors import InvalidInput
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Held:
    """Rows of an embedding, ascending. No group of near-duplicates lies in more than one of the three."""

    train: NDArray[np.int64]  # (t,) labelled
    validation: NDArray[np.int64]  # (v,) labelled, of a split for it; empty where there is none
    test: NDArray[np.int64]  # (k,) labelled, and nobody decided on them
    whole: NDArray[np.int64]  # (K,) the test part, of which `test` is drawn where it is very large
    clusters: NDArray[np.int64]  # (k,) test images with the same number are no independent witnesses
    chosen: Literal["split", "drawn"]  # how the test part came about
    left_out: int  # images of the test part that a decision has touched: they judge nothing


def hold_out(
    codes: NDArray[np.int64],
    splits: Sequence[str | None],
    *,
    groups: NDArray[np.integer] | None = None,
    decided: NDArray[np.bool_] | None = None,
    aside: NDArray[np.bool_] | None = None,
    seed: int = 0,
    what: str = "a label",
) -> Held:
    """Part images with classes `codes` (n,), −1 for none, into what is trained on and what judges.

    The test part is what has been set `aside` (n,) before, else the split that is named for tests, else one of
    validation, else 30 % of each class, up to half where that is fewer than 20 images, drawn from `seed` by whole
    `groups` (n,), −1 for an image that is alone. Images that were `decided` (n,) on judge nothing. Raises
    `InvalidInput` where fewer than 20 images or two classes are left to test with, and where there is nothing of two
    classes to train on; `what` is what an image has to have.
    """
    side = Side("now", codes, list(splits))
    parts = part(side, side, decided=decided, groups=groups, aside=aside, seed=seed, what=what)
    names = [(split or "").strip().lower() for split in splits]
    kept = np.array([name in VALIDATION for name in names], bool) & (codes >= 0)
    if parts.chosen == "split" and not any(name in TEST for name in names):
        kept[:] = False  # the split for validation is what judges
    validation = _apart(kept, parts.whole, groups)
    train = parts.before if not len(validation) else _apart(_marked(parts.before, len(codes)), validation, groups)
    if len(np.unique(codes[train])) < 2:
        raise InvalidInput(
            f"Besides the untouched part, {len(train):,} images are left to train on, and they are not of two classes. "
            "Label more images, or change the split."
        )
    return Held(train, read_only(validation), parts.test, parts.whole, parts.clusters, parts.chosen, parts.left_out)


def unseen(held: Held, seen: NDArray[np.bool_], groups: NDArray[np.integer], codes: NDArray[np.int64]) -> Held:
    """The same parts, judged by what an encoder was not fitted on: `seen` (n,) and what is in a group with it go.

    Raises `InvalidInput` where fewer than 20 images or two classes are left to judge by.
    """
    judges = np.zeros(len(codes), bool)
    judges[held.test] = True
    left = np.isin(held.test, _apart(judges, np.flatnonzero(seen), groups))
    if left.all():
        return held
    test = held.test[left]
    if not enough(codes[test]):
        raise InvalidInput(
            f"This encoder was fine-tuned on {np.count_nonzero(~left):,} of the {len(left):,} images that would judge "
            f"it, or on copies of them, and {len(test):,} are left. It takes {FEWEST} of two classes: take the encoder "
            "that it was made from, or fine-tune anew."
        )
    out = held.left_out + int(np.count_nonzero(~left))
    return replace(held, test=read_only(test), clusters=read_only(held.clusters[left]), left_out=out)


def _marked(rows: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    found = np.zeros(n, bool)
    found[rows] = True
    return found


def _apart(
    marked: NDArray[np.bool_], others: NDArray[np.int64], groups: NDArray[np.integer] | None
) -> NDArray[np.int64]:
    """The rows that are `marked` (n,), but for those in one group with any of `others`, and for these."""
    apart = marked.copy()
    apart[others] = False
    if groups is not None:
        tied = groups[others]
        apart &= ~(np.isin(groups, tied[tied >= 0]) & (groups >= 0))
    return read_only(np.flatnonzero(apart))

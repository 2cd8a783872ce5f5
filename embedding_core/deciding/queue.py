"""The review queue: hands the next cases to whoever asks, and to nobody else while they have them.

A case is open until someone gives a verdict on it, or until so many of its images have been removed before other cases
that nothing is left to decide. Whoever is handed a case holds a claim on it, for `LEASE` seconds, which is renewed when
they ask for more and half of it is over; what they leave lying is handed out again after that. All of it lies in the
workspace, so that it holds for several servers.

Nobody gets a case that another one has decided meanwhile: claims are released only after the decision is stored, and
what is in the log is looked at again after a claim is made.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.ids import find
from embedding_core.review.claims import Claim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.records import Actor
    from embedding_core.review.cases import Case
    from embedding_core.review.decisions import Decision
    from embedding_core.review.standing import Standing
    from embedding_core.workspace.claims import Claims
    from embedding_core.workspace.decisions import Decisions

LEASE = 600.0  # seconds
AHEAD = 10  # cases that are handed out at once, so that the next ones can be loaded
ROUNDS = 20  # of claiming while others claim at the same time, before fewer cases are handed out than asked for


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the cases of a finding are. Counts of cases."""

    total: int
    decided: int  # with a verdict
    settled: int  # without one, but the images are removed
    held: int  # open, and before someone's eyes

    @property
    def left(self) -> int:
        return self.total - self.decided - self.settled


@dataclass(frozen=True, eq=False)
class Queue:
    """The cases of one finding, as several people work through them.

    It holds no state but the cases, whose keys it makes once: keep it for as long as they are the same.
    """

    cases: Sequence[Case]  # worst first
    decisions: Decisions
    claims: Claims

    def next(
        self, actor: Actor, n: int = AHEAD, *, holding: Collection[str] = (), now: float | None = None
    ) -> list[Case]:
        """The next open cases, at most `n`, worst first, those that were skipped last; all of them are now the actor's.

        `holding` are the keys of cases that the actor has still to decide: they are not handed out again, and their
        claims are renewed. Other cases that the actor claimed before come first, so a page that is loaded again goes on
        where it was.
        """
        now, n = time.time() if now is None else now, max(0, n)
        handed: list[str] = []
        for _ in range(ROUNDS):
            claims = self.claims.all()  # before the log is read: a case is decided before it is released
            opened = self._opened(self.decisions.standing())
            had = [key for key in {*holding, *handed} if key in self._rows and opened[self._rows[key]]]
            asked = self._candidates(opened, claims, actor, n - len(handed), {*holding, *handed}, now)
            # Few rows written are few conflicts with others who claim: what is held for long enough is left alone.
            mine = {key for key in asked if _lasts(claims.get(key), actor, now)}
            short = [key for key in [*had, *asked] if not _lasts(claims.get(key), actor, now)]
            mine.update(self.claims.take([_claim(claims.get(key), key, actor, now) for key in short], now))
            opened = self._opened(self.decisions.standing())
            handed += [key for key in asked if key in mine and opened[self._rows[key]]]
            if len(handed) >= n or len(asked) == 0:
                break
        return [self.cases[self._rows[key]] for key in handed]

    def decide(self, decisions: Iterable[Decision], *, holder: Actor | None = None) -> tuple[Decision, ...]:
        """Add decisions to the log, and let go of their cases, which `holder` has, by default who has decided.

        Raises what `Decisions.add` does.
        """
        stored = self.decisions.add(decisions)
        for actor in sorted({one.actor if holder is None else holder.id for one in stored}):
            theirs = {one.case for one in stored if one.case and (holder is not None or one.actor == actor)}
            self.claims.release(sorted(theirs), actor)
        return stored

    def skip(self, actor: Actor, case: str, *, now: float | None = None) -> None:
        """Pass a case over: it comes again after all others, to whoever asks then."""
        self.claims.skip(case, actor.id, time.time() if now is None else now)

    def progress(self, *, now: float | None = None) -> Progress:
        now = time.time() if now is None else now
        claims, standing = self.claims.all(), self.decisions.standing()
        opened = self._opened(standing)
        decided = sum(key in standing.cases for key in self._rows)
        held = sum(claim.holds(now) and key in self._rows and opened[self._rows[key]] for key, claim in claims.items())
        return Progress(len(self.cases), decided, len(self.cases) - decided - int(opened.sum()), int(held))

    def left(self) -> frozenset[str]:
        """The keys of the cases that are still to be decided."""
        opened = self._opened(self.decisions.standing())
        return frozenset(case.key for case, is_open in zip(self.cases, opened.tolist(), strict=True) if is_open)

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Key → row in `cases`."""
        return {case.key: row for row, case in enumerate(self.cases)}

    @cached_property
    def _images(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The images (m,) of all cases one after the other, and how many each has (n,)."""
        sizes = np.array([len(case.ids) for case in self.cases], np.int64)
        return np.array([image for case in self.cases for image in case.ids], np.int64), sizes

    def _opened(self, standing: Standing) -> NDArray[np.bool_]:
        """Which cases (n,) are still to be decided."""
        images, sizes = self._images
        gone = np.bincount(
            np.repeat(np.arange(len(sizes)), sizes)[find(images, standing.removed) >= 0], minlength=len(sizes)
        )
        opened: NDArray[np.bool_] = sizes - gone >= np.minimum(sizes, 2)
        for key in standing.cases.keys() & self._rows.keys():
            opened[self._rows[key]] = False
        return opened

    def _candidates(
        self,
        opened: NDArray[np.bool_],
        claims: dict[str, Claim],
        actor: Actor,
        n: int,
        without: set[str],
        now: float,
    ) -> list[str]:
        """Keys of open cases that nobody else has: the actor's own, then others, then skipped ones."""
        held = {key: claim.actor for key, claim in claims.items() if claim.holds(now)}
        skipped = {key: claim.skipped for key, claim in claims.items() if claim.skipped}

        def free(key: str) -> bool:
            row = self._rows.get(key, -1)
            return row >= 0 and bool(opened[row]) and key not in without and held.get(key, actor.id) == actor.id

        own = sorted(filter(free, held), key=self._rows.__getitem__)
        fresh = (key for key in self._rows if key not in held and key not in skipped and free(key))
        late = (key for key in sorted(skipped, key=skipped.__getitem__) if key not in held and free(key))
        return list(islice(chain(own, fresh, late), n))


def _lasts(known: Claim | None, actor: Actor, now: float) -> bool:
    """Whether a claim is the actor's for at least half a lease from now."""
    return known is not None and known.actor == actor.id and known.until - now >= LEASE / 2


def _claim(known: Claim | None, key: str, actor: Actor, now: float) -> Claim:
    return Claim(key, actor.id, now + LEASE, known.skipped if known is not None else 0.0)

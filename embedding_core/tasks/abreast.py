"""Pieces of work beside each other in threads, each as soon as what it waits for is over."""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from embedding_core.errors import JobCancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from embedding_core.records import Reporter

Result = TypeVar("Result")

LANES = 2  # pieces of work at a time: each takes several threads itself where it can


@dataclass(frozen=True, slots=True)
class Piece(Generic[Result]):
    """Something to be done, and the names of the others that are over before it begins."""

    run: Callable[[Reporter], Result]
    after: tuple[str, ...] = ()


def abreast(pieces: Mapping[str, Piece[Result]], progress: Reporter, *, lanes: int = LANES) -> dict[str, Result]:
    """What each of `pieces` has returned, by its name and in their order; so many are under way at a time.

    `progress` hears of one of them at a time, the first of those under way. What it raises, or one of them, is raised
    here after the others have stopped, which they do at their next report. Raises `ValueError` for pieces that wait for
    each other, or for one that is not there.
    """
    shared = _Shared(progress, tuple(pieces))
    waiting, running, done = dict(pieces), dict[Future[Result], str](), dict[str, Result]()
    with ThreadPoolExecutor(lanes, thread_name_prefix="abreast") as pool:
        try:
            while waiting or running:
                ready = [name for name, piece in waiting.items() if all(one in done for one in piece.after)]
                for name in ready[: lanes - len(running)]:
                    shared.begin(name)
                    running[pool.submit(waiting.pop(name).run, _Part(shared, name))] = name
                if not running:
                    raise ValueError(f"What {', '.join(waiting)} wait for is never over.")
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(future)
                    shared.end(name)
                    done[name] = future.result()
        finally:
            shared.stopped = True  # all are over, or the rest is not wanted any more
    return {name: done[name] for name in pieces}


class _Shared:
    """The one who listens, and who is to be heard."""

    def __init__(self, progress: Reporter, order: tuple[str, ...]) -> None:
        self.progress = progress
        self.stopped = False
        self._order, self._under_way = order, set[str]()
        self._lock = threading.Lock()

    def begin(self, name: str) -> None:
        with self._lock:
            self._under_way.add(name)

    def end(self, name: str) -> None:
        with self._lock:
            self._under_way.discard(name)

    def heard(self, name: str) -> bool:
        with self._lock:
            return next((one for one in self._order if one in self._under_way), None) == name


class _Part:
    """The `Reporter` of one piece of work."""

    def __init__(self, shared: _Shared, name: str) -> None:
        self._shared, self._name = shared, name

    @property
    def suspects(self) -> Mapping[str, int]:
        return self._shared.progress.suspects

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        if self._shared.stopped:
            raise JobCancelled("Something beside it was stopped.")
        if self._shared.heard(self._name):
            self._shared.progress(stage, done, total, note)

    def reading(self, paths: Sequence[str]) -> None:
        self._shared.progress.reading(paths)

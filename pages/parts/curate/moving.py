"""Lines of checks that were moved by hand or by answers: kept with the dataset, for all who look at it."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.errors import KindredError
from pages.parts import server, state, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedding_core.derived import MovedLine
    from embedding_core.workspace import Dataset

_FOLLOWS = Lock()


def moved(dataset: Dataset, check: str) -> dict[str, MovedLine]:
    """By what they are of."""
    return derived.moved_lines(server.workspace(), dataset.uuid, check)


def move(dataset: Dataset, check: str, of: str, at: float | None) -> None:
    """For callbacks: put a line there, or with None back to where the check draws it."""
    try:
        derived.move_line(server.workspace(), dataset, check, of, at, state.actor())
    except KindredError as error:
        state.announce(words.plain(str(error)))


def follow(dataset: Dataset, check: str, of: str, hand: Callable[[], float]) -> None:
    """For the callback of a slider: put a line where the hand is.

    While a hand moves, Streamlit stops the run of each event and begins that of the next, but does not wait for what is
    being kept: the older place could be kept last. So one is kept after the other, and each asks where the hand is when
    its turn has come. A run that was stopped meanwhile ends by asking.
    """
    with _FOLLOWS:
        move(dataset, check, of, hand())


def by(one: MovedLine) -> str:
    """Who has moved it and when, as Markdown."""
    return f"{words.plain(one.who)}, {words.moment(one.when)}"

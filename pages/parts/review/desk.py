"""One visitor before the cases of one finding: what comes next, what is decided, what is taken back."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from embedding_core.deciding.queue import Queue
from embedding_core.errors import InvalidInput, UnknownName
from embedding_core.records import Actor
from embedding_core.review.decisions import Action, Decision
from pages.parts import names, server
from pages.parts.curate import findings, reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.review.cases import Case
    from embedding_core.workspace import Dataset
    from pages.parts.curate.reading import Read

AT_ONCE = 64  # cases that one visitor may hold
LONGEST_LABEL = 200  # characters
_MARK = re.compile(r"[0-9a-f]{32}")
_ACTIONS = {one.value: one for one in (Action.KEEP, Action.REMOVE, Action.RELABEL, Action.UNSURE)}


class UnknownCase(UnknownName):
    noun = "case"


@dataclass(frozen=True, eq=False, slots=True)
class Desk:
    """Raises `KindredError` for what cannot be."""

    dataset: Dataset
    read: Read
    actor: Actor
    holder: Actor  # who claims cases: the visitor in one tab of their browser

    @classmethod
    def of(
        cls, dataset: str, kind: str, fingerprint: object, actor: Actor, *, who: object = None, tab: object = None
    ) -> Desk:
        """`dataset` is a UUID, `who` the name that the visitor has given, `tab` the mark of the tab they look at."""
        found = server.workspace().dataset_by_uuid(dataset)
        named = _text(who, "who", names.LONGEST)
        read = reading.read(found, findings.finding(kind), _text(fingerprint, "key", reading.LONGEST))
        holder = replace(actor, id=f"{actor.id}/{_mark(tab, 'tab')}") if tab else actor
        return cls(found, read, replace(actor, name=named if named and names.fits(named) else actor.name), holder)

    def next(self, n: int, *, holding: Sequence[str] = (), first: str = "") -> list[Case]:
        """Up to `n` more cases that are now this tab's; those that it is `holding` stay its own.

        The one with the key `first` is the first, unless someone else has it; one that is decided can be looked at and
        decided again.
        """
        wished = self.read.by_key.get(first)
        begin = self._queue([wished]).next(self.holder, 1) if wished else []
        if wished and not begin and wished.key in self.dataset.decisions.standing().cases:
            begin = [wished]
        held = [*holding, *(case.key for case in begin)][:AT_ONCE]
        return [*begin, *self.read.queue.next(self.holder, min(n, AT_ONCE - len(held)), holding=held)]

    def decide(self, wanted: Mapping[str, Any]) -> Decision:
        """Keep a decision under the mark that the browser has given it: one that is sent twice counts once."""
        case = self._case(wanted)
        action = _ACTIONS.get(str(wanted.get("action")))
        if action is None:
            raise InvalidInput(f"A case is decided by {', '.join(_ACTIONS)}, not by {wanted.get('action')!r:.40}.")
        ids = wanted.get("ids")
        if not isinstance(ids, list) or not ids or not set(case.ids).issuperset(one for one in ids if type(one) is int):
            raise InvalidInput("A decision wants `ids`, some of the images of its case.")
        label = _text(wanted.get("value"), "value", LONGEST_LABEL) if action == Action.RELABEL else None
        decision = Decision(
            _mark(wanted.get("id"), "id"),
            time.time(),
            self.actor.id,
            self.actor.name,
            action,
            tuple(ids),
            label,
            self.read.finding.kind,
            case.key,
            case.reason,
            case.score,
        )
        (kept,) = self._queue([case]).decide([decision], holder=self.holder)
        return kept

    def undo(self, wanted: Mapping[str, Any]) -> Decision:
        """Take a decision back; its case is this visitor's again."""
        case = self._case(wanted)
        undo = Decision(
            _mark(wanted.get("id"), "id"),
            time.time(),
            self.actor.id,
            self.actor.name,
            Action.UNDO,
            case.ids,
            _mark(wanted.get("decision"), "decision"),
            self.read.finding.kind,
            case.key,
        )
        (kept,) = self.dataset.decisions.add([undo])
        self._queue([case]).next(self.holder, 1)
        return kept

    def release(self, wanted: Mapping[str, Any]) -> None:
        """Let others have cases that this visitor will not decide now."""
        keys = wanted.get("cases")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise InvalidInput("`cases` must be a list of keys of cases.")
        self.dataset.claims.release([key for key in keys if key in self.read.by_key], self.holder.id)

    def progress(self) -> dict[str, int]:
        """Cases, those that nobody need look at any more, and those that someone has before their eyes."""
        now = self.read.queue.progress()
        return {"total": now.total, "decided": now.total - now.left, "held": now.held}

    def _queue(self, cases: Sequence[Case]) -> Queue:
        return Queue(cases, self.dataset.decisions, self.dataset.claims)

    def _case(self, wanted: Mapping[str, Any]) -> Case:
        key = str(wanted.get("case"))
        if key not in self.read.by_key:
            raise UnknownCase(key[:32])
        return self.read.by_key[key]


def _mark(given: object, name: str) -> str:
    if not isinstance(given, str) or not _MARK.fullmatch(given):
        raise InvalidInput(f"`{name}` must be 32 hex digits, not {given!r:.60}.")
    return given


def _text(given: object, name: str, longest: int) -> str:
    text = "" if given is None else given
    if not isinstance(text, str) or len(text) > longest:
        raise InvalidInput(f"`{name}` must be text of at most {longest} characters, not {given!r:.60}.")
    return " ".join(text.split())

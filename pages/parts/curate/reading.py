"""What a check has found on a dataset: the newest that is stored, its cases, and how many of them are decided."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.deciding.queue import Queue
from embedding_core.derived.lines import DIGITS
from embedding_core.errors import UnknownName
from pages.parts import cached, server
from pages.parts.curate.finding import Finding, Read, Subject, UnknownFinding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.workspace import Dataset, Embedding

LONGEST = 400  # characters of a key
OF_OLD = "images or vectors"  # what has changed where a finding is of others
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"(?:(?P<of>[a-z_]{1,20})=)?(?P<at>-?\d{1,12}(?:\.\d{1,12})?(?:e[+-]?\d{1,2})?)")


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest result of a check that is stored."""

    key: str  # see `read`
    changed: str = ""  # what it goes by and is no longer as it was, in words; empty when it would come out the same

    @property
    def current(self) -> bool:
        return not self.changed

    @property
    def since(self) -> str:
        """What is said of one that is out of date."""
        return f"{self.changed[:1].upper()}{self.changed[1:]} have changed since"


def newest(dataset: Dataset, finding: Finding, embedding: Embedding | None) -> Newest | None:
    """One that holds now, by the chosen encoder where there is one; else any. None when the check has not been run.

    Its lines are where people have moved them.
    """
    moved = derived.moved_lines(server.workspace(), dataset.uuid, finding.kind) if finding.move else {}
    lines = ",".join(f"{of}={one.at:.{DIGITS}g}" if of else f"{one.at:.{DIGITS}g}" for of, one in moved.items())
    found = server.workspace().results.find(dataset.uuid, finding.kind)
    now = {dataset.fingerprint} | ({embedding.fingerprint} if embedding else set())
    alike = [one for one in found if one.parent in now]
    for one in alike:
        if not finding.goes_by or cached.present(dataset, embedding).has(one):
            return Newest(_at(one.fingerprint, lines))
    if not found:
        return None
    stale, changed = (alike[0], finding.goes_by) if alike else (found[0], OF_OLD)
    key = _at(stale.fingerprint, lines)
    try:
        read(dataset, finding, key)
    except UnknownFinding:  # of an older revision, which held less
        return None
    return Newest(key, changed)


def read(dataset: Dataset, finding: Finding, key: str) -> Read:
    """A stored result. `key` is its fingerprint and, after an `@`, where lines were moved to: `0.7`, `dark=80,tiny=99`.

    What `part` has added to it, after a colon, leaves only the cases of that part. Raises `UnknownFinding` when it is
    not there.
    """
    whole, _, chosen = key.partition(":")
    fingerprint, _, moved = whole.partition("@")

    def make() -> Read:
        kept = finding.read(server.workspace(), fingerprint) if _FINGERPRINT.fullmatch(fingerprint) else None
        lines = _lines(moved)
        if kept is None or lines is None or (lines and not finding.move) or (chosen and not finding.part):
            raise UnknownFinding(key[:12])
        if lines and finding.move:
            kept = replace(kept, found=finding.move(kept.found, lines))
        subject = Subject(dataset, cached.columns(dataset))
        try:
            found = finding.part(kept.found, chosen) if chosen and finding.part else finding.cases(kept.found, subject)
        except UnknownName as error:
            raise UnknownFinding(key[:12]) from error
        cases = tuple(found)
        by_key = {case.key: case for case in cases}
        return Read(finding, key, kept, subject, cases, by_key, Queue(cases, dataset.decisions, dataset.claims))

    return cached.finding(finding.kind, key, dataset.token, _make=make)


def part(key: str, chosen: str | None) -> str:
    """The key of the same result with only the cases of a part; of all, when none is chosen."""
    return f"{key}:{chosen}" if chosen else key


def _at(fingerprint: str, lines: str) -> str:
    return f"{fingerprint}@{lines}" if lines else fingerprint


def _lines(moved: str) -> Mapping[str, float] | None:
    """Where lines were moved to, by what they are of; None for what says nothing of the kind."""
    read = [_LINE.fullmatch(one) for one in moved.split(",")] if moved else []
    return None if None in read else {one["of"] or derived.ONLY: float(one["at"]) for one in read if one}


def decided(read: Read) -> int:
    """How many of the cases nobody need look at any more: decided, or their images are removed before other cases."""
    return len(read.cases) - len(read.queue.left())

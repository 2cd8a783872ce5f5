"""What a check has found on a dataset: the newest that is stored, its cases, and how many of them are decided."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from embedding_core.deciding.queue import Queue
from pages.parts import cached, server, state
from pages.parts.curate.finding import Finding, Read, Subject, UnknownFinding

if TYPE_CHECKING:
    from embedding_core.workspace import Dataset, Embedding

LINE = "line_"  # before the kind of a check, in the URL: where its line was moved to
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")


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

    Its line is where the URL says, if that says so.
    """
    line = state.get(LINE + finding.kind) if finding.line else ""
    found = server.workspace().results.find(dataset.uuid, finding.kind)
    now = {dataset.fingerprint} | ({embedding.fingerprint} if embedding else set())
    alike = [one for one in found if one.parent in now]
    for one in alike:
        if not finding.goes_by or cached.present(dataset, embedding).has(one):
            return Newest(_at(one.fingerprint, line))
    if alike:
        return Newest(_at(alike[0].fingerprint, line), finding.goes_by)
    return Newest(_at(found[0].fingerprint, line), "images or vectors") if found else None


def read(dataset: Dataset, finding: Finding, key: str) -> Read:
    """A stored result. `key` is its fingerprint and, where its line was moved, that after an `@`.

    Raises `UnknownFinding` when it is not there.
    """
    fingerprint, _, line = key.partition("@")

    def make() -> Read:
        kept = finding.read(server.workspace(), fingerprint) if _FINGERPRINT.fullmatch(fingerprint) else None
        if kept is None or (line and (finding.line is None or not _NUMBER.fullmatch(line))):
            raise UnknownFinding(key[:12])
        if line and finding.line:
            kept = replace(kept, found=finding.line.move(kept.found, float(line)))
        subject = Subject(dataset, cached.columns(dataset))
        cases = tuple(finding.cases(kept.found, subject))
        by_key = {case.key: case for case in cases}
        return Read(finding, key, kept, subject, cases, by_key, Queue(cases, dataset.decisions, dataset.claims))

    return cached.finding(finding.kind, key, dataset.token, _make=make)


def _at(fingerprint: str, line: str) -> str:
    return f"{fingerprint}@{line}" if line and _NUMBER.fullmatch(line) else fingerprint


def decided(read: Read) -> int:
    """How many of the cases nobody need look at any more: decided, or their images are removed before other cases."""
    return len(read.cases) - len(read.queue.left())

"""What the interface knows of a check: its words, the task that runs it, and how what it has found is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedding_core.errors import UnknownName
from pages.parts.review import Act

if TYPE_CHECKING:
    from embedding_core.deciding.queue import Queue
    from embedding_core.derived.kept import Kept
    from embedding_core.review.cases import Case
    from embedding_core.workspace import Dataset, Workspace
    from pages.parts.columns import Columns


class UnknownFinding(UnknownName):
    noun = "finding"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a check was run on, as it is now."""

    dataset: Dataset
    columns: Columns


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a line belongs, after some images around it were judged."""

    at: float | None  # None where no line is good enough
    said: str  # a sentence with the precision that is to be expected, and its interval


@dataclass(frozen=True, slots=True)
class Line:
    """How the line of a check is moved: a person says yes or no to some cases around it."""

    question: str  # about one of them
    ask: Callable[[Any, Subject], Sequence[Case]]  # some 20 around the line
    # From the key of a case → whether it is what was looked for, and the share of what is found that is to be right.
    answer: Callable[[Any, Mapping[str, bool], float, Subject], Moved]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `kind` is that of its cases, its stored results and its place in the URL."""

    kind: str
    title: str
    icon: str
    looks_for: str  # one sentence
    task: str  # its name in `TASKS`
    read: Callable[[Workspace, str], Kept[Any] | None]
    cases: Callable[[Any, Subject], Sequence[Case]]  # worst first
    said: Callable[[Any, Sequence[Case]], str]  # a sentence with the figures, as Markdown
    acts: tuple[Act, ...]  # none for a check that only counts: it has no cases
    evidence: str  # what is said above the images that say why
    embedded: bool = True  # whether it wants an embedding
    labelled: bool = False  # whether it wants labels
    split: bool = False  # whether it wants a split
    decodes: bool = False  # whether it looks at the pictures themselves, so that one of them may crash it
    pairs: bool = False  # whether the first image that says why is shown beside each one on the tab
    faults: bool = True  # whether its cases are something wrong; others are not counted among what was found
    goes_by: str = ""  # what enters it besides images and vectors, in words; empty when nothing does
    # The same finding with its lines elsewhere, by what they are of, see `derived.MovedLine`. Nothing is computed anew.
    move: Callable[[Any, Mapping[str, float]], Any] | None = None
    line: Line | None = None  # where its only line can be moved by answers
    ask: Callable[[Dataset, Columns, str], Mapping[str, Any] | None] | None = None  # see `curate.asking`
    # Draws more on its tab: a distribution, a table. Returns the part of the cases that is chosen there, if any.
    panel: Callable[[Kept[Any], Subject], str | None] | None = None
    part: Callable[[Any, str], Sequence[Case]] | None = None  # the cases of a part, worst first; or `UnknownName`


@dataclass(frozen=True, eq=False, slots=True)
class Read:
    """A stored finding, ready to be shown and reviewed."""

    finding: Finding
    key: str  # see `read`
    kept: Kept[Any]
    subject: Subject
    cases: tuple[Case, ...]  # worst first
    by_key: Mapping[str, Case]
    queue: Queue  # that hands them out

    @property
    def said(self) -> str:
        return self.finding.said(self.kept.found, self.cases)

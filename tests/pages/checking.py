"""A check that is quick and knows its answer, in place of real ones: every image of one label is called another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from embedding_core.derived.kept import Kept, keep, read_kept
from embedding_core.fingerprint import digest
from embedding_core.review.cases import Case, Suggestion
from embedding_core.workspace import Dataset, Workspace
from pages.parts.curate import findings
from pages.parts.curate.finding import Finding, Line, Moved, Subject


@dataclass(frozen=True, eq=False, slots=True)
class Doubts:
    """Images (n,) in groups of `each`, the worst first."""

    ids: NDArray[np.int64]  # (n,)
    each: int

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"ids": self.ids}

    def facts(self) -> dict[str, Any]:
        return {"each": self.each}

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        return cls(arrays["ids"], facts["each"])


def labels(found: Doubts, subject: Subject) -> Sequence[Case]:
    given = subject.columns.labels_of(found.ids).to_pylist()
    others = [found.ids[(np.arange(5) + row + 1) % len(found.ids)].tolist() for row in range(len(found.ids))]
    return [
        Case(
            "labels",
            (image,),
            1 - row / len(given),
            f"It looks like {'a' if label != 'a' else 'b'}, and five of its look-alikes are called so.",
            Suggestion("relabel", (image,), "a" if label != "a" else "b"),
            tuple(beside),
            ("look-alike",) * len(beside),
        )
        for row, (image, label, beside) in enumerate(zip(found.ids.tolist(), given, others, strict=True))
    ]


def groups(found: Doubts, subject: Subject) -> Sequence[Case]:
    parts = found.ids.reshape(-1, found.each).tolist()
    return [
        Case(
            "duplicates",
            tuple(ids),
            0.99,
            "One image, saved several times with other quality.",
            Suggestion("remove", tuple(ids[1:])),
        )
        for ids in parts
    ]


ACTS = (replace(findings.RELABEL, title="Relabel"), replace(findings.KEEP, title="Label is right"))
LABELS = Finding(
    kind="labels",
    title="Labels",
    icon=":material/label_off:",
    looks_for="Images whose label their look-alikes contradict.",
    task="label_issues",
    read=lambda workspace, key: read_kept(workspace, key, Doubts),
    cases=labels,
    said=lambda found, cases: f"**{len(cases)}** labels are in doubt.",
    acts=(*ACTS, findings.REMOVE, findings.UNSURE),
    evidence="Look-alikes and their labels",
    labelled=True,
    line=Line(
        "Is this label wrong?",
        lambda found, subject: labels(found, subject)[:4],
        lambda found, answers, wanted, subject: Moved(0.5, f"{sum(answers.values())} of {len(answers)} were right."),
    ),
    move=lambda found, lines: replace(found, ids=found.ids[: int(len(found.ids) * lines[""])]),
)
DUPLICATES = replace(
    LABELS,
    kind="duplicates",
    title="Duplicates",
    icon=":material/content_copy:",
    looks_for="One image in several files: the same, resized, cropped, recoloured.",
    task="duplicates",
    cases=groups,
    said=lambda found, cases: f"**{len(cases)}** groups hold the same image.",
    acts=(replace(findings.REMOVE, title="Keep the best"), replace(findings.KEEP, title="Keep all"), findings.UNSURE),
    labelled=False,
    move=None,
    line=None,
)


def store(workspace: Workspace, dataset: Dataset, kind: str = "labels", *, each: int = 1) -> Kept[Doubts]:
    """Let the check have found all images of the dataset."""
    ids = dataset.images()["id"].to_numpy()
    ids = ids[: len(ids) // each * each]
    return keep(
        workspace,
        dataset,
        digest(kind.encode()),
        kind=kind,
        parent=dataset.fingerprint,
        of=Doubts,
        find=lambda: Doubts(ids, each),
    )

"""Cases as the browser gets them: addresses of pictures, and all that is said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from pages.parts import pictures, urls

if TYPE_CHECKING:
    from embedding_core.review.cases import Case
    from pages.parts.cached import Columns

EVIDENCE = 9  # images beside the ones in question
MOST = 60  # images in question: of a larger group the first
_Known: TypeAlias = dict[int, dict[str, Any]]  # what is sent of images, by id


def cases(columns: Columns, found: Sequence[Case]) -> list[dict[str, Any]]:
    """Each as JSON. A case of whose images none is there any more is left out."""
    of: dict[str, set[int]] = {}  # which images, by the dataset that they are of
    for case in found:
        of.setdefault(columns.dataset, set()).update(case.ids[:MOST])
        of.setdefault(case.evidence_of or columns.dataset, set()).update(case.evidence[:EVIDENCE])
    known = {dataset: _pictures(pictures.columns_of(dataset, columns), sorted(ids)) for dataset, ids in of.items()}
    made = (_case(case, known[columns.dataset], known[case.evidence_of or columns.dataset]) for case in found)
    return [sent for sent in made if sent["images"]]


def _case(case: Case, known: _Known, beside: _Known) -> dict[str, Any]:
    said = [*case.said, *[""] * len(case.evidence)]
    return {
        "key": case.key,
        "reason": case.reason,
        "ids": list(case.ids),
        "suggestion": None if case.suggestion is None else asdict(case.suggestion),
        "images": [known[image] for image in case.ids[:MOST] if image in known],
        "evidence": [
            {**beside[image], "said": _beside(word, beside[image]["label"])}
            for image, word in list(zip(case.evidence, said, strict=False))[:EVIDENCE]
            if image in beside
        ],
    }


def _beside(word: str, label: str | None) -> str:
    """A few words without the label that they begin with: it is shown beside them."""
    return word.removeprefix("labelled ").removeprefix(f"{label}, ")


def _pictures(columns: Columns | None, ids: Sequence[int]) -> _Known:
    if columns is None:
        return {}
    rows = columns.rows(ids)
    images = columns.images.take(rows).to_pylist()
    labels, splits = (column.take(pa.array(rows)).to_pylist() for column in (columns.label, columns.split))
    return {
        image["id"]: {
            **{name: image[name] for name in ("id", "path", "width", "height", "format", "nbytes")},
            "label": label,
            "split": split,
            "preview": urls.preview(columns.dataset, image["id"], image["sha256"]),
            "thumbnail": urls.thumbnail(columns.dataset, image["id"], image["sha256"]),
        }
        for image, label, split in zip(images, labels, splits, strict=True)
    }

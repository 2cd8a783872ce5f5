"""Cases as the browser gets them: addresses of pictures, and all that is said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pages.parts import urls

if TYPE_CHECKING:
    from embedding_core.review.cases import Case
    from pages.parts.cached import Columns

EVIDENCE = 9  # images beside the ones in question
MOST = 60  # images in question: of a larger group the first


def cases(columns: Columns, found: Sequence[Case]) -> list[dict[str, Any]]:
    """Each as JSON. A case of whose images none is there any more is left out."""
    wanted = {image for case in found for image in (*case.ids[:MOST], *case.evidence[:EVIDENCE])}
    known = _pictures(columns, sorted(wanted))
    return [sent for case in found if (sent := _case(case, known))["images"]]


def _case(case: Case, known: dict[int, dict[str, Any]]) -> dict[str, Any]:
    said = [*case.said, *[""] * len(case.evidence)]
    return {
        "key": case.key,
        "reason": case.reason,
        "ids": list(case.ids),
        "suggestion": None if case.suggestion is None else asdict(case.suggestion),
        "images": [known[image] for image in case.ids[:MOST] if image in known],
        "evidence": [
            {**known[image], "said": _beside(word, known[image]["label"])}
            for image, word in list(zip(case.evidence, said, strict=False))[:EVIDENCE]
            if image in known
        ],
    }


def _beside(word: str, label: str | None) -> str:
    """A few words without the label that they begin with: it is shown beside them."""
    return word.removeprefix("labelled ").removeprefix(f"{label}, ")


def _pictures(columns: Columns, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
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

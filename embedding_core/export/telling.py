"""What a report tells beside the images themselves: findings, versions, their difference, and what it was worth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from embedding_core.effect.words import points, said
from embedding_core.export.markup import many
from embedding_core.export.taking import Section

if TYPE_CHECKING:
    from embedding_core.effect.comparing import Effect
    from embedding_core.effect.repair import Repairs
    from embedding_core.review.cases import Case
    from embedding_core.review.difference import Difference
    from embedding_core.review.snapshots import Version

SHOWN = 12  # pictures of a finding
LABELS = 40  # whose counts are compared


def finding(title: str, cases: Sequence[Case]) -> Section:
    """The cases of one check, worst first: how many there are, and the worst with the reason of each."""
    if not cases:
        return Section(title, "Nothing was found.")
    pictures = tuple((one.ids[0], one.reason) for one in cases[:SHOWN])
    worst = "" if len(cases) <= SHOWN else f" The worst {SHOWN} are shown."
    return Section(title, f"{many(len(cases), 'case')} found.{worst}", pictures)


def versions(known: Sequence[Version]) -> Section:
    rows = [("version", "images", "removed", "relabelled", "when", "by", "note")]
    for one in known:
        when = datetime.fromtimestamp(one.created, UTC).strftime("%Y-%m-%d %H:%M")
        counts = (f"{one.images:,}", f"{one.removed:,}", f"{one.relabelled:,}")
        rows.append((one.name, *counts, when, one.who, one.note))
    return Section(
        "Versions", "Nothing is ever deleted; each version says what remains.", rows=tuple(rows), outcome=True
    )


def difference(found: Difference) -> Section:
    """From one version to the other: what went, what came, what is called otherwise."""
    title = f"From {found.before} to {found.after}"
    if found.empty:
        return Section(title, "Nothing differs.", outcome=True)
    parts = [
        (len(found.removed), "removed"),
        (len(found.added), "added"),
        (len(found.relabelled), "relabelled"),
        (len(found.moved), "moved to another split"),
    ]
    text = ", ".join(f"{many(count, 'image')} {what}" for count, what in parts if count) or "Only tags differ"
    changed = [(label, *counts) for label, counts in found.labels.items() if counts[0] != counts[1]]
    rows = [("label", found.before, found.after)]
    rows += [(label or "without a label", f"{was:,}", f"{now:,}") for label, was, now in changed[:LABELS]]
    pictures = tuple(
        (int(image), f"{was or 'no label'} → {now or 'no label'}")
        for image, was, now in list(zip(*_columns(found), strict=True))[:SHOWN]
    )
    return Section(title, text + ".", pictures, tuple(rows) if changed else (), outcome=True)


def effect(found: Effect) -> Section:
    rows = [("measure", "before", "after", "difference, 95 % interval")]
    measures = [("accuracy", found.differences.accuracy), ("all classes alike", found.differences.balanced)]
    measures += [
        (name, one) for name, one in zip(found.classes, found.differences.classes, strict=True) if one is not None
    ]
    rows += [(name, f"{one.before:.1%}", f"{one.after:.1%}", points(one)) for name, one in measures]
    answer, *more = said(found)
    return Section("What it was worth", "\n".join([answer, *more]), rows=tuple(rows), outcome=True, headline=answer)


def repairs(found: Repairs, names: dict[str, str]) -> Section:
    rows = [("step", "of the training part left out", "accuracy against doing nothing, 95 % interval")]
    for arm, lost, one in zip(found.arms, found.lost, found.differences, strict=True):
        rows.append((names.get(arm, arm), f"{lost:.1%}", points(one.accuracy)))
    text = f"Accuracy when nothing is done: {found.nothing.mean():.1%}."
    return Section("What each step is worth at training", text, rows=tuple(rows), outcome=True)


def _columns(found: Difference) -> tuple[list[int], list[str | None], list[str | None]]:
    changed = found.relabelled
    return changed.ids.tolist(), changed.before.tolist(), changed.after.tolist()

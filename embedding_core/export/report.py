"""A report as one HTML file that needs nothing else: for people who were not there.

Pictures are thumbnails inside the file, styles are inline, and a policy in its head forbids every request. All that
comes from data is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.export.archive import Member, gathered
from embedding_core.export.markup import bars, escaped, figures, head, many, section, table
from embedding_core.export.taking import Section
from embedding_core.review.decisions import Action
from embedding_core.review.standing import in_force

if TYPE_CHECKING:
    from embedding_core.export.taking import Taken
    from embedding_core.review.decisions import Decision

SHOWN = 12  # pictures of a kind of decision
OF_CLASS = 8  # pictures of a class
CLASSES = 40  # that are shown with pictures; the others are counted
LISTED = 200  # decisions that are told one by one
_DONE = {
    Action.KEEP: "kept",
    Action.REMOVE: "removed",
    Action.RELABEL: "relabelled",
    Action.UNSURE: "left open",
    Action.TAG: "tagged",
    Action.UNTAG: "untagged",
}


def members(taken: Taken) -> Iterator[Member]:
    yield Member("report.html", gathered(_pages(taken)))


def _pages(taken: Taken) -> Iterator[str]:
    name = taken.dataset.name
    yield head(name)
    decided = [
        one
        for one, stands in zip(taken.decisions, in_force(taken.decisions), strict=True)
        if stands and one.action is not Action.UNDO
    ]
    yield f"<header><h1>{escaped(name)}</h1>"
    if taken.dataset.description:
        yield f"<p>{escaped(taken.dataset.description)}</p>"
    yield f"<p>{escaped(_opening(taken, decided))}</p>"
    yield "".join(f"<p><strong>{escaped(one.headline)}</strong></p>" for one in taken.sections if one.headline)
    yield "</header><main>"
    yield from _content(taken)
    for one in taken.sections:
        if not one.outcome:
            yield from _told(taken, one)
    if taken.decisions:
        yield from _decisions(taken, decided)
    if taken.removed:
        yield from _removed(taken)
    for one in taken.sections:
        if one.outcome:
            yield from _told(taken, one)
    yield f"</main><footer>Written by Kindred, {datetime.now(UTC):%d %B %Y, %H:%M} UTC.</footer></body></html>\n"


def _opening(taken: Taken, decided: Sequence[Decision]) -> str:
    counted = f"{many(len(taken), 'image')} in version “{taken.version}”"
    labelled = sum(label is not None for label in taken.optional("label"))
    parts = [f"{counted}, {labelled:,} of them with one of {many(len(taken.classes()), 'label')}."]
    if taken.removed:
        parts.append(f"{many(len(taken.removed), 'image')} of the dataset {_be(len(taken.removed))} not part of it.")
    people = sorted({one.who for one in decided})
    if decided:
        stand = "stands" if len(decided) == 1 else "stand"
        parts.append(f"{many(len(decided), 'decision')} by {', '.join(people)} {stand} behind it.")
    return " ".join(parts)


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _content(taken: Taken) -> Iterator[str]:
    labels, splits = taken.optional("label"), taken.optional("split")
    counts = Counter(label for label in labels if label is not None)
    rows = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    if unlabelled := len(labels) - counts.total():
        rows.append(("without a label", unlabelled))
    sizes = np.array([taken.rows["width"].to_pylist(), taken.rows["height"].to_pylist()])
    middle = np.median(sizes, axis=1)
    text = f"Half of the images are at least {middle[0]:.0f} × {middle[1]:.0f} pixels."
    yield section("What is in the set", text) + bars(rows)
    if any(splits):
        yield bars(sorted(Counter(split or "without a split" for split in splits).items()), "Splits")
    tags = Counter(tag for given in taken.tags.values() for tag in given)
    if tags:
        yield bars(sorted(tags.items()), "Tags")
    ids = taken.rows["id"].to_pylist()
    for label, _ in rows[:CLASSES] if counts else []:
        of_label = [image for image, given in zip(ids, labels, strict=True) if given == label]
        # Spread over the paths, which often lie by day or by camera.
        some = of_label[:: max(1, len(of_label) // OF_CLASS)][:OF_CLASS]
        yield from _shown(taken, [(image, "") for image in some], label)
    if not counts:
        yield from _shown(taken, [(image, "") for image in ids[:: max(1, len(ids) // 24)][:24]])
    yield "</section>"


def _told(taken: Taken, one: Section) -> Iterator[str]:
    yield section(one.title, one.text)
    if one.rows:
        yield table(one.rows)
    yield from _shown(taken, one.pictures)
    yield "</section>"


def _decisions(taken: Taken, decided: Sequence[Decision]) -> Iterator[str]:
    undone = sum(one.action is not Action.UNDO for one in taken.decisions) - len(decided)
    text = f"{many(len(decided), 'decision')} {'stands' if len(decided) == 1 else 'stand'}"
    text += f", {undone:,} {'was' if undone == 1 else 'were'} taken back." if undone else "."
    yield section("What was decided", text)
    by = Counter((one.who, one.action, one.finding or "by hand") for one in decided)
    images = Counter[tuple[str, Action, str]]()
    for one in decided:
        images[one.who, one.action, one.finding or "by hand"] += len(one.ids)
    yield table(
        [
            ("who", "did", "finding", "decisions", "images"),
            *(
                (who, _DONE[did], why, f"{count:,}", f"{images[who, did, why]:,}")
                for (who, did, why), count in by.items()
            ),
        ]
    )
    pictures = [(image, f"now {one.value}") for one in decided if one.action is Action.RELABEL for image in one.ids]
    yield from _shown(taken, pictures[:SHOWN], "Relabelled")
    told = [("when", "who", "did", "images", "why")]
    for one in decided[:LISTED]:
        when = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M")
        to = f" as {one.value}" if one.value else ""
        told.append((when, one.who, _DONE[one.action] + to, f"{len(one.ids):,}", one.reason or one.finding))
    left = len(decided) - LISTED
    more = f"<p>And {left:,} more.</p>" if left > 0 else ""
    yield f"<details><summary>Each decision</summary>{table(told)}{more}</details></section>"


def _removed(taken: Taken) -> Iterator[str]:
    yield section(
        "What was removed", f"{many(len(taken.removed), 'image')}. Nothing was deleted from where they came from."
    )
    ids = taken.dataset.ids()
    some = [(ids[one.path], one.reason) for one in taken.removed[:SHOWN] if one.path in ids]
    yield from _shown(taken, some)
    why = Counter(one.reason for one in taken.removed)
    if len(why) <= LISTED:
        yield table([("reason", "images"), *((reason, f"{count:,}") for reason, count in why.most_common())])
    yield "</section>"


def _shown(taken: Taken, pictures: Sequence[tuple[int, str]], title: str = "") -> Iterator[str]:
    """Pictures with their captions; those that are gone are left out."""
    found = taken.dataset.thumbnails([image for image, _ in pictures])
    paths = taken.dataset.labelled([image for image, _ in pictures])
    yield figures(
        [(found[image], paths[image][0] if image in paths else "", said) for image, said in pictures if image in found],
        title,
    )

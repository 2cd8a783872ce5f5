"""What the report is about: the verdict in a sentence, the images, and the part of them that judges."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from embedding_core.evaluate.card.verdict import verdict
from pages.parts import words
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, joined, paragraph
from pages.parts.paper.telling import day, first_up

if TYPE_CHECKING:
    from pages.parts.paper.stored import Stored

MOST = 40  # labels whose number of images is drawn


def opening(stored: Stored, now: float) -> Html:
    """Title, date and verdict."""
    dataset, card = stored.dataset, stored.card
    parts = [
        paragraph("Report on image embeddings", "kind"),
        Html(f"<h1>{markup.escaped(dataset.name)}</h1>"),
        paragraph(
            f"{words.count(len(stored.state), 'image')}, seen by {words.encoder(stored.encoder)}. "
            f"Written on {day(now)}.",
            "when",
        ),
        paragraph(dataset.description),
    ]
    if card is not None:
        found = verdict(card.found)
        parts += [paragraph(found.sentence, "verdict"), markup.listed(found.reasons)]
    elif stored.advice is not None:
        parts.append(paragraph(f"{stored.advice.found.accuracy:.1%} right. {stored.advice.found.said}", "verdict"))
    else:
        parts.append(paragraph("Nothing has been scored yet, so there is no verdict.", "verdict"))
    parts.append(
        paragraph(
            "An encoder is a network that turns each image into a list of numbers, its embedding; alike images get "
            "alike numbers. This report says how good these are for these images and labels, what was tried to do "
            "better, and how to repeat it. Ranges are 95 % intervals.",
            "note",
        )
    )
    return joined(*parts)


def images(stored: Stored) -> Html:
    state, dataset = stored.state, stored.dataset
    labels = Counter(label for label in state.labels.tolist() if label is not None)
    splits = Counter(split for split in state.splits.tolist() if split is not None)
    rows = [
        ("Images", f"{len(state):,}, {labels.total():,} of them with one of {words.count(len(labels), 'label')}"),
        ("Labels", first_up(words.source(dataset.label_source))),
        ("Splits", _splits(splits, words.source(dataset.split_source))),
        ("Version", _version(stored)),
        ("Files refused", f"{dataset.left_out:,}, as damaged or no images" if dataset.left_out else ""),
        ("Near-duplicates", _copies(stored)),
        ("Test part", _test(stored)),
        ("Encoder", _encoder(stored)),
        ("Vectors", f"{len(stored.embedding.ids):,} of {stored.embedding.card.dim:,} numbers"),
        ("Fingerprint of images and labels", state.fingerprint),
        ("Fingerprint of the vectors", stored.embedding.fingerprint),
    ]
    if stored.known is not None:
        rows.append(("Fingerprint with near-duplicates", stored.known.fingerprint))
    counts = sorted(labels.items(), key=lambda one: (-one[1], one[0]))
    shown, rest = counts[:MOST], counts[MOST:]
    if rest:
        shown.append((f"{len(rest):,} other labels", sum(count for _, count in rest)))
    if unlabelled := len(state) - labels.total():
        shown.append(("without a label", unlabelled))
    return markup.section(
        "images", "The images", markup.facts(rows), markup.bars(shown, "Images of each label") if labels else Html("")
    )


def _version(stored: Stored) -> str:
    """How what there is now differs from what came."""
    count = stored.dataset.decisions.count
    if not count:
        return "As it came; nobody has decided on anything"
    gone = stored.dataset.count - len(stored.state)
    removed = f", {words.count(gone, 'image')} of the dataset left out" if gone else ""
    return f"Now, after {words.count(count, 'decision')}{removed}"


def _splits(splits: Counter[str], source: str) -> str:
    if not splits:
        return ""
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(splits.items()))
    return f"{told} ({source})"


def _copies(stored: Stored) -> str:
    known = stored.known
    if known is None:
        return "Nobody has looked for them yet: figures may flatter"
    groups = np.bincount(known.groups[known.groups >= 0])
    several = groups[groups > 1]
    if not len(several):
        return "None found"
    return (
        f"{words.count(len(several), 'group')} of altered copies and bursts, {int(several.sum()):,} images in all; a "
        "group never lies on both sides of a test"
    )


def _test(stored: Stored) -> str:
    held = stored.held
    if held is None:
        return ""
    how = (
        "the dataset’s own split"
        if held.chosen == "split"
        else "drawn once by chance, 30 % of each label, more where labels are few, and kept apart since"
    )
    left = f"; {words.count(held.left_out, 'image')} that were decided on judge nothing" if held.left_out else ""
    return (
        f"{words.count(len(held.test), 'image')}, {how}; never trained on, and it chooses nothing. "
        f"{len(held.train):,} are there to train on{left}"
    )


def _encoder(stored: Stored) -> str:
    card = stored.embedding.card
    parts = [card.name, f"id {card.id}", f"{card.input_size} pixels" if card.input_size else ""]
    parts += [f"weights of {card.size_mb:,.0f} MB" if card.size_mb else "", card.licence]
    return ", ".join(part for part in parts if part)

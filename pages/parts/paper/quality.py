"""The report card in the report: figures with controls, each label, what is mixed up, what holds without labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pages.parts import charts, charts_report, words
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, joined, paragraph
from pages.parts.paper.telling import ends, found_on, number, percent, shortened
from pages.parts.report.head import CALLED
from pages.parts.report.mixed import most_confused
from pages.parts.report.terms import HELP

if TYPE_CHECKING:
    from embedding_core.evaluate.card.found import ReportCard, Scores
    from pages.parts.paper.stored import Stored

LABELS = 60  # rows of the table
NARROW = {  # a matrix on a phone
    "xaxis.tickangle": -90,
    "xaxis.tickfont.size": 8,
    "yaxis.tickfont.size": 9,
    "margin.r": 4,
}
PAIRS, OF_PAIR = 6, 7  # pairs that are shown with pictures, and pictures of each


def card(stored: Stored) -> Html:
    """Nothing where no card is stored."""
    one = stored.card
    if one is None:
        return Html("")
    found, dim = one.found, stored.embedding.card.dim
    parts = [found_on(one)]
    if found.scores is not None:
        parts += [_figures(found), _controls(found.scores)]
    parts.append(_free(found, dim))
    whole = markup.section("quality", "How good the embedding is", *parts, leaf=True)
    if found.scores is None:
        return whole
    return joined(whole, _labels(found), _mixed(stored, found))


def _figures(found: ReportCard) -> Html:
    scores = found.scores
    assert scores is not None  # noqa: S101 - a card without labels is told otherwise
    leaked = scores.leakage
    feigned = f"{100 * max(leaked.knn, leaked.probe):+.1f} points".replace("-", "−")
    rows = [
        ("Probe", percent(scores.probe.value), ends(scores.probe.low, scores.probe.high)),
        ("Five nearest", percent(scores.knn_grouped["5"].value), _ends(scores, "5")),
        ("Every label alike", percent(scores.balanced), "mean of each label’s share"),
        (
            "Found among the first five",
            percent(scores.recall_grouped["5"]),
            f"first: {percent(scores.recall_grouped['1'])}",
        ),
        ("Search, mean precision", number(scores.map_grouped, 3), "1 is perfect"),
        ("Labels apart", number(scores.silhouette, 3), "silhouette, −1 to 1"),
        ("Groups against labels", number(scores.nmi, 3), f"NMI; ARI {number(scores.ari, 3)}"),
        ("Inflated by copies", feigned, f"{words.count(leaked.copies, 'image')} with a copy"),
    ]
    near = [
        [
            f"{k} nearest" if k != "1" else "The nearest",
            *(f"{percent(of[k].value)} ({ends(of[k].low, of[k].high)})" for of in (scores.knn, scores.knn_grouped)),
            percent(scores.recall_grouped[k]),
        ]
        for k in scores.knn
    ]
    return joined(
        markup.cards(rows),
        paragraph(
            f"Judged by {words.count(found.labelled, 'labelled image')}. The probe: {_lower(HELP['probe'])}", "note"
        ),
        markup.heading("By the nearest images"),
        markup.table(
            ["Votes of", "Right, copies voting too", "Right, copies left out", "A like one is among them"],
            near,
            numbers=["Right, copies voting too", "Right, copies left out", "A like one is among them"],
        ),
        paragraph("The plain figure, where copies vote too, compares with other tools.", "note"),
    )


def _ends(scores: Scores, k: str) -> str:
    return ends(scores.knn_grouped[k].low, scores.knn_grouped[k].high)


def _controls(scores: Scores) -> Html:
    known = scores.controls
    figure = charts_report.controls(scores, charts.LIGHT)
    columns = ", ".join(CALLED.get(name, name) for name in known.columns)
    rows = [
        (name, "–" if one is None else percent(one.value), "–" if one is None else ends(one.low, one.high))
        for name, one in (
            ("This embedding, probe", scores.probe),
            ("This embedding, five nearest", scores.knn_grouped["5"]),
            ("16×16 pixels, probe", known.pixels),
            ("16×16 pixels, five nearest", known.pixels_knn),
            ("What is known of the files", known.metadata),
            ("Shuffled labels, probe", known.shuffled),
            ("Shuffled labels, five nearest", known.shuffled_knn),
        )
        if one is not None
    ]
    rows.append(("Always the commonest label", percent(known.majority), ""))
    rows.append(("Guessing by share", percent(known.proportional), ""))
    return joined(
        markup.heading("Held against what should fail"),
        markup.chart(
            figure,
            "Accuracy of the embedding beside that of guessing, shuffled labels, pixels and metadata",
            f"{HELP['controls']} Lines show where each lies with 95 %.",
        ),
        markup.table(["Judged", "Right", "95 %"], rows, numbers=["Right", "95 %"]),
        paragraph(f"What is known of the files: {columns}." if columns else "", "note"),
    )


def _labels(found: ReportCard) -> Html:
    rows = [
        [
            row.name,
            f"{row.images:,}",
            number(row.f1),
            *(percent(share) for share in (row.recall, row.precision, row.knn_recall, row.confidence)),
            number(row.silhouette),
        ]
        for row in found.table[:LABELS]
    ]
    names = ["Label", "Images", "F1", "Found", "Right", "Five nearest", "Sure", "Apart"]
    return markup.section(
        "labels",
        "Each label",
        paragraph(f"The weakest first. {HELP['classes']}"),
        markup.table(names, rows, numbers=names[1:]),
        paragraph(shortened(found.table, LABELS, "labels, all better than these"), "note"),
    )


def _mixed(stored: Stored, found: ReportCard) -> Html:
    drawn = most_confused(found)
    figure = charts_report.confusion(
        found.confusion.counts[np.ix_(drawn, drawn)],
        [found.classes[code] for code in drawn],
        drawn.tolist(),
        charts.LIGHT,
    )
    hidden = len(found.classes) - len(drawn)
    caption = HELP["confusion"] + (f" The {len(drawn)} labels that most is wrong with." if hidden else "")
    parts = [markup.chart(figure, "Labels in rows, what the probe said in columns", caption, NARROW)]
    pairs = found.confusion.pairs(3 * PAIRS)
    if not pairs:
        return markup.section("mixed", "What is mixed up", paragraph("Nothing: every image was given its own label."))
    parts += [
        markup.heading("Most often mixed up"),
        markup.table(
            ["Labelled", "Taken for", "Images", "Of the label"],
            [
                [found.classes[one.actual], found.classes[one.predicted], f"{one.images:,}", f"{100 * one.share:.0f} %"]
                for one in pairs
            ],
            numbers=["Images", "Of the label"],
        ),
    ]
    for one in pairs[:PAIRS]:
        rows = found.confusion.cell(one.actual, one.predicted)[:OF_PAIR]
        sure = [f"{100 * float(found.confidence[row]):.0f} % sure" for row in rows]
        shown = thumbnails(stored, found.ids[rows].tolist(), sure)
        parts.append(markup.pictures(shown, f"{found.classes[one.actual]}, taken for {found.classes[one.predicted]}"))
    return markup.section("mixed", "What is mixed up", *parts)


def _free(found: ReportCard, dim: int) -> Html:
    free, shape = found.free, found.free.shape
    rows = [
        (
            f"{way.name.capitalize()} pictures found again",
            percent(way.found.value),
            f"{ends(way.found.low, way.found.high)}, cosine {way.cosine:.2f}",
        )
        for way in free.stability
    ]
    rows += [
        ("Same groups again", number(free.cluster_stability), f"of 1; {free.groups} groups"),
        ("Dimension", number(shape.dimension, 1), f"of {dim:,} numbers"),
        ("Hubs", number(shape.hubness), "0 is even, above 2 spoils searches"),
        ("Mean likeness", number(shape.anisotropy), "0 is best"),
        ("Directions in use", number(shape.effective_rank, 0), f"of {dim:,}"),
    ]
    return joined(
        markup.heading("What holds without labels"),
        markup.cards(rows),
        paragraph(
            f"{HELP['steady']} {HELP['groups']} Dimension: {_lower(HELP['dimension'])} Hubs: {_lower(HELP['hubness'])}",
            "note",
        ),
    )


def thumbnails(stored: Stored, ids: list[int], said: list[str]) -> list[tuple[bytes, str, str]]:
    """Pictures with their paths and what is said of each; those that are gone are left out."""
    there, paths = stored.dataset.thumbnails(ids), stored.dataset.labelled(ids)
    return [
        (there[image], paths[image][0] if image in paths else "", text)
        for image, text in zip(ids, said, strict=True)
        if image in there
    ]


def _lower(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"

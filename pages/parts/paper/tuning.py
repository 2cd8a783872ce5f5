"""Fine-tuned encoders: what each was worth, and how it learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived import encoders
from embedding_core.effect import points
from pages.parts import charts, words
from pages.parts.finetune import charts_finetune
from pages.parts.finetune.told import ended
from pages.parts.paper import markup
from pages.parts.paper.markup import Html, joined, paragraph
from pages.parts.paper.telling import day, number, percent, settings, shortened

if TYPE_CHECKING:
    from embedding_core.effect import Difference
    from pages.parts.paper.stored import Stored, Tuned

MOST = 6  # that are told closely
LABELS = 40


def tuned(stored: Stored) -> Html:
    """Nothing where none was fine-tuned."""
    if not stored.tuned:
        return Html("")
    shown = stored.tuned[:MOST]
    rest = shortened(stored.tuned, MOST, "fine-tuned encoders; their scores are among all that was tried")
    return markup.section("finetuning", "Fine-tuning", *map(_one, shown), paragraph(rest, "note"))


def _one(one: Tuned) -> Html:
    model, found = one.model, one.judged
    facts = model.facts
    accuracy = found.differences.accuracy
    told = (
        "Worth it: the gain is larger than chance would explain."
        if accuracy.better
        else "It did not help."
        if accuracy.worse
        else "No difference can be told: the interval includes zero."
    )
    rows = [
        _row("Fine-tuned network, against the linear probe", accuracy),
        _row("Likewise, every label alike", found.differences.balanced),
        _row("Five nearest, new vectors against old", found.neighbours),
        _row("Linear probe, new vectors against old", found.probes),
    ]
    columns = ["Measure", "Before", "After", "Points"]
    images = facts["images"]
    return joined(
        markup.heading(encoders.tuned_card(model).name),
        paragraph(f"Trained on {day(model.created)}, beginning with {words.encoder(facts['base'])}.", "note"),
        paragraph("" if one.current else "Images, labels or near-duplicates have changed since.", "old"),
        paragraph(f"{points(accuracy)} over the linear probe. {told}", "answer"),
        markup.table(columns, rows, numbers=columns[1:]),
        paragraph(
            f"Judged by {words.count(len(found.ids), 'untouched image')}; trained on {images['train']:,}, the best "
            f"epoch chosen by {images['validation']:,} others. {ended(model)}",
            "note",
        ),
        markup.chart(
            charts_finetune.curves(facts["curves"], charts.LIGHT, len(facts["curves"]) - 1, best=facts["best_epoch"]),
            "Accuracy and loss by epoch",
            "Epoch 0 is the linear probe, from which training starts. The dotted line marks the weights that were "
            "kept.",
        ),
        _labels(one),
        paragraph(f"Settings: {settings(facts['recipe'])}.", "note"),
    )


def _row(name: str, one: Difference) -> list[str]:
    return [name, percent(one.before), percent(one.after), points(one).replace(" points", "")]


def _labels(one: Tuned) -> Html:
    each = zip(one.judged.classes, one.judged.differences.classes, strict=True)
    rows = sorted(((name, of) for name, of in each if of is not None), key=lambda row: -row[1].change)
    columns = ["Label", "Linear probe", "Fine-tuned", "Points"]
    cells = [[name, percent(of.before), percent(of.after), number(100 * of.change, 1)] for name, of in rows[:LABELS]]
    return joined(
        markup.table(columns, cells, numbers=columns[1:]), paragraph(shortened(rows, LABELS, "labels"), "note")
    )

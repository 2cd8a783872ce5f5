"""Before and after: what the second version is worth against the first, in words, charts and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core import derived
from embedding_core.effect import points, said, verdict
from pages.parts import cached, charts, charts_versions, empty, jobs, server, words
from pages.parts.versions import known, trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.effect import Difference, Effect
    from embedding_core.workspace import Dataset, Embedding

MOST_UNTOLD = 12  # labels without test images that are named
HEADLINES = {  # by verdict; the figure follows
    "better": ":green[:material/trending_up:] Accuracy {points}",
    "worse": ":red[:material/trending_down:] It did not help: accuracy {points}",
    "unclear": ":gray[:material/trending_flat:] No difference can be told: accuracy {points}",
    "same": ":gray[:material/drag_handle:] No difference: both are trained on the same",
}

MEANING = {
    "better": "A probe trained on {second} is better than one trained on {first}.",
    "worse": "A probe trained on {second} is worse than one trained on {first}.",
    "unclear": "The interval includes zero: by these images and trainings, {second} and {first} cannot be told apart.",
    "same": "Nothing that is trained on differs between {first} and {second}.",
}


def show(dataset: Dataset, embedding: Embedding | None, encoder: str, first: str, second: str) -> None:
    """The tab."""
    states = known.snapshot(dataset, first), known.snapshot(dataset, second)
    if first == second:
        empty.note(
            "These are the same version",
            "Choose two different ones above.",
            ":material/science:",
            key="versions_effect",
        )
        return
    if not trying.possible(dataset, embedding, encoder, *states) or embedding is None:
        return
    wanted = {"dataset": dataset.uuid, "encoder": encoder, "from": first, "to": second}
    kept = cached.proof(_key(dataset, embedding, first, second), derived.read_effect)
    if kept is not None:
        _told(kept)
        trying.copies(embedding)
        return
    if trying.running(trying.job(dataset, "effect", wanted), key="versions_effect"):
        return
    row = empty.note(
        "Did it help?",
        f"The same probe is trained on {known.quoted(first)} and on {known.quoted(second)}, eight times each, and "
        "judged by the same images that neither was trained on and nobody decided on. It takes seconds for thousands "
        "of images.",
        ":material/science:",
        key="versions_effect",
    )
    row.button(
        "Measure it",
        key="versions_measure",
        type="primary",
        icon=":material/play_arrow:",
        on_click=lambda: jobs.submit("effect", wanted, dataset=dataset.uuid),
    )
    trying.copies(embedding)


def _key(dataset: Dataset, embedding: Embedding, first: str, second: str) -> str:
    """The fingerprint of the effect as things stand, which also hangs on the copies that are known."""
    workspace = server.workspace()
    there = bool(workspace.results.find(dataset.uuid, "duplicates", embedding.fingerprint))
    found: str = cached.of_versions(
        dataset,
        f"effect/{embedding.fingerprint}/{there}/{first}/{second}",
        lambda: derived.effect_key(workspace, dataset, embedding, first=first, second=second),
    )
    return found


def _told(kept: Kept[Effect]) -> None:
    found = kept.found
    total = found.differences
    first, second = (known.called(name) for name in found.versions)
    headline = HEADLINES[verdict(found)].format(points=points(total.accuracy))
    with st.container(key="versions_said_effect", gap="xsmall"):
        st.header(headline, anchor=False, help=words.HELP["interval"])
        names = {"first": known.quoted(found.versions[0]), "second": known.quoted(found.versions[1])}
        st.markdown(MEANING[verdict(found)].format(**names))
    with st.grid(4, min_column_width=180, gap="small"):
        _metric("Accuracy", total.accuracy, "accuracy")
        _metric("Every label alike", total.balanced, "balanced accuracy")
        st.metric("Judged by", f"{len(found.ids):,}", border=True, height="stretch", help=words.HELP["held out"])
        st.metric(
            "Trained on",
            f"{found.trained[0]:,} → {found.trained[1]:,}",
            border=True,
            height="stretch",
            help=words.HELP["probe"],
        )
    _held_out(found)
    sides = st.columns(2, gap="large")
    with sides[0]:
        st.subheader("Each training", anchor=False)
        tested = found.tested.sum(axis=1)
        before, after = ((one.sum(axis=1) / tested).tolist() for one in (found.before, found.after))
        figure = charts_versions.runs(before, after, (first, second), charts.look(st.context.theme.type))
        alt = "Accuracy of each training before and after"
        st.plotly_chart(figure, key="versions_runs", theme=None, config=trying.QUIET, alt=alt)
        won = sum(b > a for a, b in zip(before, after, strict=True))
        st.caption(f"{words.plain(second)} is ahead in {won} of {len(before)} trainings.")
        _table(found)
    with sides[1]:
        st.subheader("Each label", anchor=False, help=words.HELP["interval"])
        _labels(found)


def _metric(name: str, one: Difference, term: str) -> None:
    change = points(one).partition(" (")[0]
    st.metric(
        name,
        f"{one.after:.1%}",
        delta=change,
        delta_description=f"from {one.before:.1%}",
        delta_color="green" if one.better else "red" if one.worse else "off",
        delta_arrow="up" if one.better else "down" if one.worse else "off",
        border=True,
        height="stretch",
        help=words.HELP[term],
    )


def _held_out(found: Effect) -> None:
    changed = found.changed
    parts = [
        f"{number:,} {what}"
        for number, what in ((changed.removed, "removed"), (changed.added, "added"), (changed.relabelled, "relabelled"))
        if number
    ]
    with st.container(border=True, gap="xxsmall", key="versions_held_out"):
        st.markdown("**:material/lock: What judges is untouched**", help=words.HELP["held out"])
        sentences = [words.plain(one) for one in said(found)[2:]]
        sentences.append(
            "An image that was relabelled would flatter the one version by its new label and the other by its old one, "
            "so none of those judges."
        )
        if parts:
            sentences.append(f"Between the two, of the images with vectors: {', '.join(parts)}.")
        st.markdown(" ".join(sentences))


def _labels(found: Effect) -> None:
    rows = [(name, one) for name, one in zip(found.classes, found.differences.classes, strict=True) if one is not None]
    rows.sort(key=lambda row: -row[1].change)
    shown = rows if len(rows) <= charts.MOST else [*rows[: charts.MOST // 2], *rows[-charts.MOST // 2 :]]
    figure = charts_versions.intervals(shown, charts.look(st.context.theme.type))
    st.plotly_chart(
        figure, key="versions_classes", theme=None, config=trying.QUIET, alt="What each label gained, with its interval"
    )
    untold = [name for name, one in zip(found.classes, found.differences.classes, strict=True) if one is None]
    if untold:
        more = f" and {len(untold) - MOST_UNTOLD:,} more" if len(untold) > MOST_UNTOLD else ""
        st.caption(f"{', '.join(map(words.plain, untold[:MOST_UNTOLD]))}{more}: no test images.")


def _table(found: Effect) -> None:
    judged = {code: int((found.truth == code).sum()) for code in range(len(found.classes))}
    rows = [
        (name, judged[code], one)
        for code, (name, one) in enumerate(zip(found.classes, found.differences.classes, strict=True))
        if one is not None
    ]
    rows.sort(key=lambda row: -row[2].change)
    st.dataframe(
        trying.signed(
            {
                "Label": [name for name, _, _ in rows],
                "Judged by": [count for _, count, _ in rows],
                "Before": [100 * one.before for _, _, one in rows],
                "After": [100 * one.after for _, _, one in rows],
                "Points": [trying.in_points(one) for _, _, one in rows],
                "Interval": [trying.interval(one) for _, _, one in rows],
            },
            "Points",
        ),
        key="versions_table",
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="%.1f%%") for name in ("Before", "After")},
        alt="Accuracy of each label before and after",
    )

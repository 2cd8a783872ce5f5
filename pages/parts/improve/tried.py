"""What was tried: every run on the untouched part beside the others, two of them compared, and all taken to MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from embedding_core import derived
from embedding_core.derived.labelled import LABEL
from embedding_core.effect import points
from embedding_core.errors import InvalidInput
from embedding_core.evaluate.judged import difference
from embedding_core.train.probes import registry
from pages.parts import cached, charts, charts_improve, server, state, words, work
from pages.parts.paper import buttons
from pages.parts.versions import trying

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedding_core.derived import Run
    from embedding_core.effect import Difference
    from embedding_core.workspace import Dataset, Workspace

MOST = 12  # runs in the chart; the table has all
_MORE = ("features",)  # runs that go by more than the images, as by columns that may say the label


def show(dataset: Dataset, encoder: str) -> None:
    """What was tried, if anything, and what can be taken along of it."""
    runs = derived.runs(server.workspace(), dataset)
    if runs:
        _runs(runs)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="improve_take"):
        buttons.show(dataset, encoder, key="improve")
        if runs:
            _mlflow(dataset)


def _runs(runs: Sequence[Run]) -> None:
    st.subheader("What was tried", anchor=False, help=words.HELP["runs"])
    numbers = {one.id: number for number, one in enumerate(reversed(runs), start=1)}  # the report counts so, too
    judged = alike([one for one in reversed(runs) if _scored(one)], _column(runs))
    if judged:
        shown = drawn(judged)
        look = charts.look(st.context.theme.type)
        names, scores = [called(one) for one in shown], [one.scores["accuracy"] for one in shown]
        called_so = [numbers[one.id] for one in shown]
        figure = charts_improve.tried(names, scores, best(shown), look, called_so, narrow=state.touch())
        st.plotly_chart(
            figure,
            key="improve_tried",
            theme=None,
            config=trying.QUIET,
            alt="Accuracy of each run on the untouched part, with its interval",
        )
        if len(judged) > len(shown):
            st.caption(f"The last ones and the best, {len(shown)} of {len(judged):,}; the table has all.")
        if len(judged) > 1:
            _compare(judged, numbers)
    _table(runs, numbers)


def _scored(run: Run) -> bool:
    """Whether the untouched part has said how many labels a run gets right."""
    return bool(run.test) and "accuracy" in run.scores


def _column(runs: Sequence[Run]) -> str:
    """The column whose runs are shown: of several it can be chosen, the label first."""
    columns = sorted({derived.learnt(one) for one in runs if _scored(one)}, key=lambda one: (one != LABEL, one))
    if len(columns) < 2:
        return columns[0] if columns else LABEL
    chosen = st.selectbox("What was learnt", columns, key="improve_learnt", format_func=_of, width=380)
    return str(chosen or columns[0])


def _of(column: str) -> str:
    return "the label" if column == LABEL else f"the column {column}"


def alike(judged: Sequence[Run], column: str) -> list[Run]:
    """Those that learnt one column: accuracies of different ones say nothing of each other."""
    return [one for one in judged if derived.learnt(one) == column]


def drawn(judged: Sequence[Run], most: int = MOST) -> list[Run]:
    """The last ones of these, oldest first, and the best of all; none of none."""
    last = list(judged[-most:])
    top = judged[best(judged)] if judged else None
    return last if top is None or top in last else [top, *last[1:]]


def best(shown: Sequence[Run]) -> int:
    """Which of these is the most accurate; one that went by more than the images only where all did."""
    fair = [at for at, one in enumerate(shown) if one.kind not in _MORE] or list(range(len(shown)))
    return max(fair, key=lambda at: shown[at].scores["accuracy"].value)


def called(run: Run) -> str:
    """A run in a few words, with the column that it learnt where that is not the label."""
    what = work.RUNS.get(run.kind, run.kind.capitalize())
    family = registry.FAMILIES.get(str(run.parameters.get("family", "")))
    after = run.parameters.get("after")
    of = str(run.parameters.get("name") or "") if run.kind == "finetune" else ""
    columns = run.parameters.get("columns") if run.kind in _MORE else None
    joined = f"with {', '.join(columns)}" if columns else ""
    learnt = derived.learnt(run)
    column = "" if learnt == LABEL else _of(learnt)
    # On a narrow chart the middle is cut: the encoder says least there.
    parts = (family.name if family else what, column, joined, after, of or words.encoder(run.encoder))
    return " · ".join(part for part in parts if part)


def _compare(judged: Sequence[Run], numbers: Mapping[str, int]) -> None:
    names = {one.id: f"{numbers[one.id]}  {called(one)}" for one in judged}
    ids = list(names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="improve_compare"):
        first = st.selectbox("Compare", ids, index=0, format_func=names.get, key="improve_first", width=380)
        second = st.selectbox("with", ids, index=len(ids) - 1, format_func=names.get, key="improve_second", width=380)
    if first == second:
        st.caption("Choose two different runs.")
        return
    found = cached.proof(f"{first}:{second}", _difference)
    if found is None:
        mute = [one for one in (first, second) if derived.judged_by(server.workspace(), one) is None]
        st.caption(
            f"It was not kept which images No. {' and No. '.join(str(numbers[one]) for one in mute)} got right, so "
            "these two cannot be compared image by image."
            if mute
            else "These were judged by different images, so they cannot be compared. Measure both again."
        )
        return
    verdict = "better" if found.better else "worse" if found.worse else "not to be told apart from the first"
    st.markdown(
        f"The second is **{words.plain(points(found))}** against the first, from {found.before:.1%} to "
        f"{found.after:.1%}: {verdict}.",
        help=words.HELP["interval"],
    )


def _difference(workspace: Workspace, key: str) -> Difference | None:
    """Of two runs, whose ids are in `key`."""
    first, second = (derived.judged_by(workspace, one) for one in key.split(":"))
    if first is None or second is None:
        return None
    try:
        return difference(first, second)
    except InvalidInput:
        return None


def _settings(parameters: Mapping[str, Any]) -> str:
    """As "axes 256, views no": everything but what is said of a run anyway."""

    def told(value: Any) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:.3g}"
        return ", ".join(map(str, value)) if isinstance(value, (list, dict)) else str(value)

    kept = [name for name in parameters if name not in ("after", "name", "version", "seed", "target")]
    return " · ".join(f"{name.replace('_', ' ')} {told(parameters[name])}" for name in kept)


def _table(runs: Sequence[Run], numbers: Mapping[str, int]) -> None:
    with st.expander(f"All {words.count(len(runs), 'run')}", icon=":material/list:", key="improve_all"):
        rows: list[dict[str, Any]] = [
            {
                "No.": numbers[one.id],
                "When": words.moment(one.created),
                "What": called(one),
                "Version": one.version,
                "Accuracy": one.scores["accuracy"].value if "accuracy" in one.scores else None,
                "Seconds": round(one.seconds, 1),
                "Seed": one.seed,
                "By": one.who,
                "Settings": _settings(one.parameters),
                "Images and labels": one.data[:8],
                "Untouched part": one.test[:8],
                "Run": one.id[:8],
            }
            for one in runs
        ]
        st.dataframe(
            pd.DataFrame(rows),
            key="improve_runs",
            hide_index=True,
            column_config={"Accuracy": st.column_config.NumberColumn(format="percent")},
        )


def _mlflow(dataset: Dataset) -> None:
    from embedding_core.export import mlflow

    if not mlflow.installed():
        st.caption(
            ":material/info: To take these runs to MLflow, have its client on this server: "
            "`pip install -r requirements-mlflow.txt`."
        )
        return
    actor = state.actor()

    def made() -> bytes:
        found: bytes = server.runner().call("send_runs", {"dataset": dataset.uuid}, actor=actor)["bytes"]
        return found

    st.download_button(
        "Runs for MLflow",
        data=made,
        file_name=f"{dataset.name}-mlflow.db",
        mime="application/vnd.sqlite3",
        icon=":material/download:",
        key="improve_take_runs",
        help="A database that MLflow shows: mlflow ui --backend-store-uri sqlite:///FILE",
        on_click="ignore",
    )

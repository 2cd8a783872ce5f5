"""What a search has found: the honest gain, how it went, and which parameters mattered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from embedding_core.train.probes import registry
from embedding_core.train.search.found import BEST, DEFAULTS
from embedding_core.train.search.probing import FAMILY, setting_of
from embedding_core.train.search.trials import history
from pages.parts import charts, charts_train, charts_tries, state, words
from pages.parts.train import closely, judged, saving
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.train.search.found import Searched
    from embedding_core.workspace import Dataset

ENDED = {
    "time": "The time was used up",
    "trials": "No more were to be tried",
    "stopped": "It was stopped",
    "all": "Every combination was tried",
    "repeats": "Nothing new was found to try",
}


def show(dataset: Dataset, kept: Kept[Searched], draft: str) -> None:
    found = kept.found
    _headline(found)
    what = "" if found.outer.target == "label" else f" {found.outer.target}"
    saving.show(kept.fingerprint, draft, f"{dataset.name}{what} searched"[:80])
    look, shares = charts.look(st.context.theme.type), found.outer.task == "classification"
    left, right = st.columns([6, 4], gap="large")
    with left:
        st.subheader("How it went", anchor=False)
        figure = charts_train.history(found.trials, history(found.trials), look, shares=shares)
        st.plotly_chart(
            figure, key="train_history", theme=None, config=trying.QUIET, alt="Each try, and the best so far"
        )
        counts = {state: sum(one.state == state for one in found.trials) for state in ("done", "pruned", "stopped")}
        st.caption(
            f"{ENDED[found.ended]}. {words.count(len(found.trials), 'try', 'tries')}, "
            f"{words.duration(found.seconds)}: "
            f"{counts['done']} to the end, {counts['pruned']} given up early, {counts['stopped']} cut off by the clock."
        )
    with right:
        _importance(found)
    done = sum(one.state == "done" for one in found.trials)
    if done > 1:
        st.subheader("All tries", anchor=False)
        figure = charts_tries.moving(found.trials, found.space, look, narrow=state.touch())
        st.plotly_chart(
            figure, key="train_parallel", theme=None, config=trying.QUIET, alt="Each try as a line through its settings"
        )
        st.caption("Each line is a try; drag along an axis to see only those that pass there.")
    with st.expander("Every try as a table", icon=":material/table_rows:", key="train_trials"):
        _table(found, shares)


def _headline(found: Searched) -> None:
    outer, gain = found.outer, found.gain
    best, defaults = outer.families[BEST], outer.families[DEFAULTS]
    name, title, _, shares = judged.MEASURES[outer.task][0]
    if found.best.number == 0:
        said, mark = "Nothing beats the defaults", ":gray[:material/drag_handle:]"
    elif gain.low > 0:
        said, mark = f"Better by {_gain(gain.value, gain.low, gain.high, shares)}", ":green[:material/trending_up:]"
    elif gain.high < 0:
        said, mark = f"Worse by {_gain(-gain.value, -gain.high, -gain.low, shares)}", ":red[:material/trending_down:]"
    else:
        said = f"No gain can be told: {_gain(gain.value, gain.low, gain.high, shares)}"
        mark = ":gray[:material/trending_flat:]"
    with st.container(key="train_said_search", gap="xsmall"):
        st.header(f"{mark} {said}", anchor=False, help=f"{words.HELP['honest score']} {words.HELP['interval']}")
        st.markdown(f"The best is **{words.plain(best.name)}**. {closely.settings(best)}")
    with st.grid(4, min_column_width=190, gap="small"):
        for label, value, term in (
            (f"{title} of the best", best.scores[name].value, "honest score"),
            (f"{title} of the defaults", defaults.scores[name].value, "honest score"),
            ("Best, cross-validated", best.inner, "cross-validation"),
            ("Defaults, cross-validated", defaults.inner, "cross-validation"),
        ):
            st.metric(label, judged.figured(value, shares), border=True, height="stretch", help=words.HELP[term])
    st.caption(
        f"The first two are on the {len(outer.ids):,} images of the untouched part, which no try has seen. The "
        "cross-validated score of the best flatters: it was picked because it is high."
    )


def _gain(value: float, low: float, high: float, shares: bool) -> str:
    form = (lambda one: f"{100 * one:.1f}") if shares else (lambda one: f"{one:.3g}")
    unit = " points" if shares else " in mean error"
    return f"{form(value)}{unit} ({form(low)} to {form(high)})".replace("-", "−")


def _importance(found: Searched) -> None:
    st.subheader("What mattered", anchor=False, help=words.HELP["importance"])
    title = {one.name: one.title for one in found.space}
    look = charts.look(st.context.theme.type)
    own = {name: value for name, value in found.importance_within.items() if value >= 0.005}
    if not found.importance and not own:
        st.caption("Too few tries went to the end to tell. Give it more time.")
        return
    for shares, said, key in (
        (found.importance, "Among all tries", "train_importance"),
        (own, f"Within {found.outer.families[BEST].name}", "train_importance_within"),
    ):
        if shares:
            st.caption(words.plain(said))
            rows = [(title.get(name, name).removeprefix(f"{found.outer.families[BEST].name}: ").capitalize(), value)
                    for name, value in shares.items()]  # fmt: skip
            figure = charts_train.importance(rows, look)
            st.plotly_chart(figure, key=key, theme=None, config=trying.QUIET, alt=f"{said}: share of each parameter")


def _table(found: Searched, shares: bool) -> None:
    states = {"done": "to the end", "pruned": "given up", "stopped": "cut off"}
    st.dataframe(
        {
            "Try": [one.number for one in found.trials],
            "Kind": [registry.FAMILIES[str(one.parameters[FAMILY])].name for one in found.trials],
            "Settings": [
                ", ".join(
                    f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
                    for name, value in setting_of(one.parameters)[1].items()
                )
                for one in found.trials
            ],
            "Score": [None if one.value is None else one.value for one in found.trials],
            "Went": [states[one.state] for one in found.trials],
            "Seconds": [one.seconds for one in found.trials],
        },
        key="train_trials_table",
        hide_index=True,
        column_config={
            "Score": st.column_config.NumberColumn(format="percent" if shares else "%.3f"),
            "Seconds": st.column_config.NumberColumn(format="%.1f"),
        },
        alt="Every try with its settings and score",
    )

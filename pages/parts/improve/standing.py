"""Where a dataset stands, and the job that finds what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core import derived
from embedding_core.derived import encoders
from pages.parts import cached, empty, jobs, server, stale, state, words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.evaluate.advice import Advice
    from embedding_core.workspace import Dataset, Embedding
    from pages.parts.cached import Columns

TASK = "advise"


@dataclass(frozen=True, slots=True)
class Newest:
    """The last advice that was found for an encoder."""

    found: Advice
    current: bool  # nothing has changed since
    holds: bool  # neither have images, labels and decisions, so that only other encoders may have come
    seconds: float


def possible(dataset: Dataset, columns: Columns, embedding: Embedding | None, encoder: str) -> bool:
    """Whether there are vectors and labels; says what is missing."""
    if embedding is None:
        empty.not_embedded(dataset, encoder)
        return False
    if len(columns.labels) >= 2:
        return True
    row = empty.note(
        "It wants labels",
        "A model is as good as the labels it gives rightly, so there have to be images of two different ones at least. "
        "Take them from folders or a table, or label those that are most worth it. How good the vectors are without "
        "any label is on the report card.",
        ":material/label:",
        key="improve_labels",
    )
    row.page_link("curate.py", label="Choose what to label", icon=":material/arrow_forward:", query_params=_next())
    row.page_link("data.py", label="Take labels from a table", icon=":material/table_view:", query_params=state.link())
    return False


def newest(dataset: Dataset, embedding: Embedding) -> Newest | None:
    """The last advice for these vectors; None where nobody has asked yet."""
    stored = server.workspace().results.find(dataset.uuid, derived.ADVICE, embedding.fingerprint)
    kept = cached.proof(stored[0].fingerprint, derived.read_advice) if stored else None
    if kept is None:
        return None
    asked = stored[0].parameters.get("asked", {})
    current = asked.get("state") == derived.state_of(dataset)
    return Newest(kept.found, current, current or asked.get("images") == derived.images_of(dataset), kept.seconds)


def none_yet(dataset: Dataset, encoder: str) -> None:
    """Nothing has been tried: say what will be, and offer it."""
    if trying.running(trying.job(dataset, TASK, _wanted(dataset, encoder)), key="improve_advise"):
        return
    fitted = encoders.is_fitted(encoder)
    row = empty.note(
        "Where does it stand?" if fitted else "What would make it better?",
        "It was fine-tuned on these images, so it is judged by the untouched part alone. Steps are not tried on it: it "
        "has seen the answers, and whatever is tried looks good. For those choose the encoder that it was made from."
        if fitted
        else "A part of the images stays untouched: nothing is ever trained on it. Each step is tried on the rest: "
        "cleaning, more labels, another encoder, fine-tuning. You see what each would bring and cost, do the best, and "
        "see on the untouched part whether it did. It takes a minute or two for some thousand images.",
        ":material/route:",
        key="improve_advise",
    )
    row.button(
        "Judge it" if fitted else "Find the next step",
        key="improve_find",
        type="primary",
        icon=":material/play_arrow:",
        on_click=lambda: jobs.submit(TASK, _wanted(dataset, encoder), dataset=dataset.uuid),
    )


def show(dataset: Dataset, newest: Newest, encoder: str) -> None:
    """The accuracy on the untouched part, and whether it is still that."""
    found = newest.found
    low, high = found.interval
    with st.container(key="improve_standing", gap="xsmall"):
        st.header(f"{found.accuracy:.1%} right", anchor=False, help=words.HELP["untouched"])
        st.markdown(
            f"A simple classifier on **{words.plain(words.encoder(encoder))}**, trained on {found.trained:,} images, "
            f"gives {round(found.accuracy * found.tested):,} of {words.count(found.tested, 'untouched image')} their "
            "right label. "
            f"For other images like these expect {low:.0%} to {high:.0%}."
        )
    job = trying.job(dataset, TASK, _wanted(dataset, encoder))
    if trying.running(job, key="improve_again") or newest.current:
        return

    def again() -> None:
        jobs.submit(TASK, _wanted(dataset, encoder), dataset=dataset.uuid)

    if newest.holds:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key="improve_others"):
            st.markdown(
                ":gray[:material/info:] Encoders have been added or removed since. What is below still holds; look "
                "again to have them compared.",
                width="stretch",
            )
            st.button("Look again", key="improve_again", icon=":material/refresh:", on_click=again)
        return
    stale.notice("this was found", "Look again", again, key="improve", changed="Images, labels or decisions")


def _wanted(dataset: Dataset, encoder: str) -> dict[str, Any]:
    return {"dataset": dataset.uuid, "encoder": encoder}


def _next() -> dict[str, str]:
    return state.link(curate_tab="Next")

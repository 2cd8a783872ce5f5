"""The card on the screen: asked for, on its way, as things stand now, or of how they stood before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from embedding_core import derived
from pages.parts import cached, empty, jobs, server, stale, words
from pages.parts.versions import trying

if TYPE_CHECKING:
    from embedding_core.evaluate.card.found import ReportCard
    from embedding_core.workspace import Dataset, Embedding

TASK = "report"


def card(dataset: Dataset, embedding: Embedding | None, encoder: str) -> ReportCard | None:
    """The card under an encoder, the newest there is. Otherwise says what to do."""
    if embedding is None:
        empty.not_embedded(dataset, encoder)
        return None
    key = _key(dataset, embedding)
    kept = None if key is None else cached.proof(key, derived.read_report)
    if kept is not None:
        return kept.found
    wanted = {"dataset": dataset.uuid, "encoder": encoder}
    busy = trying.running(trying.job(dataset, TASK, wanted), key="report")
    for earlier in derived.reports(server.workspace(), dataset, encoder):
        kept = cached.proof(earlier.fingerprint, derived.read_report)
        if kept is not None:
            if not busy:
                stale.notice(
                    "this was scored", "Score again", partial(_submit, wanted), key="report", changed="Labels or images"
                )
            return kept.found
    if not busy:
        _first(encoder, wanted)
    return None


def _key(dataset: Dataset, embedding: Embedding) -> str | None:
    """The fingerprint of the card as things stand; it hangs on the copies that are known, too."""
    workspace = server.workspace()
    there = bool(workspace.results.find(dataset.uuid, "duplicates", embedding.fingerprint))
    found: str | None = cached.of_versions(
        dataset,
        f"report/{embedding.fingerprint}/{there}",
        lambda: derived.report_key(workspace, dataset, embedding),
    )
    return found


def _submit(wanted: dict[str, str]) -> None:
    jobs.submit(TASK, wanted, dataset=wanted["dataset"])


def _first(encoder: str, wanted: dict[str, str]) -> None:
    row = empty.note(
        "Is this embedding any good?",
        f"{words.plain(words.encoder(encoder))} is held against your labels: by a simple classifier, by neighbours, by "
        "search, and against controls that should fail. Without labels it is shown how steady it is. It takes seconds "
        "for thousands of images.",
        ":material/assignment_turned_in:",
        key="report",
    )
    row.button(
        "Score it",
        key="report_score",
        type="primary",
        icon=":material/play_arrow:",
        on_click=_submit,
        args=(wanted,),
    )

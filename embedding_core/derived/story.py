"""What is known of a version for a report, read and not computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedding_core.derived.effect import effect_key, read_effect
from embedding_core.encoders import registry
from embedding_core.export import telling
from embedding_core.review.difference import difference
from embedding_core.review.versions import NOW, ORIGINAL, snapshot, versions

if TYPE_CHECKING:
    from embedding_core.export import Section
    from embedding_core.workspace import Dataset, Workspace


def story(workspace: Workspace, dataset: Dataset, version: str = NOW, encoder: str | None = None) -> list[Section]:
    """Versions, what differs from the original, and the effect where it has been worked out. Raises `UnknownVersion`.

    Findings are added by whoever has them, see `telling.finding`.
    """
    states = [snapshot(workspace, dataset, name) for name in (ORIGINAL, version)]
    sections = [telling.versions(versions(workspace, dataset)), telling.difference(difference(*states))]
    wanted = encoder or registry.DEFAULT
    if any(encoding.card.id == wanted for encoding in dataset.encodings()):
        key = effect_key(workspace, dataset, dataset.embedding(wanted), second=version)
        kept = read_effect(workspace, key)
        if kept is not None:
            sections.append(telling.effect(kept.found))
    return sections

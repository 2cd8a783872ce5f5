"""What is known of a version for a report, read and not computed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from embedding_core.deciding.versions import NOW, ORIGINAL, snapshot, versions
from embedding_core.derived.duplicates import duplicates_key, read_duplicates
from embedding_core.derived.effect import effect_key, read_effect
from embedding_core.derived.grouping import labels_of
from embedding_core.derived.label_issues import digest_of_copies, label_issues_key, read_label_issues
from embedding_core.derived.leakage import read_leakage
from embedding_core.derived.lines import at_moved_lines
from embedding_core.derived.outliers import outliers_key, read_outliers
from embedding_core.derived.photos import photos_key, read_photos
from embedding_core.derived.suggested import known_copies
from embedding_core.encoders import registry
from embedding_core.export import telling
from embedding_core.fingerprint import digest_of_texts
from embedding_core.review.difference import difference

if TYPE_CHECKING:
    from embedding_core.export import Section
    from embedding_core.review.cases import Case
    from embedding_core.workspace import Dataset, Embedding, Workspace


def story(workspace: Workspace, dataset: Dataset, version: str = NOW, encoder: str | None = None) -> list[Section]:
    """What the checks have found, the versions, what differs from the original, and the effect where it is kept.

    Raises `UnknownVersion`.
    """
    states = [snapshot(workspace, dataset, name) for name in (ORIGINAL, version)]
    wanted = encoder or registry.DEFAULT
    embedded = any(encoding.card.id == wanted for encoding in dataset.encodings())
    embedding = dataset.embedding(wanted) if embedded else None
    sections = [telling.finding(title, cases) for title, cases in _found(workspace, dataset, embedding)]
    sections += [telling.versions(versions(workspace, dataset)), telling.difference(difference(*states))]
    if embedding is not None:
        kept = read_effect(workspace, effect_key(workspace, dataset, embedding, second=version))
        if kept is not None:
            sections.append(telling.effect(kept.found))
    return sections


def _found(workspace: Workspace, dataset: Dataset, embedding: Embedding | None) -> Iterator[tuple[str, list[Case]]]:
    """The cases of each check of which something is kept."""
    if embedding is not None:
        name, labels = embedding.fingerprint, digest_of_texts(labels_of(dataset, embedding.ids))
        known = digest_of_copies(known_copies(workspace, embedding))
        if (copies := read_duplicates(workspace, duplicates_key(name))) is not None:
            yield "Duplicates", copies.found.cases()
        if (odd := read_outliers(workspace, outliers_key(name, labels))) is not None:
            yield "Outliers", at_moved_lines(workspace, dataset, "outliers", odd).found.cases()
        for copies_minded in dict.fromkeys([known, ""]):  # labels judged before copies were known are told as well
            wrong = read_label_issues(workspace, label_issues_key(name, labels, copies=copies_minded))
            if wrong is not None:
                yield "Wrong labels", at_moved_lines(workspace, dataset, "labels", wrong).found.cases()
                break
        for stored in workspace.results.find(dataset.uuid, "leakage", name)[:1]:
            if (leaked := read_leakage(workspace, stored.fingerprint)) is not None:
                yield "Leakage between splits", leaked.found.cases()
    if (bad := read_photos(workspace, photos_key(dataset))) is not None:
        yield "Bad photographs", at_moved_lines(workspace, dataset, "photos", bad).found.cases()

"""Tasks that ready a dataset for training: leakage and a split without it, what to label next, labels spread, drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedding_core import derived, splits
from embedding_core.derived import sides
from embedding_core.encoders import registry
from embedding_core.errors import InvalidInput
from embedding_core.tasks import shared

if TYPE_CHECKING:
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.workspace import Dataset, Embedding, Workspace

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
SPLIT_SOURCE = "made without leakage"  # what a dataset says of where its splits come from


def find_leakage(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Groups of `dataset` that lie across its splits, under `encoder`; with `column`, also of its equal values."""
    dataset, embedding = _asked(workspace, parameters)
    kept = derived.find_leakage(
        workspace,
        dataset,
        embedding,
        column=parameters.get("column"),
        seed=parameters.get("seed") or 0,
        progress=progress,
    )
    return {
        "fingerprint": kept.fingerprint,
        "groups": kept.found.count,
        "crashed": shared.crashed(workspace, dataset, progress),
        "seconds": round(kept.seconds, 3),
    }


def make_split(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """A split of `dataset` into `shares` (name → share) that parts no group; set with `apply`, else only told.

    One that is there is kept then, see `splits.set_split`.
    """
    from embedding_core.sources.labelling import SPLITS

    dataset, embedding = _asked(workspace, parameters)
    given = parameters.get("shares") or SHARES
    shares = {SPLITS.get(name.lower(), name): share for name, share in given.items()}
    made = derived.make_split(
        workspace,
        dataset,
        embedding,
        shares,
        column=parameters.get("column"),
        seed=parameters.get("seed") or 0,
        progress=progress,
    )
    apply = bool(parameters.get("apply"))
    if apply:
        names = [made.names[part] for part in made.parts.tolist()]
        splits.set_split(workspace, dataset, embedding.ids.tolist(), names, source=SPLIT_SOURCE, actor=actor)
    return {
        "parts": [
            {"split": name, "images": size, "share": round(size / len(made.parts), 4), "wanted": round(wanted, 4)}
            for name, size, wanted in zip(made.names, made.sizes, made.wanted, strict=True)
        ],
        "off": round(made.off, 4),
        "off_by_class": round(float(made.off_by_class.max()), 4),
        "groups_kept": made.groups,
        "applied": apply,
    }


def choose_next(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """The `count` images of `dataset` most worth a label under `encoder`, chosen `by` a strategy."""
    dataset, embedding = _asked(workspace, parameters)
    count = parameters.get("count")
    kept = derived.choose_next(
        workspace,
        dataset,
        embedding,
        count=50 if count is None else int(count),
        by=parameters.get("by") or "combined",
        seed=parameters.get("seed") or 0,
        progress=progress,
    )
    return {"fingerprint": kept.fingerprint, "images": len(kept.found.ids), "seconds": round(kept.seconds, 3)}


def propagate(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Spread the labels of `dataset` to its other images, under `encoder`."""
    dataset, embedding = _asked(workspace, parameters)
    kept = derived.propagate_labels(workspace, dataset, embedding, seed=parameters.get("seed") or 0, progress=progress)
    return {"fingerprint": kept.fingerprint, "images": len(kept.found.spread()), "seconds": round(kept.seconds, 3)}


def find_drift(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """Hold a second set against `dataset`: the dataset named `other`, or a part of `dataset` itself, which is then held
    against the rest: `by` or `since` ("column:value"), `prefix` (of paths), or `splits` (two, first and second)."""
    encoder = parameters.get("encoder") or registry.DEFAULT
    dataset = shared.dataset(workspace, parameters)
    ways = [way for way in (sides.OTHER, *sides.PARTS) if parameters.get(way)]
    if len(ways) != 1:
        raise InvalidInput(
            "Say what is held against it: another dataset, or a part of it by a column's value, a prefix of paths, or "
            f"two splits. Got {', '.join(ways) or 'none of these'}."
        )
    given = parameters[ways[0]]
    if ways == [sides.OTHER]:
        pair = sides.pair(dataset, workspace.dataset(given), encoder)
    else:
        pair = sides.parts(dataset, encoder, ways[0], _given(ways[0], given))
    kept = derived.find_drift(workspace, pair, seed=parameters.get("seed") or 0, progress=progress)
    return {
        "fingerprint": kept.fingerprint,
        "first": pair.first.words,
        "second": pair.second.words,
        "drifted": kept.found.drifted,
        "new": len(kept.found.new()),
        "seconds": round(kept.seconds, 3),
    }


def _given(way: str, given: Any) -> list[str]:
    """What `sides.parts` wants of a way, from what a command or a page says."""
    if way == "splits":
        return list(given)
    if way == "prefix":
        return [given]
    column, colon, value = given.rpartition(":")
    if not colon or not column:
        raise InvalidInput(f"A part is named as column:value, not {given!r}.")
    return [column, value]


def _asked(workspace: Workspace, parameters: Parameters) -> tuple[Dataset, Embedding]:
    dataset = shared.dataset(workspace, parameters)
    return dataset, dataset.embedding(parameters.get("encoder") or registry.DEFAULT)

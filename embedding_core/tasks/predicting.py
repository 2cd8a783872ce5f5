"""The task that predicts: a saved model on a dataset, or on images that are not kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from embedding_core import derived
from embedding_core.derived import encoders
from embedding_core.derived.predicting import keep_predicted
from embedding_core.errors import InvalidInput, InvalidSource, UnknownDataset
from embedding_core.tasks import fill, shared

if TYPE_CHECKING:
    from embedding_core.derived.kept import Kept
    from embedding_core.records import Actor, Reporter
    from embedding_core.tasks.shared import Parameters, Result
    from embedding_core.train.loading import Loaded
    from embedding_core.train.predicting import Predicted
    from embedding_core.workspace import Dataset, Workspace


def predict(workspace: Workspace, parameters: Parameters, progress: Reporter, actor: Actor) -> Result:
    """What `model` says of images: those of the dataset `on` (uuid), or all in `source`, which are not kept.

    The model is an id or a name in the workspace; from a command line also a folder or ZIP. `path` is a source if
    there is something at it, else the name of a dataset. With `rows` the result holds a row for each image.
    """
    begun = time.perf_counter()
    from_browser = bool(parameters.get("from_browser"))
    loaded, name, owner = derived.open_model(workspace, str(parameters["model"]), stored_only=from_browser)
    dataset, source = _asked_about(workspace, parameters)
    if dataset is not None:
        kept = _of_dataset(workspace, dataset, loaded, name, progress, actor)
        found, key = kept.found, kept.fingerprint
    else:
        encoder = shared.encoder(workspace, _known(workspace, loaded), progress)
        opened = shared.source(workspace, {**parameters, "source": source})
        try:
            found = derived.predict_source(opened, encoder, loaded, name, progress=progress)
        finally:
            opened.close()
        # What a command prints need not be kept; a page comes back for it.
        stored = owner if from_browser else ""
        key = keep_predicted(workspace, stored, found, time.perf_counter() - begun) if stored else ""
        shared.discard_upload(workspace, source)
    result: Result = {
        "fingerprint": key,
        "model": name,
        "task": found.task,
        "target": found.target,
        "images": len(found),
        "unlike": int(found.unlike.sum()),
        "encoder": loaded.facts["encoder"]["id"],
        "rejected": [{"path": path, "reason": reason} for path, reason in found.rejected[:_NAMED]],
        "seconds": round(time.perf_counter() - begun, 3),
    }
    return {**result, "results": list(found.rows())} if parameters.get("rows") else result


_NAMED = 1_000  # files that were refused, which a result names


def _asked_about(workspace: Workspace, parameters: Parameters) -> tuple[Dataset | None, str]:
    """The dataset, or else the source."""
    if parameters.get("on"):
        return workspace.dataset_by_uuid(parameters["on"]), ""
    if parameters.get("source"):
        return None, str(parameters["source"])
    path = str(parameters.get("path") or "")
    try:
        shared.source(workspace, {"source": path}).close()
    except InvalidSource as error:
        try:
            return workspace.dataset(path), ""
        except UnknownDataset:
            raise InvalidInput(
                f"There is neither a file, a folder nor a dataset called {path!r} to predict on. ({error})"
            ) from None
    return None, path


def _of_dataset(
    workspace: Workspace, dataset: Dataset, loaded: Loaded, name: str, progress: Reporter, actor: Actor
) -> Kept[Predicted]:
    """With vectors computed where they are missing and can be."""
    encoder = loaded.facts["encoder"]["id"]
    there = {one.card.id: one.count for one in dataset.encodings()}
    if there.get(encoder, 0) < dataset.count and not encoder.startswith("own:"):
        fill.embed(workspace, {"dataset": dataset.uuid, "encoder": _known(workspace, loaded)}, progress, actor)
    return derived.predict_dataset(workspace, dataset, dataset.embedding(encoder), loaded, name)


def _known(workspace: Workspace, loaded: Loaded) -> str:
    """The encoder that a model wants, if it can be run here. Raises `UnknownEncoder`, and `InvalidInput`."""
    wanted = str(loaded.facts["encoder"]["id"])
    if wanted.startswith("own:"):
        raise InvalidInput(
            "The model reads vectors that somebody brought, and nothing here makes such of new images. Bring vectors "
            "of those as well (Encoders → Bring your own vectors), then predict on their dataset."
        )
    return encoders.card(workspace, wanted).id

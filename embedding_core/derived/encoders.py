"""The encoders of a workspace: those that everybody has, and those that were fine-tuned here."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from embedding_core.encoders import registry
from embedding_core.encoders.base import card_from_json
from embedding_core.encoders.imported import PREFIX as OWN
from embedding_core.errors import InvalidInput, UnknownEncoder, WeightsUnavailable
from embedding_core.fingerprint import fingerprint
from embedding_core.train.finetune.encoder import PREFIX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder, EncoderCard
    from embedding_core.workspace import Dataset, Workspace
    from embedding_core.workspace.models import StoredModel

KIND = "encoder"  # of the models that are encoders
FITTED_ON = "fitted_on"  # the kind under which it is kept which images an encoder has seen, where its model is not
_MADE = OWN + PREFIX  # begins the ids of vectors that were made from those of a fine-tuned encoder


def tuned(workspace: Workspace, dataset: str | None = None) -> list[StoredModel]:
    """The fine-tuned encoders, newest first and without their weights; those of one dataset (uuid) or all."""
    return workspace.models.find(dataset=dataset, kind=KIND)


def tuned_card(model: StoredModel) -> EncoderCard:
    return card_from_json(model.facts["card"])


def cards(workspace: Workspace) -> dict[str, EncoderCard]:
    """Every encoder that can be run here, by id."""
    return {**registry.CARDS, **{PREFIX + model.name: tuned_card(model) for model in tuned(workspace)}}


def card(workspace: Workspace, encoder_id: str) -> EncoderCard:
    """Raises `UnknownEncoder`."""
    if encoder_id in registry.CARDS:
        return registry.CARDS[encoder_id]
    known = cards(workspace)
    if encoder_id not in known:
        raise UnknownEncoder(encoder_id, known)
    return known[encoder_id]


def runnable(workspace: Workspace, encoder_id: str) -> bool:
    """Whether there is a network that can make vectors of new images; vectors that someone brought have none."""
    return encoder_id in registry.CARDS or _find(workspace, encoder_id) is not None


def load(workspace: Workspace, encoder_id: str) -> Encoder:
    """See `registry.load`; raises what that does."""
    if encoder_id in registry.CARDS:
        return registry.load(encoder_id)
    found = _find(workspace, encoder_id)
    if found is None:
        raise UnknownEncoder(encoder_id, cards(workspace))
    return _loaded(workspace, found.id)


def available_offline(workspace: Workspace, encoder_id: str) -> bool:
    """Whether loading needs no network: a fine-tuned one may need the weights that it began with."""
    found = None if encoder_id in registry.CARDS else _find(workspace, encoder_id)
    if found is None:
        return registry.available_offline(encoder_id)
    return not tuned_card(found).needs_download or registry.available_offline(found.facts["base"])


def fitted_on(workspace: Workspace, dataset: Dataset, encoder_id: str) -> NDArray[np.int64] | None:
    """The ids of the images that an encoder was fitted on: scores on them flatter it. None for one that was not
    fine-tuned here, nor made from one that was. Of one that was deleted, what `dataset` holds vectors of is known.

    Raises `InvalidInput` where it has seen images and nobody knows which.
    """
    if not is_fitted(encoder_id):
        return None
    found = _fitted_on(workspace, encoder_id)
    if found is not None:
        return found
    kept = workspace.results.get(_fitted_key(dataset, encoder_id))
    if kept is None:
        raise InvalidInput(
            f"{name_of(encoder_id)} has seen the labels of images, and it is not known any more of which. Nothing can "
            "judge it. Fine-tune again, or take the encoder that it was made from."
        )
    return kept.arrays["ids"]


def note_fitted(workspace: Workspace, dataset: Dataset, encoder_id: str, ids: NDArray[np.int64]) -> None:
    """Keep which images the vectors of an encoder in a dataset have seen, where no model of its own says so."""
    workspace.results.put(
        _fitted_key(dataset, encoder_id),
        kind=FITTED_ON,
        dataset=dataset.uuid,
        parent="",
        arrays={"ids": ids},
        parameters={"encoder": encoder_id},
        seconds=0.0,
    )


def made_from(encoder_id: str, card: EncoderCard) -> EncoderCard:
    """The card of vectors that are made from those of an encoder: of a fine-tuned one they have seen answers, too,
    and their id says so."""
    if not is_fitted(encoder_id) or card.id.startswith(_MADE):
        return card
    return replace(card, id=_MADE + card.id.removeprefix(OWN))


def name_of(encoder_id: str) -> str:
    """The name that somebody gave it."""
    return encoder_id.removeprefix(OWN).removeprefix(PREFIX)


def base_of(workspace: Workspace, encoder_id: str) -> str | None:
    """The encoder that a fine-tuned one was made from; None for any other, and where it was deleted."""
    found = _find(workspace, encoder_id)
    return None if found is None else str(found.facts["base"])


def is_fitted(encoder_id: str) -> bool:
    """Whether an encoder was fine-tuned here, or its vectors made from one that was: it has seen labels of images."""
    return encoder_id.startswith((PREFIX, _MADE))


def flattered(encoder_id: str, what: str) -> str:
    """Why `what` would flatter an encoder that was fitted on labels of the images; empty for any other encoder."""
    if not is_fitted(encoder_id):
        return ""
    return (
        f"{name_of(encoder_id)} was fine-tuned on labels of these images, so {what} would flatter it: it "
        "has seen the answers. Take the encoder that it was made from; what it is worth on the untouched part stands "
        "on its own page and on Next step."
    )


def refuse_fitted(encoder_id: str, what: str) -> None:
    """Raises `InvalidInput` for an encoder that `what` would flatter."""
    why = flattered(encoder_id, what)
    if why:
        raise InvalidInput(why)


def delete(workspace: Workspace, encoder_id: str) -> None:
    """Delete a fine-tuned encoder. The vectors that it has made stay with their datasets, and with them which images
    it has seen. Raises `UnknownEncoder`."""
    found = _find(workspace, encoder_id)
    if found is None:
        raise UnknownEncoder(encoder_id, [PREFIX + model.name for model in tuned(workspace)])
    try:
        ids = _fitted_on(workspace, encoder_id)
    except WeightsUnavailable:  # damaged: then nobody knows, and what it has made is judged no more
        ids = None
    for dataset in workspace.datasets():
        if ids is not None and any(one.card.id == encoder_id for one in dataset.encodings()):
            note_fitted(workspace, dataset, encoder_id, ids)
    workspace.models.delete(found.id)


def _fitted_on(workspace: Workspace, encoder_id: str) -> NDArray[np.int64] | None:
    """As its model says; None without a model."""
    from embedding_core.train.finetune.encoder import fitted_on as read

    found = _find(workspace, encoder_id)
    stored = workspace.models.get(found.id) if found is not None else None
    return read(stored.content) if stored is not None else None


def _fitted_key(dataset: Dataset, encoder_id: str) -> str:
    return fingerprint(FITTED_ON, 1, dataset.uuid, encoder=encoder_id)


def _find(workspace: Workspace, encoder_id: str) -> StoredModel | None:
    if not encoder_id.startswith(PREFIX):
        return None
    found = workspace.models.find(kind=KIND, name=encoder_id.removeprefix(PREFIX))
    return found[0] if found else None


@lru_cache(maxsize=2)
def _loaded(workspace: Workspace, key: str) -> Encoder:
    from embedding_core.encoders import choosing
    from embedding_core.encoders.torch_runtime import Network
    from embedding_core.train.finetune.encoder import build

    stored = workspace.models.get(key)
    if stored is None:
        raise UnknownEncoder(key, [])
    known = tuned_card(stored)

    def network() -> Network:
        whole = stored.facts["whole"]
        return build(known, registry.network(stored.facts["base"], "random" if whole else "pretrained"), stored.content)

    return choosing.fastest(known, network)

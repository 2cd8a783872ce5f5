"""The encoders of a workspace: those that everybody has, and those that were fine-tuned here."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from embedding_core.encoders import registry
from embedding_core.encoders.base import card_from_json
from embedding_core.errors import InvalidInput, UnknownEncoder
from embedding_core.train.finetune.encoder import PREFIX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from embedding_core.encoders.base import Encoder, EncoderCard
    from embedding_core.workspace import Workspace
    from embedding_core.workspace.models import StoredModel

KIND = "encoder"  # of the models that are encoders


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


def fitted_on(workspace: Workspace, encoder_id: str) -> NDArray[np.int64] | None:
    """The ids of the images that an encoder was fitted on: scores on them flatter it. None for one that was not
    fine-tuned here."""
    from embedding_core.train.finetune.encoder import fitted_on as read

    found = _find(workspace, encoder_id)
    stored = workspace.models.get(found.id) if found is not None else None
    return read(stored.content) if stored is not None else None


def base_of(workspace: Workspace, encoder_id: str) -> str | None:
    """The encoder that a fine-tuned one was made from; None for any other, and where it was deleted."""
    found = _find(workspace, encoder_id)
    return None if found is None else str(found.facts["base"])


def is_fitted(encoder_id: str) -> bool:
    """Whether an encoder was fine-tuned here, so that it has seen the labels of images."""
    return encoder_id.startswith(PREFIX)


def flattered(encoder_id: str, what: str) -> str:
    """Why `what` would flatter an encoder that was fitted on labels of the images; empty for any other encoder."""
    if not is_fitted(encoder_id):
        return ""
    return (
        f"{encoder_id.removeprefix(PREFIX)} was fine-tuned on labels of these images, so {what} would flatter it: it "
        "has seen the answers. Take the encoder that it was made from; what it is worth on the untouched part stands "
        "on its own page and on Next step."
    )


def refuse_fitted(encoder_id: str, what: str) -> None:
    """Raises `InvalidInput` for an encoder that `what` would flatter."""
    why = flattered(encoder_id, what)
    if why:
        raise InvalidInput(why)


def delete(workspace: Workspace, encoder_id: str) -> None:
    """Delete a fine-tuned encoder. The vectors that it has made stay with their datasets. Raises `UnknownEncoder`."""
    found = _find(workspace, encoder_id)
    if found is None:
        raise UnknownEncoder(encoder_id, [PREFIX + model.name for model in tuned(workspace)])
    workspace.models.delete(found.id)


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

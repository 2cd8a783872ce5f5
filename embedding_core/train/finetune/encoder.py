"""A fine-tuned network as an encoder like any other: its card, its bytes, and the network built again from them.

Only what differs from the network it began with is stored, as safetensors: "net." what was trained, "lora." what was
added to attention, "hidden." and "head."; "fitted_on" are the ids of the images that it has seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.encoders.staged import trainable
from embedding_core.encoders.torch_runtime import Network
from embedding_core.errors import InvalidInput, WeightsUnavailable
from embedding_core.fingerprint import digest
from embedding_core.train.finetune import lora
from embedding_core.train.finetune.model import HEAD, HIDDEN, hidden_layer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from embedding_core.encoders.base import EncoderCard
    from embedding_core.train.finetune.model import Model

PREFIX = "tuned:"
FAMILY = "fine-tuned here"

_PARTS = {"head": "a new head", "last": "its last blocks", "all": "all of it", "lora": "LoRA beside its attention"}


@dataclass(frozen=True, eq=False, slots=True)
class Packed:
    """A fine-tuned network, ready to be stored."""

    card: EncoderCard
    content: bytes  # safetensors
    whole: bool  # nothing of the base network's weights is needed any more


def checked_name(name: str) -> str:
    """The name, without the prefix. Raises `InvalidInput` unless it has 1 to 60 letters, digits, spaces or ._-"""
    name = name.strip().removeprefix(PREFIX)
    if not 1 <= len(name) <= 60 or not all(char.isalnum() or char in " ._-" for char in name):
        raise InvalidInput(
            f"A fine-tuned encoder's name has 1 to 60 letters, digits, spaces, dots, _ or -, and this is {name[:40]!r}."
        )
    return name


def pack(
    model: Model,
    state: Mapping[str, torch.Tensor],
    *,
    name: str,
    subject: str,
    classes: Sequence[str],
    fitted_on: NDArray[np.int64],
) -> Packed:
    """What is stored of a trained model; `subject` is the name of the dataset it was trained on."""
    import torch
    from safetensors.torch import save

    base, recipe = model.card, model.recipe
    kind = "lora." if recipe.mode == "lora" else "net."
    tensors = {
        key if key.startswith((HEAD, HIDDEN)) else kind + key: value.contiguous().cpu() for key, value in state.items()
    }
    names = {name for name, _ in model.module.named_parameters()}
    whole = recipe.mode == "all" and all(f"net.{name}" in tensors for name in names) and not _buffers(model.module)
    tensors["fitted_on"] = torch.from_numpy(np.sort(fitted_on))
    about = {"base": base.id, "classes": list(classes), "recipe": recipe.to_json()}
    content = save(tensors, metadata={"about": json.dumps(about)})
    card = replace(
        base,
        id=PREFIX + name,
        name=name,
        family=FAMILY,
        dim=recipe.hidden or base.dim,
        size_mb=round(len(content) / 1e6, 1),
        needs_download=base.needs_download and not whole,
        supports_text=False,
        good_for=f"Trained here to tell the {len(classes)} labels of {subject} apart: {base.name} with "
        f"{_PARTS[recipe.mode]} fitted to {len(fitted_on):,} images. Scores on those images flatter it.",
        source=f"tuned:{digest(content)}",
        has_categories=True,
        revision=1,
    )
    return Packed(card, content, whole)


def unpack(content: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and {"base", "classes", "recipe"}. Raises `WeightsUnavailable` for bytes that are none of ours."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(content)
        size = int.from_bytes(content[:8], "little")
        about: dict[str, Any] = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["about"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise WeightsUnavailable(f"The stored weights of a fine-tuned encoder are damaged: {error}") from error
    return tensors, about


def fitted_on(content: bytes) -> NDArray[np.int64]:
    """The ids (m,) of the images that it was fitted on, ascending. Read without torch, which a server does not load.

    Raises `WeightsUnavailable`.
    """
    try:
        start = 8 + int.from_bytes(content[:8], "little")
        low, high = json.loads(content[8:start])["fitted_on"]["data_offsets"]
        return np.frombuffer(content[start + low : start + high], "<i8").astype(np.int64)
    except (KeyError, ValueError) as error:
        raise WeightsUnavailable(f"The stored weights of a fine-tuned encoder are damaged: {error}") from error


def build(card: EncoderCard, base: Network, content: bytes) -> Network:
    """The tuned network on top of `base`, which is changed in place. Raises `WeightsUnavailable`."""
    import torch

    tensors, about = unpack(content)
    exact = {name: part.__dict__["forward"] for name, part in base.module.named_modules() if "forward" in part.__dict__}
    trainable(base)
    for name, forward in exact.items():  # what the family keeps in float32 stays so when vectors are computed
        base.module.get_submodule(name).forward = forward
    parameters = dict(base.module.named_parameters())
    with torch.no_grad():
        for key, tensor in tensors.items():
            if key.startswith("net."):
                if parameters.get(key[4:], tensor[..., :0]).shape != tensor.shape:
                    raise WeightsUnavailable(
                        f"{card.name} was tuned from another build of {base.card.name}: {key[4:]} does not fit. "
                        "Fine-tune it again."
                    )
                parameters[key[4:]].copy_(tensor)
    lora.add(base.module, {key[5:]: tensor for key, tensor in tensors.items() if key.startswith("lora.")})
    weight, bias = tensors[HEAD + "weight"], tensors[HEAD + "bias"]
    head = torch.nn.Linear(weight.shape[1], weight.shape[0])
    head.load_state_dict({"weight": weight, "bias": bias})
    whole = _whole(base, card, about["recipe"]["activation"], tensors)
    return Network(card, whole, whole, head=head, names=about["classes"])


def _whole(base: Network, card: EncoderCard, activation: str, tensors: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    import torch

    own = {name.removeprefix(HIDDEN): tensor for name, tensor in tensors.items() if name.startswith(HIDDEN)}
    hidden = hidden_layer(base.card.dim, card.dim, activation) if own else torch.nn.Identity()
    hidden.load_state_dict(own)

    class Whole(torch.nn.Module):
        """The network and its hidden layer as one."""

        def __init__(self) -> None:
            super().__init__()
            self.body = base.module
            self.hidden = hidden

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.hidden(base.features(batch))
            return found

    return Whole()


def classifier(content: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32], list[str]]:
    """Weights (c, d) and bias (c,) of the classifier over the encoder's vectors, and what its classes are called."""
    tensors, about = unpack(content)
    return tensors[HEAD + "weight"].numpy(), tensors[HEAD + "bias"].numpy(), about["classes"]


def _buffers(module: torch.nn.Module) -> bool:
    """Whether a network has numbers besides its parameters that come with its weights, such as running means."""
    return any(True for name, _ in module.named_buffers() if "relative_position_index" not in name)

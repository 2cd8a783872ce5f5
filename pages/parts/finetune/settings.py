"""Every setting of a training, with the mode's defaults; only what was changed is handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core.train.finetune.recipe import recipe_for

if TYPE_CHECKING:
    from embedding_core.encoders.base import EncoderCard

_TRANSFORMERS = ("Vision Transformer", "Swin Transformer", "DINOv2", "SigLIP", "CLIP")
LOSSES = {
    "cross-entropy": "Tell the labels apart",
    "supcon": "Draw images of a label together (supervised contrastive)",
    "triplet": "Draw images of a label together (triplets)",
}


def attentive(card: EncoderCard) -> bool:
    """Whether a network has attention, which LoRA adds to."""
    return card.family in _TRANSFORMERS


def show(mode: str) -> dict[str, Any]:  # noqa: PLR0915 - a list of widgets
    """Draw the widgets; the settings that differ from the defaults of `mode`."""
    usual = recipe_for(mode)
    chosen: dict[str, Any] = {}

    def number(name: str, title: str, low: float, high: float, step: float, **more: Any) -> None:
        default = getattr(usual, name) if hasattr(usual, name) else getattr(usual.augmentation, name)
        kind = type(default)
        # A number outside is not taken, and the browser alone says why: so the bounds are told.
        more["help"] = " ".join(part for part in (more.get("help", ""), f"From {low:g} to {high:g}.") if part)
        chosen[name] = st.number_input(
            title,
            kind(low),
            kind(high),
            default,
            kind(step),
            key=f"finetune_{mode}_{name}",
            persist_state="session",
            **more,
        )

    def options(name: str, title: str, values: list[str], titles: dict[str, str] | None = None) -> None:
        chosen[name] = st.selectbox(
            title,
            values,
            index=values.index(getattr(usual, name)),
            key=f"finetune_{mode}_{name}",
            format_func=lambda one: (titles or {}).get(one, one),
            persist_state="session",
        )

    parts = st.grid(3, min_column_width=220, gap="medium")
    with parts.cell():
        st.markdown("**How long**")
        number("minutes", "Minutes of training at most", 0.1, 1440, 1.0)
        number("epochs", "Epochs at most", 1, 1000, 1)
        number(
            "patience",
            "Patience, in epochs",
            0,
            100,
            1,
            help="Epochs without gain after which it stops; 0 never stops early.",
        )
        number("seed", "Seed", 0, 10_000, 1)
    with parts.cell():
        st.markdown("**How it learns**")
        options("loss", "Loss", list(LOSSES), LOSSES)
        options("optimiser", "Optimiser", ["adamw", "adam", "sgd"])
        number("rate", "Learning rate", 0.0, 1.0, 1e-4, format="%.6f", help="0 finds one by a range test.")
        if mode != "head":
            number("head_rate", "Learning rate of the classifier", 1e-6, 1.0, 1e-4, format="%.6f")
            number(
                "factor",
                "Rate of the block below, as a share",
                0.1,
                1.0,
                0.05,
                help="Discriminative rates; 1 gives all the same.",
            )
        options("schedule", "Schedule", ["cosine", "one-cycle", "constant"])
        number("batch", "Batch size", 2, 1024, 8)
        number("average", "Averaging of weights (EMA)", 0.0, 0.9999, 0.01, format="%.4f", help="0 takes the last ones.")
    with parts.cell():
        st.markdown("**What holds it back**")
        number("weight_decay", "Weight decay", 0.0, 1.0, 0.01)
        number("dropout", "Dropout", 0.0, 0.9, 0.05)
        number("smoothing", "Label smoothing", 0.0, 0.5, 0.05)
        options("weighting", "Class weights", ["none", "balanced"], {"balanced": "rare ones count more"})
        number(
            "hidden",
            "Width of a layer on top",
            8 if mode == "head" else 0,
            8192,
            64,
            help="Its outputs are the vectors.",
        )
        if chosen["hidden"]:
            options("activation", "Activation of that layer", ["gelu", "relu", "tanh"])
    with parts.cell():
        st.markdown("**How pictures are changed**")
        number("crop", "Random crop, smallest share", 0.05, 1.0, 0.05, help="1 crops nothing.")
        flipped = st.checkbox(
            "Horizontal flip", usual.augmentation.flip, key=f"finetune_{mode}_flip", persist_state="session"
        )
        chosen["flip"] = flipped
        number("colour", "Colour jitter", 0.0, 1.0, 0.05)
        number("randaugment", "RandAugment", 0, 30, 1, help="0 for none; 9 is usual.")
        number("mixup", "MixUp", 0.0, 10.0, 0.1, help="0 for none; 0.2 is usual.")
    with parts.cell():
        st.markdown("**Which part of the network**")
        if mode == "last":
            number("blocks", "Blocks that are trained", 1, 50, 1)
        if mode == "lora":
            number("rank", "LoRA rank", 1, 256, 1)
        if mode in ("head", "last"):
            number("views", "Augmented views of each picture", 1, 32, 1)
        if mode not in ("head", "lora"):
            number("size", "Input size, as a share", 0.25, 1.0, 0.05)
    every = {**usual.to_json(), **usual.to_json()["augmentation"]}
    return {name: value for name, value in chosen.items() if value != every[name]}

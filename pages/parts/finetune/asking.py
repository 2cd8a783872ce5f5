"""How much to train: a plain choice of three, and every setting for those who want one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from embedding_core.derived import finetuning
from embedding_core.encoders import choosing, registry
from embedding_core.errors import InvalidInput
from embedding_core.train.finetune import costs
from embedding_core.train.finetune.recipe import recipe_for
from pages.parts import empty, jobs, server, state, words
from pages.parts.finetune import settings

if TYPE_CHECKING:
    from embedding_core.encoders.base import EncoderCard
    from embedding_core.train.finetune.recipe import Recipe
    from embedding_core.workspace import Dataset

PLAIN = {  # by mode: title, what it does
    "head": ("Quick", "A new layer on top learns your labels. The network stays as it is."),
    "last": ("Recommended", "The last blocks of the network learn your labels as well."),
    "all": ("Whole network", "Everything learns your labels: for images unlike photographs, or with many labels."),
    "lora": ("Light", "Small additions to a transformer's attention learn your labels: a file of a few MB."),
}
SHARE = 0.75  # of the labelled images that is trained on, about


def show(dataset: Dataset, encoder: str, labelled: int) -> None:
    """The choice and the button that begins."""
    card = registry.CARDS[encoder]
    modes = ["head", "last", "all", *(["lora"] if settings.attentive(card) else [])]
    with st.container(border=True, key="finetune_asking", gap="small"):
        st.subheader(f"Train {words.plain(card.name)} on your labels", anchor=False, help=words.HELP["finetune"])
        mode = st.radio(
            "How much to train",
            modes,
            index=1,
            key="finetune_mode",
            format_func=lambda one: PLAIN[one][0],
            captions=[f"{PLAIN[one][1]} {_cost(dataset, card, recipe_for(one), labelled)}" for one in modes],
            persist_state="session",
        )
        with st.expander("Settings", icon=":material/tune:", key="finetune_settings"):
            changed = settings.show(mode)
        name = st.text_input(
            "Name of the new encoder",
            key="finetune_name",
            max_chars=60,
            placeholder="chosen for you",
            help="It is listed with the other encoders, under Encoders.",
        )
        try:
            recipe = recipe_for(mode, changed)
        except InvalidInput as error:
            empty.failed(error)
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Start", key="finetune_start", type="primary", icon=":material/play_arrow:"):
                begin(dataset, encoder, mode, changed, name.strip())
                st.rerun()
            st.caption(_cost(dataset, card, recipe, labelled), width="stretch")


def begin(dataset: Dataset, encoder: str, mode: str, changed: dict[str, Any], name: str) -> None:
    """Have it trained. It goes on by itself where a server that runs it ends."""
    name = name or finetuning.free_name(server.workspace(), dataset, encoder, mode)
    wanted = {"dataset": dataset.uuid, "encoder": encoder, "mode": mode, "recipe": changed}
    jobs.submit("finetune", {**wanted, "tuned": name, "resume": "auto"}, dataset=dataset.uuid)
    state.put("tuned", "")


def _cost(dataset: Dataset, card: EncoderCard, recipe: Recipe, labelled: int) -> str:
    speed = choosing.measured(card)
    seconds = costs.seconds(recipe, round(SHARE * labelled), dataset.count, speed)
    return f"About {words.duration(max(20.0, seconds))}."

"""Pictures as networks are trained on them, decoded once, as squares, in memory or a file; and a network to train."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.encoders.base import network_input
from embedding_core.errors import ImageRefused, InvalidInput
from embedding_core.images import decode
from embedding_core.parallel import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding_core.derived.labelled import Labelled
    from embedding_core.encoders.base import Preprocessing
    from embedding_core.records import Reporter
    from embedding_core.train.finetune.loop import Part
    from embedding_core.train.finetune.model import Model
    from embedding_core.train.finetune.recipe import Recipe
    from embedding_core.workspace import Dataset, Embedding

MOST = 2 * 2**30  # bytes that are held in memory; more lie in a file
_READ = 64  # originals read at once


def squares(
    dataset: Dataset, ids: NDArray[np.int64], steps: Preprocessing, folder: Path, progress: Reporter
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The middle squares (m, 3, s, s) of these images (n,), s pixels being what `steps` resizes to, and which of them
    (n,) could be read. What a network sees is the middle of such a square.

    A file that cannot be read any more is left out.
    """
    side = steps.resize if steps.fit == "crop" else steps.crop
    whole = replace(steps, crop=side)
    shape = (len(ids), 3, side, side)
    found: NDArray[np.uint8]
    if int(np.prod(shape, dtype=np.int64)) > MOST:
        folder.mkdir(parents=True, exist_ok=True)
        found = np.memmap(folder / "pictures.uint8", np.uint8, "w+", shape=shape)
    else:
        found = np.empty(shape, np.uint8)
    read = np.zeros(len(ids), bool)

    def square(data: bytes | ImageRefused | None) -> NDArray[np.uint8] | None:
        if data is None or isinstance(data, ImageRefused):
            return None
        try:
            return network_input(decode(data, side=side).image, whole)
        except ImageRefused:
            return None

    def originals() -> Iterator[bytes | ImageRefused | None]:
        for start in range(0, len(ids), _READ):
            group = ids[start : start + _READ].tolist()
            contents = dataset.contents(group)
            yield from (contents.get(image) for image in group)

    place = 0
    for row, made in enumerate(in_order(square, originals())):
        if row % 16 == 0:
            progress("reading", row, len(ids))
        if made is not None:
            found[place], read[row] = made, True
            place += 1
    return found[:place], read


def prepared(
    dataset: Dataset,
    embedding: Embedding,
    known: Labelled,
    recipe: Recipe,
    parts: Sequence[NDArray[np.int64]],
    folder: Path,
    progress: Reporter,
) -> tuple[Model, list[Part], list[NDArray[np.int64]]]:
    """A network ready to be trained on the first of `parts`, rows of `known`, whose head begins as a linear probe.

    Returns it, each part as it reads it, and the rows of each that could be read. What is frozen is computed here. The
    first part is changed at random and seen at the size that the recipe says, the others as they are. Raises
    `InvalidInput` where fewer than two images of the first, or none of another can be read.
    """
    from embedding_core.encoders import registry
    from embedding_core.encoders.devices import best_device
    from embedding_core.train.finetune.features import Inputs
    from embedding_core.train.finetune.loop import Part
    from embedding_core.train.finetune.model import Model

    progress("loading", 0, None, embedding.card.name)
    model = Model(registry.network(embedding.card.id), recipe, len(known.classes), device=best_device())
    pictures, read = squares(dataset, known.ids[np.concatenate(parts)], model.card.preprocessing, folder, progress)
    rows = [part[there] for part, there in zip(parts, _parted(read, parts), strict=True)]
    if len(rows[0]) < 2 or not all(map(len, rows)):
        raise InvalidInput("The original files of this dataset cannot be read any more, so nothing can be trained.")
    crop = model.card.input_size
    small = max(32, round(recipe.size * crop / 32) * 32) if recipe.size < 1 and model.resizable else crop
    made: list[Part] = []
    for number, (some, of) in enumerate(zip(rows, _parted(pictures, rows), strict=True)):
        inputs = Inputs(model, of, side=crop if number else small, trained=not number)
        inputs.keep(1 if number else recipe.views, seed=recipe.seed, progress=progress)
        made.append(Part(inputs, known.codes[some]))
    model.start_head(embedding.rows(known.ids[rows[0]]), known.codes[rows[0]])
    return model, made, rows


def _parted(whole: NDArray[Any], like: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Views of consecutive stretches of `whole`, as long as those of `like`."""
    return np.split(whole, np.cumsum([len(one) for one in like])[:-1])

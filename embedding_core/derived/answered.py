"""A model's answers beside the images, as columns: which there are, who wrote them, and what they may be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import fingerprint
from embedding_core.quality.composition.columns import as_predicted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedding_core.train.predicting import Predicted
    from embedding_core.workspace import Dataset, Workspace

KIND = "answered"


def answered(workspace: Workspace, dataset: Dataset) -> dict[str, str]:
    """The columns of a dataset that models wrote, each with the name of its model."""
    stored = workspace.results.find(dataset.uuid, KIND)
    return {str(one.parameters["column"]): str(one.parameters["model"]) for one in stored}


def columns_of(found: Predicted, name: str) -> list[str]:
    """What the columns of these answers are called: of classes one more, for how probable they are."""
    return [name] if found.task == "regression" else [name, f"{name}, probability"]


def keep_answers(workspace: Workspace, dataset: Dataset, found: Predicted, name: str) -> list[str]:
    """Put answers beside the images that are still there, as the columns `columns_of`; labels stay as they are.

    Its name is made to begin with "predicted", so that nobody takes it for something that came with the images. Columns
    of that name that the same model wrote before are written anew, and their names returned. Raises `InvalidInput`
    without a name, and for a column that came from elsewhere.
    """
    if not name.strip():
        raise InvalidInput("The column has no name. Give it one.")
    name = as_predicted(name)
    wrote, there = answered(workspace, dataset), {*dataset.metadata().column_names}
    names = columns_of(found, name)
    for one in names:
        if one in there and wrote.get(one) != found.model:
            of = f"the model {wrote[one]!r}" if one in wrote else "another source"
            raise InvalidInput(
                f"The answers of {found.model!r} were to become the column {one!r}, which is there already, from {of}. "
                "Choose another name, so that nothing is lost."
            )
    rows = np.isin(found.ids, dataset.images()["id"].to_numpy())
    values: Mapping[str, pa.Array] = (
        {name: pa.array(found.values)}
        if found.task == "regression"
        else {
            name: pa.array(found.labels(), pa.string()),
            names[1]: pa.array(found.probabilities[:, 0].astype(np.float64).round(4)),
        }
    )
    for one in names:  # first who writes, so that a write that is cut off can be made again
        workspace.results.put(
            fingerprint(KIND, 1, dataset.uuid, column=one),
            kind=KIND,
            dataset=dataset.uuid,
            parent="",
            arrays={},
            parameters={"column": one, "model": found.model},
            seconds=0.0,
        )
    dataset.put_attributes(found.ids[rows].tolist(), metadata=pa.table(values).filter(pa.array(rows)))
    return [one for one in names if one in there]

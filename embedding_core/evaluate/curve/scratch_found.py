"""What training from nothing came to, at a few sizes of the training set, with the time that it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from embedding_core.quality.intervals import clustered

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class ScratchRun:
    """One network, trained on so many labels."""

    labels: int  # the validation part included
    right: NDArray[np.bool_]  # (k,) of the test images
    clusters: NDArray[np.int64]  # (k,) test images with the same number are one witness
    seconds: float  # of training, reading the pictures included
    passes: int  # over the training part
    validation: float  # accuracy of the weights that were kept, on the part that chose them
    ended: str  # "patience", "budget" or "passes"

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        return clustered(self.right, self.clusters)


@dataclass(frozen=True, eq=False)
class Scratch:
    """Training from nothing, fewest labels first."""

    runs: tuple[ScratchRun, ...]
    side: int  # pixels of the pictures
    minutes: float  # that were allowed
    seconds_per_image: float | None  # of embedding, measured here; None where the encoder does not run here

    def embedding_seconds(self, labels: int) -> float | None:
        """How long embedding so many images takes."""
        return None if self.seconds_per_image is None else labels * self.seconds_per_image

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"right": np.stack([run.right for run in self.runs]), "clusters": self.runs[0].clusters}

    def facts(self) -> dict[str, Any]:
        runs = [
            {name: value for name, value in asdict(run).items() if name not in ("right", "clusters")}
            for run in self.runs
        ]
        return {
            "runs": runs,
            "side": self.side,
            "minutes": self.minutes,
            "seconds_per_image": self.seconds_per_image,
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, Any], facts: Mapping[str, Any]) -> Self:
        clusters = arrays["clusters"]
        runs = tuple(
            ScratchRun(right=right, clusters=clusters, **run)
            for right, run in zip(arrays["right"], facts["runs"], strict=True)
        )
        return cls(runs, facts["side"], facts["minutes"], facts["seconds_per_image"])

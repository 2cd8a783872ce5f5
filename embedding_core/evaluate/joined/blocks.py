"""Columns of a table as blocks of numbers beside an embedding: what kind each is, and how it becomes columns.

Numbers and dates are scaled, a missing one is the median and said so in a column of its own; categories get a column
each, rare ones one together; texts are weighed words (TF-IDF). scikit-learn does all of it, see `transformer`. Then
every block is given the same mean square, so that 1,280 columns do not drown three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from embedding_core.errors import InvalidInput
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Kind = Literal["number", "date", "category", "text", "leave"]
KINDS: Mapping[Kind, str] = {
    "number": "Number, scaled",
    "date": "Date, as a number",
    "category": "Category, a column each",
    "text": "Text, its words weighed",
    "leave": "Left out",
}
FEW = 50  # different values up to which texts are categories
RARE = 5  # images that a category must have for a column of its own
MOST = 50  # columns of one category at most; the rarest go together
TERMS = 500  # words of a text at most
WORD = r"(?u)\b\w+\b"
WORDS = 1.5  # mean number of words from which a column holds text
NONE = "(none)"  # what a missing category is called

_PARSED = 0.95  # share of the values that must be numbers or dates for the column to be


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """One or several columns of n images that are left out or put in together."""

    name: str
    kind: Kind
    columns: Mapping[str, NDArray[Any]]  # (n,) float64 of numbers and dates, NaN for none; else texts, "" for none

    @property
    def n(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def missing(self) -> float:
        """The share of all values that is missing."""
        gone = [np.isnan(one) if one.dtype.kind == "f" else one == "" for one in self.columns.values()]
        return float(np.mean(gone)) if self.n else 0.0


def guess(values: Sequence[object]) -> Kind:  # noqa: PLR0911 - one answer a kind
    """What kind of column these values (n,) make, None for none; seen by what they are, how many differ, how long."""
    known = [value for value in values if value is not None and value != ""]
    if not known or len(set(map(str, known))) < 2:
        return "leave"
    if all(isinstance(value, bool) for value in known):
        return "category"
    if all(isinstance(value, (int, float)) for value in known):
        return "number"
    if all(isinstance(value, datetime) for value in known):
        return "date"
    texts = [str(value) for value in known]
    for kind in ("number", "date"):
        parsed = parse(texts, "number" if kind == "number" else "date")
        if np.isfinite(parsed).mean() >= _PARSED:
            return "number" if kind == "number" else "date"
    different = len(set(texts))
    if different <= min(FEW, len(texts) / 2):
        return "category"
    if np.mean([len(text.split()) for text in texts]) >= WORDS:
        return "text"
    return "category" if different <= len(texts) / 2 else "leave"


def parse(values: Sequence[object], kind: Kind) -> NDArray[Any]:
    """Values (n,) as a block of that kind holds them."""
    if kind in ("category", "text"):
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    read = _moment if kind == "date" else _number
    return np.array([read(value) for value in values], np.float64)


def transformer(blocks: Sequence[Block]) -> Any:
    """scikit-learn's `ColumnTransformer` over the frame of these blocks, unfitted; parts are named as the blocks."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    made = []
    for one in blocks:
        names: Any = list(one.columns)
        if one.kind in ("number", "date"):
            imputed = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
            part = make_pipeline(imputed, StandardScaler())
        elif one.kind == "category":
            part = OneHotEncoder(
                handle_unknown="infrequent_if_exist", min_frequency=RARE, max_categories=MOST, sparse_output=False
            )
        else:
            names = names[0]
            part = TfidfVectorizer(max_features=TERMS, sublinear_tf=True, token_pattern=WORD)
        made.append((one.name, part, names))
    return ColumnTransformer(made, sparse_threshold=0, verbose_feature_names_out=False)


def frame(blocks: Sequence[Block]) -> pd.DataFrame:
    """The columns of all blocks as one frame (n, …), a missing category by its name."""
    import pandas as pd

    columns = {}
    for block in blocks:
        for name, values in block.columns.items():
            columns[name] = np.where(values == "", NONE, values) if block.kind == "category" else values
    return pd.DataFrame(columns)


@dataclass(frozen=True, eq=False)
class Fitted:
    """Blocks as they were fitted on some rows: what turns a frame into columns of equal weight."""

    transform: Any  # scikit-learn's ColumnTransformer
    names: tuple[str, ...]  # (D,) of the columns that come out
    slices: Mapping[str, slice]  # block → its columns
    mean: NDArray[np.float32]  # (D,)
    scale: NDArray[np.float32]  # (D,) the same for all columns of a block

    def __call__(self, given: pd.DataFrame) -> NDArray[np.float32]:
        """(n, D), every block centred and of mean square 1 a row over what it was fitted on."""
        found = np.asarray(self.transform.transform(given), np.float32)
        weighed: NDArray[np.float32] = (found - self.mean) * self.scale
        return weighed


def fit_blocks(blocks: Sequence[Block], given: pd.DataFrame) -> Fitted:
    """Fit blocks on the rows of a frame. Raises `InvalidInput` for a text without any word."""
    made = transformer(blocks)
    try:
        found = np.asarray(made.fit_transform(given), np.float32)
    except ValueError as error:  # scikit-learn's, of a vocabulary without words
        raise InvalidInput(f"The columns cannot be read as what they were said to be: {error}.") from error
    slices = {one.name: made.output_indices_[one.name] for one in blocks}
    mean = found.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = np.ones(found.shape[1], np.float32)
    for place in slices.values():
        scale[place] = weight(found[:, place] - mean[place])
    names = _names(made, blocks, slices)
    return Fitted(made, names, slices, read_only(mean), read_only(scale))


def weight(centred: NDArray[np.float32]) -> float:
    """What centred rows (n, c) are multiplied by for a mean square of 1 a row; 1 where nothing varies."""
    square = float(np.einsum("nc,nc->", centred, centred, dtype=np.float64)) / max(1, len(centred))
    return 1 / np.sqrt(square) if square > 1e-12 else 1.0


def _names(made: Any, blocks: Sequence[Block], slices: Mapping[str, slice]) -> tuple[str, ...]:
    names: list[str] = []
    for one in blocks:
        part = made.named_transformers_[one.name]
        if one.kind == "text":
            names += [f"{one.name}: {term}" for term in part.get_feature_names_out()]
        elif one.kind == "category":
            names += [
                name.replace(f"{one.name}_", f"{one.name}=", 1).replace("infrequent_sklearn", "rare")
                for name in part.get_feature_names_out([one.name])
            ]
        else:
            given = part[0].get_feature_names_out(list(one.columns))
            names += [name.replace("missingindicator_", "missing: ") for name in given]
    if len(names) != sum(place.stop - place.start for place in slices.values()):
        raise InvalidInput(f"{len(names):,} names were made for the columns, which are not as many.")
    return tuple(names)


def _number(value: object) -> float:
    try:
        found = float(str(value)) if value is not None else np.nan
    except ValueError:
        return np.nan
    return found if np.isfinite(found) else np.nan


def _moment(value: object) -> float:
    """Seconds since 1970, of a moment or a text as 2024-02-29T12:00; without a zone it is UTC."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return np.nan

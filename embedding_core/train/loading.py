"""Read a model that was saved, from whomever it comes: nothing in it is run, and what is not understood is refused.

What a file of an estimator may hold is stated: `BASICS`, and the types on the card of its family. skops checks the
types by itself as well, with a longer list.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.encoders.base import card_from_json
from embedding_core.errors import InvalidInput, NewerLayout
from embedding_core.fingerprint import digest
from embedding_core.train.likeness import Likeness
from embedding_core.train.model import Model
from embedding_core.train.probes import registry
from embedding_core.train.probes.calibration import Calibration
from embedding_core.train.probes.fitting import Fitted
from embedding_core.train.saving import ARRAYS, ESTIMATOR, FACTS, FILES, FORMAT, README, REVISION
from embedding_core.vectors import read_only

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from embedding_core.encoders.base import EncoderCard

LARGEST = 2**30  # bytes of all files of a model

BASICS = frozenset(
    {
        *(f"builtins.{name}" for name in ("dict", "list", "tuple", "str", "int", "float", "bool", "NoneType")),
        *(f"numpy.{name}" for name in ("ndarray", "float64", "float32", "int64", "int32", "uint64", "uint32", "bool")),
        "numpy.dtype",
        "numpy.random._generator.Generator",
        "numpy.random.mtrand.RandomState",
    }
)

_PICKLES = (b"\x80", b"(", b"c")  # how pickles begin, of the protocols that are


@dataclass(frozen=True, eq=False, slots=True)
class Loaded:
    """A model with what its `model.json` says."""

    model: Model
    facts: Mapping[str, Any]

    @property
    def encoder(self) -> EncoderCard:
        """The card of the encoder whose vectors it reads."""
        return card_from_json(json.dumps(self.facts["encoder"]["card"]))


def load(given: Path | bytes) -> Loaded:
    """A model from its folder, or from a ZIP by path or content.

    Raises `InvalidInput` for what is none, is damaged, was changed, or holds anything that is not on the list of what
    a model may hold; `NewerLayout` for one of a later version of Kindred.
    """
    files = files_in(given)
    try:
        facts = json.loads(files[FACTS])
        if facts["format"] != FORMAT:
            raise _refused(f"its format is {facts['format']!r:.40}, not {FORMAT}")
        if int(facts["revision"]) > REVISION:
            raise NewerLayout("The model was saved by a newer version of Kindred. Update Kindred to use it.")
        for name in (ESTIMATOR, ARRAYS):
            if facts["files"][name] != digest(files[name]):
                raise _refused(f"{name} is not the file that was saved with it: it was damaged or changed")
        card = registry.family(facts["family"], facts["task"])
        arrays = _arrays(files[ARRAYS])
        estimator = _estimator(files[ESTIMATOR], card.types)
        return Loaded(_assembled(facts, arrays, estimator), facts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise _refused(f"{FACTS} does not say what it should ({type(error).__name__})") from error


def _assembled(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], estimator: Any) -> Model:
    classes = tuple(map(str, facts["classes"]))
    fitted = Fitted(
        facts["family"],
        facts["task"],
        registry.setting(facts["family"], facts["task"], facts["parameters"]),
        len(classes),
        arrays["mean"],
        arrays["axes"],
        arrays["known"],
        float(facts["centre"]),
        float(facts["spread"]),
        estimator,
    )
    d, r = fitted.axes.shape
    if fitted.mean.shape != (d,) or arrays["reference"].shape[1:] != (d,) or facts["encoder"]["card"]["dim"] != d:
        raise _refused("its arrays do not fit each other")
    if fitted.known.size and not (fitted.known.min() >= 0 and fitted.known.max() < len(classes)):
        raise _refused("it knows labels that it does not name")
    if getattr(estimator, "n_features_in_", r) != r:
        raise _refused("its estimator does not fit its axes")
    told = facts["calibration"]
    count = len(classes) if told["method"] == "isotonic" else 0
    knots = (tuple(arrays[f"{axis}{number}"] for number in range(count)) for axis in "xy")
    return Model(
        fitted,
        Calibration(told["method"], float(told["temperature"]), *knots),
        float(facts["margin"]),
        Likeness(arrays["reference"], float(facts["unlike_from"])),
        classes,
        str(facts["target"]),
    )


def files_in(given: Path | bytes) -> dict[str, bytes]:
    """The members of a model, unread, by name. Raises `InvalidInput` for what is no model at all."""
    if isinstance(given, Path) and given.is_dir():
        there = {name: given / name for name in FILES if (given / name).is_file()}
        _complete(there, f"The folder {given}")
        if sum(one.stat().st_size for one in there.values()) > LARGEST:
            raise _refused("it is larger than 1 GB")
        return {name: one.read_bytes() for name, one in there.items()}
    head = given[:2] if isinstance(given, bytes) else _head(given)
    if head != b"PK":
        if head.startswith(_PICKLES):
            raise _refused("it looks like a pickle, which can hold any program. Kindred never opens one")
        raise _refused("it is neither a folder nor a ZIP that Kindred has saved")
    try:
        with zipfile.ZipFile(io.BytesIO(given) if isinstance(given, bytes) else given) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            _complete(sizes, "The ZIP")
            if sum(sizes[name] for name in FILES if name in sizes) > LARGEST:
                raise _refused("it is larger than 1 GB")
            return {name: archive.read(name) for name in FILES if name in sizes}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise _refused("its ZIP is damaged") from error


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(2)
    except OSError as error:
        raise InvalidInput(f"There is no model to read at {file}. Check the spelling, and the rights.") from error


def _complete(there: Mapping[str, object], what: str) -> None:
    missing = [name for name in FILES if name not in there and name != README]
    if missing:
        raise InvalidInput(f"{what} is no model of Kindred: {', '.join(missing)} is not in it.")


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    import safetensors.numpy
    from safetensors import SafetensorError

    try:
        found = safetensors.numpy.load(content)
    except SafetensorError as error:
        raise _refused(f"{ARRAYS} is damaged") from error
    if not all(np.isfinite(one).all() for one in found.values()):
        raise _refused(f"{ARRAYS} holds numbers that are not finite")
    return {name: read_only(one) for name, one in found.items()}


def _estimator(content: bytes, types: tuple[str, ...]) -> Any:
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    allowed = BASICS.union(types)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST:
                raise _refused(f"{ESTIMATOR} unpacks to more than 1 GB")
            held = set(_types(json.loads(archive.read("schema.json"))))
        untrusted = set(skops.io.get_untrusted_types(data=content))
        strange = sorted((held | untrusted) - allowed)
        if strange:
            raise _refused(
                f"{ESTIMATOR} holds {', '.join(strange[:5])}, which a probe of this family has no use for. Only load "
                "models from people whom you trust"
            )
        return skops.io.loads(content, trusted=sorted(untrusted))
    except InvalidInput:
        raise
    except (UntrustedTypesFoundException, zipfile.BadZipFile, ValueError, KeyError, TypeError, OSError) as error:
        raise _refused(f"{ESTIMATOR} cannot be read ({type(error).__name__})") from error


def _types(node: object) -> Iterator[str]:
    """Every type and function that a file of skops names."""
    if isinstance(node, Mapping):
        if "__module__" in node and "__class__" in node:
            yield f"{node['__module__']}.{node['__class__']}"
        for one in node.values():
            yield from _types(one)
    elif isinstance(node, list):
        for one in node:
            yield from _types(one)


def _refused(why: str) -> InvalidInput:
    return InvalidInput(f"The model was not loaded: {why}.")

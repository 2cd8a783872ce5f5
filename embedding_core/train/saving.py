"""A trained probe as files that can be handed on: a folder, or the same as a ZIP. Never pickled.

model.skops          the estimator of scikit-learn, without code: https://skops.readthedocs.io
arrays.safetensors   axes, calibration, and the training images that new ones are compared with
model.json           what it is, what it was trained on, what it is worth, and the digests of the two above
README.md            the same for people
"""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from embedding_core.encoders.base import card_to_json
from embedding_core.errors import InvalidInput
from embedding_core.fingerprint import digest
from embedding_core.train.describing import readme

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from embedding_core.encoders.base import EncoderCard
    from embedding_core.train.model import Model
    from embedding_core.train.probes.found import Judged
    from embedding_core.train.probes.scores import Figure

FORMAT, REVISION = "kindred-probe", 1
ESTIMATOR, ARRAYS, FACTS, README = "model.skops", "arrays.safetensors", "model.json", "README.md"
FILES = (ESTIMATOR, ARRAYS, FACTS, README)

_SCHEMA = "schema.json"  # in a file of skops: what refers to all its other members
_MOMENT = (1980, 1, 1, 0, 0, 0)  # of every member of a ZIP, so that the same model is the same file


@dataclass(frozen=True, slots=True)
class About:
    """Where a model comes from."""

    encoder: EncoderCard
    dataset: str  # name
    version: str  # of the dataset
    data: str  # fingerprint of images, labels and splits
    test: str  # fingerprint of the images that judged it
    trained: int  # images
    tested: int
    chosen: str  # how the test part came about: split or drawn
    seed: int
    baseline: Mapping[str, Figure]


def facts_of(model: Model, judged: Judged, about: About) -> dict[str, Any]:
    """What `model.json` says, but for the digests of the files."""
    fitted = model.fitted
    return {
        "format": FORMAT,
        "revision": REVISION,
        "family": fitted.family,
        "name": judged.name,
        "task": model.task,
        "target": model.target,
        "classes": list(model.classes),
        "parameters": dict(fitted.parameters),
        "encoder": {
            "id": about.encoder.id,
            "name": about.encoder.name,
            "fingerprint": about.encoder.fingerprint,
            "card": json.loads(card_to_json(about.encoder)),
        },
        "dataset": {"name": about.dataset, "version": about.version},
        "data": about.data,
        "test": about.test,
        "test_part": about.chosen,
        "trained": about.trained,
        "tested": about.tested,
        "seed": about.seed,
        "inner": judged.inner,
        "scores": {name: asdict(one) for name, one in judged.scores.items()},
        "baseline": {name: asdict(one) for name, one in about.baseline.items()},
        "calibration": {"method": model.calibration.method, "temperature": model.calibration.temperature},
        "margin": model.margin,
        "centre": fitted.centre,
        "spread": fitted.spread,
        "unlike_from": model.likeness.line,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scikit-learn", "skops", "safetensors")},
        },
    }


def files_of(model: Model, facts: Mapping[str, Any]) -> dict[str, bytes]:
    """The members of a model, by name; `facts` as of `facts_of`."""
    import safetensors.numpy
    import skops.io

    fitted = model.fitted
    arrays: dict[str, NDArray[Any]] = {
        "mean": fitted.mean,
        "axes": fitted.axes,
        "known": fitted.known,
        "reference": model.likeness.reference,
    }
    for number, (xs, ys) in enumerate(zip(model.calibration.xs, model.calibration.ys, strict=True)):
        arrays |= {f"x{number}": xs, f"y{number}": ys}
    found = {
        ESTIMATOR: _timeless(skops.io.dumps(fitted.estimator)),
        ARRAYS: safetensors.numpy.save({name: np.array(one, order="C") for name, one in arrays.items()}),
    }
    whole = {**facts, "files": {name: digest(content) for name, content in found.items()}}
    found[FACTS] = json.dumps(whole, ensure_ascii=False, indent=1).encode()
    found[README] = readme(whole).encode()
    return {name: found[name] for name in FILES}


def packed(files: Mapping[str, bytes]) -> bytes:
    """The members as one ZIP."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content)
    return body.getvalue()


def _timeless(dumped: bytes) -> bytes:
    """A file of skops without what differs from one training to the next though the estimator is the same: moments, and
    numbers that are addresses in memory. Objects and files are numbered as they come; equal literals are one object."""
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        members = {one.filename: archive.read(one) for one in archive.infolist()}
    numbers: dict[object, int] = {}
    names: dict[str, str] = {}

    def renumbered(node: Any) -> Any:
        if isinstance(node, list):
            return [renumbered(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "__loader__" not in node:  # attributes by their names, whatever these are
            return {name: renumbered(one) for name, one in node.items()}
        found = {name: renumbered(one) for name, one in node.items() if name not in ("__id__", "file")}
        if "file" in node:
            found["file"] = names.setdefault(node["file"], f"{len(names)}{PurePath(node['file']).suffix}")
        if "__id__" in node:
            literal = (node["__class__"], node["content"]) if node.get("is_json") else node["__id__"]
            found["__id__"] = numbers.setdefault(literal, len(numbers) + 1)
        return found

    schema = json.dumps(renumbered(json.loads(members.pop(_SCHEMA))), indent=1).encode()
    return packed({**{name: members[given] for given, name in names.items()}, _SCHEMA: schema})


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """The members into a folder, made when new. Raises `InvalidInput` where something else is in its place."""
    check_free(folder)
    folder.mkdir(exist_ok=True)
    for name in (ESTIMATOR, ARRAYS, README, FACTS):  # what names the others comes last
        part = folder / f"{name}.part"
        part.write_bytes(files[name])
        part.replace(folder / name)


def check_free(folder: Path) -> None:
    """Raises `InvalidInput` where a model cannot go: something else is there, or nothing to put it into."""
    if folder.exists() and (not folder.is_dir() or {one.name for one in folder.iterdir()} - set(FILES)):
        raise InvalidInput(f"{folder} is there and holds other things than a model. Name a new or empty folder.")
    if not folder.parent.is_dir():
        raise InvalidInput(f"The folder {folder.parent} is not there. Make it first.")

"""Saved models: the same answers in another process, and nothing read that is not understood."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import skops.io
from sklearn.preprocessing import FunctionTransformer

from embedding_core.encoders import registry as encoders
from embedding_core.errors import InvalidInput, KindredError, NewerLayout
from embedding_core.fingerprint import digest
from embedding_core.train import saving
from embedding_core.train.loading import load
from embedding_core.train.model import train
from embedding_core.train.probes import registry
from embedding_core.train.probes.judging import probe
from tests.core.clouds import DIM, clouds, numbers, parts

NAMES = ("a", "b", "<script>| c")


def saved(family: str, task: str = "classification") -> tuple[dict[str, bytes], np.ndarray, np.ndarray]:
    """The files of a model, vectors, and what it says of them."""
    vectors, codes = clouds(210)
    target = codes if task == "classification" else numbers(vectors)
    on, by = parts(vectors, target, NAMES if task == "classification" else ())
    found, models = probe(on, by, [family])
    card = encoders.card("pixels")
    small = type(card)(**{**{name: getattr(card, name) for name in card.__slots__}, "dim": DIM})
    about = saving.About(small, "set", "now", "d" * 64, "e" * 64, 140, 70, "drawn", 0, found.baseline)
    files = saving.files_of(models[family], saving.facts_of(models[family], found.families[0], about))
    said = models[family].predict(vectors)
    return files, vectors, said.probabilities if task == "classification" else said.values


@pytest.fixture(scope="module")
def logistic() -> tuple[dict[str, bytes], np.ndarray, np.ndarray]:
    return saved("logistic")


CASES = [(one.id, task) for task in ("classification", "regression") for one in registry.families(task)]


@pytest.mark.parametrize(("family", "task"), CASES)
def test_a_saved_model_says_the_same(family: str, task: str) -> None:
    files, vectors, said = saved(family, task)
    loaded = load(saving.packed(files))
    again = loaded.model.predict(vectors)
    assert np.array_equal(again.probabilities if task == "classification" else again.values, said)
    assert loaded.encoder.dim == DIM
    assert not any(one.startswith(b"\x80") for one in files.values()), "nothing is pickled"


@pytest.mark.parametrize(("family", "task"), CASES)
def test_the_same_model_is_the_same_file(family: str, task: str) -> None:
    """Trained again, at another time and at other addresses in memory."""
    first, second = saving.packed(saved(family, task)[0]), saving.packed(saved(family, task)[0])
    assert first == second


def test_it_says_the_same_in_a_fresh_process(
    logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    files, vectors, said = logistic
    saving.write(tmp_path / "model", files)
    np.save(tmp_path / "vectors.npy", vectors)
    program = (
        "import sys, numpy as np; from pathlib import Path; from embedding_core.train.loading import load; "
        "p = Path(sys.argv[1]); np.save(p / 'said.npy', "
        "load(p / 'model').model.predict(np.load(p / 'vectors.npy')).probabilities)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    assert np.array_equal(np.load(tmp_path / "said.npy"), said)


def test_the_card_says_what_there_is_to_know(logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray]) -> None:
    readme = logistic[0]["README.md"].decode()
    assert "Judged once by 70 images" in readme and "d" * 64 in readme and "| Accuracy |" in readme
    assert "<script>|" not in readme, "names are shown as they are, not run and not read as a table"
    facts = json.loads(logistic[0]["model.json"])
    assert facts["encoder"]["id"] == "pixels" and facts["versions"]["scikit-learn"] and facts["scores"]["accuracy"]


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was run",))


def test_over_what_an_encoder_was_fitted_on_nothing_is_called_sure_or_unlike() -> None:
    vectors, codes = clouds(210)
    on, _ = parts(vectors, codes, NAMES)
    far = -vectors.mean(axis=0, keepdims=True)
    usual, _ = train(on, "logistic")
    assert usual.predict(far).unlike.all() and usual.calibration.method != "none"
    seen, _ = train(replace(on, seen=True), "logistic")
    assert not seen.predict(far).unlike.any() and seen.calibration.method == "none"
    assert np.array_equal(usual.predict(vectors).codes, seen.predict(vectors).codes)


def test_a_pickle_is_refused_in_plain_words(tmp_path: Path) -> None:
    for protocol in (0, 2, 5):
        file = tmp_path / f"model{protocol}.pkl"
        file.write_bytes(pickle.dumps(Evil(), protocol=protocol))
        with pytest.raises(InvalidInput, match=r"pickle|neither a folder nor a ZIP"):
            load(file)


def resealed(files: dict[str, bytes], **facts: object) -> dict[str, bytes]:
    """With digests that fit, as somebody would who knows how."""
    told = json.loads(files["model.json"]) | facts
    told["files"] = {name: digest(files[name]) for name in ("model.skops", "arrays.safetensors")}
    return {**files, "model.json": json.dumps(told).encode()}


def test_what_was_changed_is_refused(logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray]) -> None:
    files = logistic[0]
    arrays = safetensors.numpy.load(files["arrays.safetensors"])
    arrays["mean"] = arrays["mean"] + 1
    with pytest.raises(InvalidInput, match="damaged or changed"):
        load(saving.packed({**files, "arrays.safetensors": safetensors.numpy.save(arrays)}))


@pytest.mark.parametrize(
    "estimator", [FunctionTransformer(func=print), Evil(), print], ids=["function", "own", "builtin"]
)
def test_types_that_are_not_on_the_list_are_refused(
    logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray], estimator: object
) -> None:
    evil = {**logistic[0], "model.skops": skops.io.dumps(estimator)}
    with pytest.raises(InvalidInput, match="not loaded"):
        load(saving.packed(resealed(evil)))


def test_an_estimator_of_another_family_is_refused(
    logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray],
) -> None:
    other = {**logistic[0], "model.skops": saved("svm")[0]["model.skops"]}
    with pytest.raises(InvalidInput, match="has no use for"):
        load(saving.packed(resealed(other)))


def test_a_pickle_within_the_estimator_is_refused(logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray]) -> None:
    evil = {**logistic[0], "model.skops": pickle.dumps(Evil())}
    with pytest.raises(InvalidInput, match="not loaded"):
        load(saving.packed(resealed(evil)))


def test_what_is_no_model_is_refused(logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray], tmp_path: Path) -> None:
    files = logistic[0]
    whole = saving.packed(files)
    some = io.BytesIO()
    with zipfile.ZipFile(some, "w") as archive:
        archive.writestr("a.txt", "b")
    for given in (b"", b"PK", whole[:-200], whole[: len(whole) // 2], some.getvalue(), tmp_path, tmp_path / "none"):
        with pytest.raises(KindredError):
            load(given)
    for facts in ({"classes": ["a"]}, {"family": "forest"}, {"task": "regression"}, {"parameters": {"x": 1}}):
        with pytest.raises(InvalidInput):
            load(saving.packed(resealed(files, **facts)))
    with pytest.raises(InvalidInput):
        load(saving.packed({**files, "model.json": b"[]"}))
    with pytest.raises(NewerLayout):
        load(saving.packed(resealed(files, revision=99)))


def test_a_folder_that_holds_other_things_is_left_alone(
    logistic: tuple[dict[str, bytes], np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InvalidInput):
        saving.write(tmp_path, logistic[0])
    saving.write(tmp_path / "new", logistic[0])
    saving.write(tmp_path / "new", logistic[0])
    assert {one.name for one in (tmp_path / "new").iterdir()} == set(saving.FILES)

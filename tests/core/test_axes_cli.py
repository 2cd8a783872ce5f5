"""The commands `pca` and `features`, as docs/cli.md promises them, and the files that they write."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from embedding_core.cli import main
from embedding_core.encoders import imported
from embedding_core.evaluate.axes.laboratory import AT_ENDS
from embedding_core.export.matrices import extras_of
from embedding_core.vectors import unit_rows
from embedding_core.workspace import Workspace
from tests.core import emojis

TREATED = ("--keep", "12", "--remove", "1", "--without", "brightness", "--encoder", "pixels")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return emojis.workspace(tmp_path_factory)


def run(workspace: Workspace, *arguments: str, status: int = 0) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*arguments, "--json", "--workspace", workspace.uri]) == status, out.getvalue()
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


@pytest.fixture(scope="module")
def told(workspace: Workspace) -> dict[str, Any]:
    return run(workspace, "pca", emojis.NAME, *TREATED)


def test_axes_are_told(told: dict[str, Any]) -> None:
    assert (told["images"], told["dimensions"]) == (711, 768)
    assert told["variance"] == sorted(told["variance"], reverse=True)
    np.testing.assert_allclose(np.cumsum(told["variance"]), told["cumulative"], atol=1e-4)
    assert 0 < told["more_than_noise"]["parallel_analysis"] < 768
    assert [one["axis"] for one in told["axes"]] == list(range(1, 25))
    brightness = [goes for one in told["axes"][:3] for goes in one["goes_with"] if goes["name"] == "brightness"]
    assert max(abs(one["value"]) for one in brightness) > 0.5  # of bare pixels it is what differs most
    curve = told["quality"]["curve"]
    assert [one["axes"] for one in curve] == [2, 4, 8, 16, 32, 64, 128, 256, 768]
    assert all(one["interval"][0] <= one["probe"] <= one["interval"][1] for one in curve)
    enough = told["quality"]["enough"]
    assert all(one["against_all"]["change"] > -0.01 for one in curve if one["axes"] >= enough)


def test_a_trial_is_told(told: dict[str, Any]) -> None:
    trial = told["trial"]
    assert trial["said"] == "without axis 1, without brightness, 12 axes kept"
    assert trial["dimensions"] == 12
    assert trial["bytes_per_image"] == {"float32": 48, "float16": 24, "int8": 12}
    assert trial["storage"]["before"] == 711 * 768 * 4 and trial["storage"]["int8"] == 711 * 12
    (seen,) = trial["seen"]
    assert seen["before"] > 0.7 and abs(seen["after"]) < 0.2
    for name in ("probe", "knn", "test"):
        one = trial[name]
        assert one["change"] == pytest.approx(one["after"] - one["before"], abs=2e-4)
        assert one["low"] <= one["change"] <= one["high"]


def test_a_run_is_remembered_once(workspace: Workspace, told: dict[str, Any]) -> None:
    run(workspace, "pca", emojis.NAME, *TREATED)
    runs = [one for one in run(workspace, "runs", emojis.NAME)["runs"] if one["result"] == told["trial"]["fingerprint"]]
    (one,) = runs
    assert one["kind"] == "pca" and one["scores"]["accuracy"]["value"] == pytest.approx(
        told["trial"]["test"]["after"], abs=1e-4
    )


@pytest.mark.parametrize("numbers", ["float32", "float16", "int8"])
@pytest.mark.parametrize("ending", ["npz", "parquet"])
def test_reduced_vectors_are_read_back_and_made_again(
    workspace: Workspace, told: dict[str, Any], tmp_path: Path, ending: str, numbers: str
) -> None:
    out = tmp_path / f"reduced.{ending}"
    run(workspace, "pca", emojis.NAME, *TREATED, "--out", str(out), "--numbers", numbers)
    embedding = workspace.dataset(emojis.NAME).embedding("pixels")
    if ending == "npz":
        with np.load(out, allow_pickle=False) as file:
            extras = {name: file[name] for name in file.files}
        vectors, ids, paths, about = (
            extras["vectors"],
            extras["ids"],
            extras["paths"],
            json.loads(str(extras["about"][0])),
        )
    else:
        read = pq.read_table(out)
        extras, about = extras_of(str(out))
        vectors = np.stack(read["vectors"].to_numpy())
        ids, paths = read["id"].to_numpy(), read["path"].to_numpy()
    assert vectors.dtype == numbers and vectors.shape == (711, 12)
    again = (unit_rows(embedding.rows(ids)) - extras["mean"]) @ extras["axes"]  # as `about` says, by hand
    got = vectors.astype(np.float32) * (extras["steps"] if numbers == "int8" else 1)
    apart = {"float32": 1e-6, "float16": 1e-3, "int8": None}[numbers]
    fine = np.abs(got - again) <= (extras["steps"] * 0.51 if apart is None else apart)
    assert fine.mean() > 0.998  # int8 cuts off what lies farther out than anything it was fitted on
    assert (about["encoder"], about["treatment"]["keep"], about["numbers"]) == ("pixels", 12, numbers)
    known = workspace.dataset(emojis.NAME).ids()
    assert [known[path] for path in paths] == ids.tolist()


def test_a_file_of_reduced_vectors_comes_back_as_an_encoder(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "reduced.parquet"
    run(workspace, "pca", emojis.NAME, *TREATED, "--out", str(out))
    read = imported.read(out, list(workspace.dataset(emojis.NAME).ids()))
    assert read.report.matched == 711 and read.vectors.shape == (711, 12)


def test_kept_as_an_encoder_it_is_searched_and_scored(workspace: Workspace) -> None:
    done = run(workspace, "pca", emojis.NAME, *TREATED, "--as", "twelve")
    assert done["encoder"] == "own:twelve"
    kept = workspace.dataset(emojis.NAME).embedding("own:twelve")
    assert (len(kept), kept.card.dim) == (711, 12)
    path = next(iter(workspace.dataset(emojis.NAME).ids()))
    assert len(run(workspace, "similar", emojis.NAME, path, "--encoder", "own:twelve", "-k", "3")["results"]) == 3


def test_features_are_told_and_written(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "features.parquet"
    done = run(workspace, "features", emojis.NAME, "--encoder", "pixels", "--columns", "name", "--out", str(out))
    assert [one["block"] for one in done["blocks"]] == ["embedding", "name"]
    assert done["blocks"][1]["kind"] == "text"
    read = pq.read_table(out)
    assert read["features"].type.list_size == done["columns"] == 768 + done["blocks"][1]["columns"]
    extras, about = extras_of(str(out))
    matrix = np.stack(read["features"].to_numpy())
    embedding = workspace.dataset(emojis.NAME).embedding("pixels")
    by_hand = (unit_rows(embedding.rows(read["id"].to_numpy())) - extras["mean"]) * np.float32(about["scale"])
    np.testing.assert_allclose(matrix[:, :768], by_hand, atol=1e-6)
    assert len(about["names"]) == matrix.shape[1] and about["names"][768].startswith("name: ")
    card = Path(done["card"]).read_text("utf-8")
    for said in ("| name (text) |", "licence", "seed 0", about["data"]):
        assert said in card, said
    told = re.search(r"untouched test images: ([\d.]+)% → ([\d.]+)%", card)
    assert told is not None
    assert [float(one) for one in told.groups()] == pytest.approx(
        [100 * done["test"][name] for name in ("before", "after")],
        abs=0.06,  # both are rounded
    )
    written = tmp_path / "features.npz"
    run(workspace, "features", emojis.NAME, "--encoder", "pixels", "--columns", "name", "--out", str(written))
    with np.load(written, allow_pickle=False) as file:
        np.testing.assert_array_equal(file["features"], matrix)


def test_the_label_by_another_name_is_left_out_unless_it_is_asked_for(workspace: Workspace) -> None:
    done = run(workspace, "features", emojis.NAME, "--encoder", "pixels")
    assert [one["block"] for one in done["blocks"]] == ["embedding", "name", "image properties"]
    assert not done["warnings"]
    done = run(workspace, "features", emojis.NAME, "--encoder", "pixels", "--columns", "subgroup")
    assert [one["block"] for one in done["blocks"]] == ["embedding", "subgroup"]
    assert any("subgroup gives the label away" in one for one in done["warnings"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pca", "--without", "brightnes"), "Did you mean 'brightness'?"),
        (("pca", "--remove", "one"), "whole numbers"),
        (("pca", "--remove", "1", "--out", "F.csv"), "--out ends in .npz or .parquet"),
        (("pca", "--out", "F.npz"), "say which with --keep"),
        (("pca", "--keep", "3", "--numbers", "int4"), "not as 'int4'"),
        (("features", "--columns", "nam"), "Did you mean 'name'?"),
        (("features", "--kind", "name=novel"), "is none of them"),
        (("features", "--kind", "name"), "COLUMN=KIND"),
    ],
)
def test_what_cannot_be_done_is_said(workspace: Workspace, arguments: tuple[str, ...], said: str) -> None:
    command, *rest = arguments
    answer = run(workspace, command, emojis.NAME, "--encoder", "pixels", *rest, status=2)
    assert said in answer["error"]


def test_ends_are_images_of_the_dataset_each_once(workspace: Workspace, told: dict[str, Any]) -> None:
    from embedding_core.derived.components import read_laboratory

    kept = read_laboratory(workspace, told["fingerprint"])
    assert kept is not None
    both = np.hstack([kept.found.low, kept.found.high])
    assert both.shape == (24, 2 * AT_ENDS)
    for row in both:
        shown = row[row >= 0]
        assert len(set(shown.tolist())) == len(shown) and np.isin(shown, kept.found.ids).all()

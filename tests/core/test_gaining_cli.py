"""Learning curves and ensembles on the sample: JSON of the commands, what is kept, and the record of runs."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from embedding_core import derived
from embedding_core.cli import main
from embedding_core.derived.ensembles import embedded_by, keep_concatenated, seen_otherwise
from embedding_core.errors import InvalidInput
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from embedding_core.vectors import unit_rows
from embedding_core.workspace import Workspace
from tests.core import emojis

LITE0, PIXELS = emojis.ENCODERS
BOTH = [LITE0, PIXELS]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return emojis.workspace(tmp_path_factory)


def run(workspace: Workspace, capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> dict[str, Any]:
    assert main([*arguments, "--json", "--workspace", workspace.uri]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_learning_curve(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("learning-curve", emojis.NAME, "--seeds", "2", "--scratch-minutes", "0.02")
    found = run(workspace, capsys, *asked)
    labels = [point["labels"] for point in found["probe"]]
    assert labels == sorted(labels) and labels[-1] == found["labels"]
    assert [point["labels"] for point in found["knn"]] == labels
    assert set(found["outlook"]) == {"+100", "+1000", "x2", "x10"}
    assert (found["outlook"]["x2"]["far"], found["outlook"]["x10"]["far"]) == (False, True)
    low, high = found["outlook"]["+100"]["gain_interval"]
    assert 0 <= low <= found["outlook"]["+100"]["gain"] <= high
    assert found["said"][0].startswith("100 more labels would bring")
    assert found["probe"][-1]["accuracy"] > 4 * found["chance"]
    scratch = found["scratch"]
    assert [one["labels"] for one in scratch["runs"]][-1] == found["labels"]
    assert scratch["embedding_seconds_per_image"] > 0
    assert any("learns from nothing" in sentence for sentence in scratch["said"])
    (tried,) = [one for one in derived.runs(workspace, workspace.dataset(emojis.NAME)) if one.kind == "learning_curve"]
    assert tried.scores["accuracy"].value == pytest.approx(found["probe"][-1]["accuracy"], abs=1e-4)
    assert tried.test and tried.result == found["fingerprint"]
    (nothing,) = [one for one in derived.runs(workspace, workspace.dataset(emojis.NAME)) if one.kind == "from_scratch"]
    for one in (tried, nothing):
        answers = derived.judged_by(workspace, one.id)
        assert answers is not None
        assert answers.accuracy == pytest.approx(one.scores["accuracy"].value), one.kind
    compared = run(workspace, capsys, "runs", emojis.NAME, "--compare", nothing.id, tried.id)
    assert compared["after"] == pytest.approx(tried.scores["accuracy"].value)
    before = len(derived.runs(workspace, workspace.dataset(emojis.NAME)))
    assert run(workspace, capsys, *asked)["fingerprint"] == found["fingerprint"]
    assert len(derived.runs(workspace, workspace.dataset(emojis.NAME))) == before  # it was read, not tried again


def test_zero_minutes_leave_scratch_out(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(workspace, capsys, "learning-curve", emojis.NAME, "--seeds", "2", "--scratch-minutes", "0")
    assert found["scratch"] is None


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--scratch-minutes", "-1"], "minutes"),
        (["--seeds", "1", "--scratch-minutes", "0"], "2 to 50"),
        (["--encoder", "resnet50"], "resnet50"),
    ],
)
def test_mistakes_are_explained(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    assert word in run(workspace, capsys, "learning-curve", emojis.NAME, *arguments, status=2)["error"]


def test_ensemble(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(workspace, capsys, "ensemble", emojis.NAME, *BOTH)
    assert [way["kind"] for way in found["ways"]] == ["single", "single", "concatenated", "averaged", "stacked"]
    assert found["best"] == LITE0
    single = found["ways"][0]
    assert (single["gain"], single["dim"], single["looks"]) == (0, 1280, 1)
    assert single["seconds_per_image"] > 0
    assert found["ways"][2]["dim"] == 1280 + 768
    for way in found["ways"]:
        assert way["interval"][0] <= way["gain"] <= way["interval"][1]
        assert way["gain"] == pytest.approx(way["accuracy"] - single["accuracy"], abs=2e-4)
    best = max(found["ways"], key=lambda way: way["validation"])
    assert best["kind"] == found["chosen"]
    (tried,) = [one for one in derived.runs(workspace, workspace.dataset(emojis.NAME)) if one.kind == "ensemble"]
    assert tried.parameters["encoders"] == BOTH
    answers = derived.judged_by(workspace, tried.id)
    assert answers is not None
    assert answers.accuracy == pytest.approx(best["accuracy"], abs=1e-4)
    assert tried.result == found["fingerprint"]


def test_views_are_embedded_by_the_encoder(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(workspace, capsys, "ensemble", emojis.NAME, PIXELS, "--tta")
    assert [way["kind"] for way in found["ways"]] == ["single", "views_vectors", "views_probabilities"]
    assert found["ways"][1]["looks"] == 4
    assert found["ways"][1]["seconds_per_image"] == pytest.approx(4 * found["ways"][0]["seconds_per_image"], rel=0.02)
    assert "looking 4 times" in found["headline"]


def test_an_image_is_seen_otherwise() -> None:
    from PIL import Image

    array = np.random.default_rng(0).integers(0, 255, (50, 100, 3), dtype=np.uint8)
    mirrored, middle, both = (np.asarray(one) for one in seen_otherwise(Image.fromarray(array)))
    assert np.array_equal(mirrored, array[:, ::-1])
    assert np.array_equal(middle, array[5:45, 10:90])
    assert np.array_equal(both, middle[:, ::-1])


def test_one_encoder_is_no_ensemble(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert "two encoders" in run(workspace, capsys, "ensemble", emojis.NAME, LITE0, status=2)["error"]
    # The control is not joined unless it is named.
    assert embedded_by(workspace.dataset(emojis.NAME)) == [LITE0]
    assert "two encoders" in run(workspace, capsys, "ensemble", emojis.NAME, status=2)["error"]


def test_side_by_side_is_kept_as_an_encoder(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(workspace, capsys, "ensemble", emojis.NAME, *BOTH, "--keep", "both")
    assert found["kept"] == "own:both"
    dataset = workspace.dataset(emojis.NAME)
    joined, first, second = (dataset.embedding(name) for name in ("own:both", *BOTH))
    assert len(joined) == len(first)
    whole, halves = joined.matrix(), [unit_rows(one.matrix()) for one in (first, second)]
    assert np.linalg.norm(whole, axis=1) == pytest.approx(1, abs=1e-5)
    # Cosine side by side is the mean of both cosines.
    assert whole[:20] @ whole[20:40].T == pytest.approx(
        (halves[0][:20] @ halves[0][20:40].T + halves[1][:20] @ halves[1][20:40].T) / 2, abs=1e-5
    )
    assert embedded_by(dataset) == [LITE0]
    alike = TASKS["clusters"](
        workspace, {"name": emojis.NAME, "encoder": "own:both", "method": "kmeans", "k": 4}, silent, LOCAL
    )
    assert len(alike["clusters"]) == 4
    assert keep_concatenated(dataset, BOTH, "both") == "own:both"  # once more is the same
    with pytest.raises(InvalidInput, match="other vectors"):
        keep_concatenated(dataset, BOTH[::-1], "both")
    with pytest.raises(InvalidInput, match="2 to 6"):
        keep_concatenated(dataset, [LITE0, LITE0])

"""The JSON contract of the commands that find what is wrong, on the sample."""

from __future__ import annotations

import subprocess
import sys

import pytest

from embedding_core import derived, places
from embedding_core.workspace import Workspace
from tests.core.test_cli import run


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = str(tmp_path_factory.mktemp("findings") / "workspace")
    assert run(uri, "add", "sample", str(places.SAMPLE), "--embed", "pixels")["added"] == 711
    return uri


def test_label_issues_rank_every_labelled_image_worst_first(workspace: str) -> None:
    answer = run(workspace, "label-issues", "sample", "--encoder", "pixels")
    issues = answer["issues"]
    assert len(issues) == len({one["path"] for one in issues}) == 711
    assert set(issues[0]) == {"path", "label", "suggested", "score", "flagged"}
    scores = [one["score"] for one in issues]
    assert scores == sorted(scores, reverse=True)
    flags = [one["flagged"] for one in issues]
    assert flags == sorted(flags, reverse=True)
    assert sum(flags) == answer["flagged"] > 0
    assert all(one["label"] != one["suggested"] for one in issues)
    assert answer["share"]["low"] <= answer["share"]["estimate"] <= answer["share"]["high"]
    again = run(workspace, "label-issues", "sample", "--encoder", "pixels", "-n", "3")
    assert again["issues"] == issues[:3]
    assert again["fingerprint"] == answer["fingerprint"], "it was read, not found anew"


def test_the_line_of_labels_is_moved_and_set_back(workspace: str) -> None:
    asked = ("label-issues", "sample", "--encoder", "pixels", "-n", "1")
    before = run(workspace, *asked)
    moved = run(workspace, *asked, "--line", ".6")
    assert (moved["line"], moved["own_line"]) == (0.6, before["line"])
    assert moved["flagged"] > before["flagged"]
    assert f"{moved['flagged']:,} of" in moved["said"]
    assert run(workspace, *asked)["flagged"] == moved["flagged"]
    assert run(workspace, *asked, "--line", "set")["flagged"] == before["flagged"]


def test_label_issues_without_labels_say_what_to_do(workspace: str) -> None:
    run(workspace, "add", "bare", str(places.SAMPLE / "bird"), "--labels", "none", "--embed", "pixels")
    error = run(workspace, "label-issues", "bare", "--encoder", "pixels", status=2)["error"]
    assert "label NAME --labels folders" in error


def test_new_labels_are_judged_anew(workspace: str) -> None:
    opened = Workspace.open(workspace)
    dataset = opened.dataset("sample")
    before = run(workspace, "label-issues", "sample", "--encoder", "pixels", "-n", "1")
    rows = dataset.attributes()
    image, label = rows["id"][0].as_py(), rows["label"][0].as_py()
    dataset.put_attributes([image], labels=["bird" if label != "bird" else "boat"])
    after = run(workspace, "label-issues", "sample", "--encoder", "pixels", "-n", "1")
    assert after["fingerprint"] != before["fingerprint"]
    dataset.put_attributes([image], labels=[label])


def test_outliers_come_worst_first_with_their_reason(workspace: str) -> None:
    answer = run(workspace, "outliers", "sample", "--encoder", "pixels")
    results = answer["results"]
    assert len(results) == len({one["path"] for one in results}) == 711
    assert set(results[0]) == {"path", "score", "reason"}
    scores = [one["score"] for one in results]
    assert scores == sorted(scores, reverse=True)
    paths = {one["path"] for one in results}
    nearest = results[0]["reason"].split("nearest is ")[1].rsplit(", ", 1)[0]
    assert nearest in paths
    assert run(workspace, "outliers", "sample", "--encoder", "pixels", "-n", "5")["results"] == results[:5]
    kept = derived.read_outliers(Workspace.open(workspace), answer["fingerprint"])
    assert kept is not None
    assert len(kept.found.cases()) == answer["flagged"]


@pytest.mark.parametrize("asked", [["--json"], []])
def test_who_has_seen_enough_ends_a_command_in_peace(workspace: str, asked: list[str]) -> None:
    command = [sys.executable, "-m", "embedding_core", "list", "--workspace", workspace, *asked]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 0

"""Commands that decide: from a table of decisions to a version, what differs in it, and its map."""

from __future__ import annotations

import csv
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from embedding_core import places
from tests.core.test_cli import run


@pytest.fixture
def uri(tmp_path: Path) -> str:
    folder = tmp_path / "two"
    for name in ("boat", "drink"):
        shutil.copytree(places.SAMPLE / name, folder / name)
    uri = str(tmp_path / "workspace")
    run(uri, "add", "two", str(folder), "--embed", "pixels")
    return uri


@pytest.fixture
def paths(uri: str, tmp_path: Path) -> list[str]:
    folder = tmp_path / "two"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.webp"))


def table(file: Path, *rows: tuple[str, ...]) -> str:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("path", "action", "label", "reason", "finding"), *rows])
    return str(file)


def test_decide_then_freeze_then_compare(uri: str, paths: list[str], tmp_path: Path) -> None:
    file = table(
        tmp_path / "decisions.csv",
        (paths[0], "remove", "", "blurred", "photos"),
        (paths[1], "relabel", "ship", "", "labels"),
        (paths[2], "tag", "nice", "", ""),
    )
    done = run(uri, "decide", "two", file, "--who", "Anna")
    assert (done["decided"], done["actions"]) == (3, {"relabel": 1, "remove": 1, "tag": 1})
    made = run(uri, "version", "two", "cleaned", "--note", "First round", "--who", "Ben")
    assert (made["name"], made["images"], made["removed"], made["relabelled"]) == ("cleaned", len(paths) - 1, 1, 1)
    assert (made["who"], made["note"], made["decisions"]) == ("Ben", "First round", 3)
    run(uri, "decide", "two", "--undo", done["ids"][0])
    listed = run(uri, "versions", "two")["versions"]
    assert [(one["name"], one["images"], one["removed"], one["relabelled"]) for one in listed] == [
        ("original", len(paths), 0, 0),
        ("cleaned", len(paths) - 1, 1, 1),
        ("now", len(paths), 0, 1),
    ]
    assert all(datetime.fromisoformat(one["created"]).tzinfo is not None for one in listed)
    found = run(uri, "difference", "two", "original", "cleaned")
    assert found["counts"] == {"removed": 1, "added": 0, "relabelled": 1, "moved": 0}
    assert found["removed"] == [paths[0]]
    assert found["relabelled"] == [{"path": paths[1], "from": "boat", "to": "ship"}]
    assert found["tags"] == {"nice": {"added": 1, "removed": 0}}
    assert {"label": "ship", "from": 0, "to": 1} in found["labels"]
    assert run(uri, "difference", "two", "original", "cleaned", "-n", "0")["removed"] == []
    told = run(uri, "decisions", "two")
    assert [(one["who"], one["action"], one["undone"]) for one in told["decisions"]] == [
        ("Anna", "remove", True),
        ("Anna", "relabel", False),
        ("Anna", "tag", False),
        ("local", "undo", False),
    ]
    assert told["decisions"][0]["paths"] == [paths[0]]
    assert [one["action"] for one in run(uri, "decisions", "two", "-n", "1")["decisions"]] == ["undo"]
    assert run(uri, "decisions", "two", "-n", "0") == {"total": 4, "decisions": []}


def test_embed_map_and_clusters_of_a_version(uri: str, paths: list[str], tmp_path: Path) -> None:
    file = table(tmp_path / "d.csv", *((path, "remove") for path in paths[:3]), (paths[4], "relabel", "ship"))
    run(uri, "decide", "two", file)
    run(uri, "version", "two", "cleaned")
    out = tmp_path / "map.csv"
    asked = ("--encoder", "pixels", "--version", "cleaned")
    drawn = run(uri, "map", "two", "--method", "pca", *asked, "--out", str(out))
    with out.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert drawn["images"] == len(rows) == len(paths) - 3
    assert {row["path"]: row["label"] for row in rows}[paths[4]] == "ship"
    assert not {row["path"] for row in rows} & set(paths[:3])
    grouped = run(uri, "clusters", "two", "--k", "2", *asked)
    assert sum(one["size"] for one in grouped["clusters"]) == len(paths) - 3
    assert run(uri, "embed", "two", *asked)["skipped"] == len(paths) - 3
    from embedding_core.workspace import Workspace

    dataset = Workspace.open(uri).dataset("two")
    dataset.vectors.forget(list(dataset.ids().values()))
    assert run(uri, "embed", "two", *asked)["embedded"] == len(paths) - 3
    assert run(uri, "embed", "two", "--encoder", "pixels")["embedded"] == 3


def test_a_wrong_table_decides_nothing(uri: str, paths: list[str], tmp_path: Path) -> None:
    file = table(tmp_path / "d.csv", (paths[0], "remove"), ("nowhere.png", "remove"), (paths[1], "burn"))
    error = run(uri, "decide", "two", file, status=2)["error"]
    assert "Nothing of d.csv was decided" in error
    assert "row 3: no image is called 'nowhere.png'" in error
    assert "row 4: the action is one of keep" in error
    assert run(uri, "decisions", "two")["total"] == 0
    assert "cannot be read: No such file" in run(uri, "decide", "two", str(tmp_path / "none.csv"), status=2)["error"]
    assert "cannot be read: Is a directory" in run(uri, "decide", "two", str(tmp_path), status=2)["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("decide", "two"), "Give a CSV table of decisions, or --undo"),
        (("decide", "two", "x.csv", "--undo", "1"), "Give a CSV table of decisions, or --undo"),
        (("decide", "two", "--undo", "1"), "No decision is called '1'"),
        (("decide", "nobody", "x.csv"), "No dataset is called 'nobody'"),
        (("version", "two", "now"), "version called 'now' already"),
        (("version", "two", "a/b"), "no slash"),
        (("map", "two", "--encoder", "pixels", "--version", "v9"), "No version is called 'v9'. Known: now, original."),
        (("difference", "two", "original", "v9"), "No version is called 'v9'"),
        (("clusters", "two", "--version", "now", "--engine", "ray", "--k", "2"), "Leave --version out"),
        (("embed", "two", "--version", "now", "--engine", "ray"), "Leave --version out"),
        (("decisions", "two", "-n", "-1"), "Ask for 0 or more decisions"),
        (("difference", "two", "original", "now", "-n", "-1"), "Ask for 0 or more images"),
    ],
)
def test_what_cannot_be_is_said(uri: str, arguments: tuple[str, ...], message: str) -> None:
    assert message in run(uri, *arguments, status=2)["error"]

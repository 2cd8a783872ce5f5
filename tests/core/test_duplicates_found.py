"""Altered copies are found among real pictures, and little else is."""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from embedding_core import places
from embedding_core.cli import main
from embedding_core.records import LOCAL, silent
from embedding_core.tasks import TASKS
from tests import damage
from tests.core import natural_duplicates, photographs
from tests.e2e.spoilt import name, spoilt

SUBTLE = 0.04  # change of size or brightness below which its kind is not asked for


@dataclass(frozen=True)
class Judged:
    """What a search has found, against the truth."""

    recall: float  # share of the copies that are in a group with their original
    precision: float  # share of the groups that hold nothing else, natural duplicates aside
    wrong: list[list[str]]
    kinds: Counter[tuple[str, str]]  # done, said


def search(
    folder: Path, originals: dict[str, bytes], natural: tuple[frozenset[str], ...]
) -> tuple[dict[str, Any], Judged]:
    copies = damage.altered_copies(originals)
    pictures = damage.write(folder, originals, copies)
    workspace = str(folder / "workspace")
    command(workspace, "add", "damaged", str(pictures), "--embed")
    result = command(workspace, "duplicates", "damaged")
    return result, judge(result, folder / damage.TRUTH, natural)


def command(workspace: str, *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    with redirect_stdout(out):
        assert main([*arguments, "--json", "--workspace", workspace]) == 0, out.getvalue()
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def judge(result: dict[str, Any], truth: Path, natural: tuple[frozenset[str], ...]) -> Judged:
    with truth.open(encoding="utf-8") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    group = {path: number for number, one in enumerate(result["near"]) for path in one["paths"]}
    found = [row for path, row in rows.items() if path in group and group[path] == group.get(row["source"])]

    def drawn(path: str) -> str:
        source = str(PurePosixPath(rows[path]["source"] if path in rows else path).with_suffix(""))
        return next((min(one) for one in natural if source in one), source)

    groups = [one["paths"] for one in result["near"]] + result["exact"]
    wrong = [paths for paths in groups if len(set(map(drawn, paths))) > 1]
    kinds: Counter[tuple[str, str]] = Counter()
    for row in found:
        one = result["near"][group[row["path"]]]
        subtle = row["kind"] in ("resized", "recoloured") and abs(float(row["amount"]) - 1) < SUBTLE
        if len(one["paths"]) == 2 and not subtle:
            kinds[row["kind"], one["kind"]] += 1
    return Judged(len(found) / len(rows), 1 - len(wrong) / max(1, len(groups)), wrong, kinds)


def right(kinds: Counter[tuple[str, str]]) -> float:
    return sum(count for (done, said), count in kinds.items() if done == said) / sum(kinds.values())


def test_copies_among_the_sample_are_found_told_apart_and_little_else(tmp_path: Path) -> None:
    files = sorted(places.SAMPLE.glob("*/*.webp"))
    originals = {f"{one.parent.name}/{one.name}": one.read_bytes() for one in files}
    result, judged = search(tmp_path, originals, natural_duplicates.SAMPLE)
    assert judged.recall >= 0.95
    assert judged.precision >= 0.95, judged.wrong
    assert right(judged.kinds) >= 0.95, judged.kinds
    hearts = {"heart/blue_heart.webp", "heart/purple_heart.webp"}
    assert not any(hearts <= set(one["paths"]) for one in result["near"]), "another hue is no copy"
    assert any({"mammal/camel.webp", "mammal/dromedary_camel.webp"} <= set(one) for one in result["bursts"])
    assert result["recall"]["graph"] == 1
    assert result["recall"]["hashes"] > 0.75
    # Most of what was looked at was turned down.
    assert result["compared"] > 2 * sum(len(one["paths"]) - 1 for one in result["near"])


def test_hearts_of_many_hues_are_not_joined_by_one_without_colour(tmp_path: Path) -> None:
    """A black, a grey and a white heart, and one that lost its red, are each a copy of several that are none."""
    made = spoilt()
    for path, data in made.files.items():
        (tmp_path / "set" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / path).write_bytes(data)
    workspace = str(tmp_path / "workspace")
    command(workspace, "add", "spoilt", str(tmp_path / "set"), "--embed", "--labels", "folders")
    near = command(workspace, "duplicates", "spoilt")["near"]
    groups = [{name(path) for path in one["paths"]} for one in near]
    hues = {f"{hue}_heart" for hue in ("blue", "brown", "green", "light_blue", "orange", "pink", "purple")}
    assert all(len(hues & group) <= 1 for group in groups), groups
    held = {path: Counter(map(name, one["paths"])) for one in near for path in one["paths"]}
    assert [path for path in made.copies if path not in held or held[path][name(path)] < 2] == []
    pink = next(one for one in near if "pink_heart" in map(name, one["paths"]))
    assert pink["keep"] == "heart/heart--pink_heart.webp", "its copy lies on its side, as hearts of other hues tell"


@photographs.needed
def test_copies_among_photographs_are_found_and_nothing_else(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with tarfile.open(Path(photographs.BENCH) / "clothing.tar") as archive:
        members = [one for one in archive if one.isfile() and one.name.endswith(".jpg")]
        originals = {str(PurePosixPath(one.name)): file.read() for one in members if (file := archive.extractfile(one))}
    pictures = damage.write(tmp_path, {}, damage.altered_copies(originals))
    workspace = photographs.workspace(tmp_path_factory)
    TASKS["add"](workspace, {**photographs.ADD, "source": str(pictures)}, silent, LOCAL)
    result = command(workspace.uri, "duplicates", photographs.NAME)
    judged = judge(result, tmp_path / damage.TRUTH, natural_duplicates.CLOTHING)
    assert judged.recall >= 0.995
    assert judged.precision >= 0.99, judged.wrong
    assert right(judged.kinds) >= 0.95, judged.kinds
    shorts = natural_duplicates.CLOTHING[0]
    assert any(shorts <= {path.removesuffix(".jpg") for path in one["paths"]} for one in result["near"])

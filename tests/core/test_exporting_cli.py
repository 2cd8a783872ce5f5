"""The commands that take a version away and say what it was worth, as docs/cli.md promises them."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from embedding_core import export, places
from embedding_core.cli import main
from embedding_core.records import LOCAL
from embedding_core.review.decisions import Action, decided
from embedding_core.workspace import Workspace
from tests.core.exported import inside

FOLDERS = ("bird", "clock", "fruit", "bug", "boat")


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Five folders of the sample, of which two images are relabelled and one is removed."""
    uri = str(tmp_path_factory.mktemp("exporting") / "workspace")
    for folder in FOLDERS:
        run(uri, "add", "five", str(places.SAMPLE / folder), "--embed", "pixels")
    dataset = Workspace.open(uri).dataset("five")
    ids = dataset.ids()
    paths = sorted(ids)
    of = {path: folder for folder in FOLDERS for path in paths if (places.SAMPLE / folder / path).is_file()}
    dataset.put_attributes([ids[path] for path in paths], labels=[of[path] for path in paths])
    wrong = [decided(LOCAL, Action.RELABEL, [ids[path]], value="other") for path in paths[:2]]
    dataset.decisions.add([*wrong, decided(LOCAL, Action.REMOVE, [ids[paths[2]]], reason="too dark")])
    return uri


def run(workspace: str, *arguments: str, status: int = 0) -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([*arguments, "--json", "--workspace", workspace]) == status, out.getvalue()
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def count(uri: str) -> int:
    return Workspace.open(uri).dataset("five").count


@pytest.mark.parametrize("form", export.FORMATS)
def test_every_format_is_written_and_counted(uri: str, tmp_path: Path, form: str) -> None:
    card = export.format_card(form)
    out = tmp_path / f"out{card.ending}"
    encoder = ("--encoder", "pixels") if card.vectors or form == "report" else ()
    result = run(uri, "export", "five", "--format", form, "--out", str(out), *encoder)
    assert result["out"] == str(out)
    assert (result["format"], result["version"]) == (form, "now")
    assert (result["images"], result["removed"], result["missing"]) == (count(uri) - 1, 1, [])
    files = inside(out) if card.folder else {"": out.read_bytes()}
    assert result["bytes"] == sum(map(len, files.values())) > 0
    zipped = tmp_path / "out.ZIP"
    run(uri, "export", "five", "--format", form, "--out", str(zipped), *encoder)
    with zipfile.ZipFile(zipped) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(files)
    again = run(uri, "export", "five", "--format", form, "--out", str(out), *encoder, status=2)
    assert str(out) in again["error"]


def test_a_version_is_exported_as_it_was(uri: str, tmp_path: Path) -> None:
    original = run(uri, "export", "five", "--format", "csv", "--out", str(tmp_path / "o.csv"), "--version", "original")
    assert (original["images"], original["removed"]) == (count(uri), 0)
    unknown = ("export", "five", "--format", "csv", "--out", str(tmp_path / "x.csv"), "--version", "best")
    assert "best" in run(uri, *unknown, status=2)["error"]
    assert "xml" in run(uri, "export", "five", "--format", "xml", "--out", str(tmp_path / "x"), status=2)["error"]
    needs = run(uri, "export", "five", "--format", "npz", "--out", str(tmp_path / "v.npz"), status=2)
    assert "efficientnet-lite0" in needs["error"]
    assert {file.name for file in tmp_path.iterdir()} == {"o.csv"}


def test_the_effect_has_its_interval_and_is_told_in_the_report(uri: str, tmp_path: Path) -> None:
    found = run(uri, "effect", "five", "--encoder", "pixels")
    assert (found["from"], found["to"], found["runs"]) == ("original", "now", 8)
    assert found["changed"] == {"removed": 1, "added": 0, "relabelled": 2}
    assert found["verdict"] in {"better", "worse", "unclear"}
    for measure in (found["accuracy"], found["balanced_accuracy"], *found["classes"]):
        assert measure["low"] <= measure["change"] <= measure["high"]
        assert measure["change"] == pytest.approx(measure["after"] - measure["before"], abs=2e-4)
    assert sum(one["tested"] for one in found["classes"]) == found["tested"]
    assert run(uri, "effect", "five", "--encoder", "pixels")["fingerprint"] == found["fingerprint"]
    same = run(uri, "effect", "five", "--encoder", "pixels", "--from", "now", "--to", "now", "--seeds", "2")
    assert same["verdict"] == "same"
    assert same["accuracy"]["low"] == same["accuracy"]["high"] == 0
    run(uri, "export", "five", "--format", "report", "--out", str(tmp_path / "r.html"), "--encoder", "pixels")
    page = (tmp_path / "r.html").read_text()
    assert found["said"][0] in page
    assert "too dark" in page


def test_repair_names_its_steps(uri: str) -> None:
    found = run(uri, "repair", "five", "--encoder", "pixels", "--steps", "labels, standardisation", "--seeds", "2")
    assert [one["step"] for one in found["steps"]] == ["labels", "standardisation", "together"]
    assert all(one["said"].startswith("Accuracy ") for one in found["steps"])
    assert "soap" in run(uri, "repair", "five", "--encoder", "pixels", "--steps", "soap", status=2)["error"]

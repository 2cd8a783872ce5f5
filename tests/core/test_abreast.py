"""Checks beside each other: in time, in order of what they use, one voice, and all of them stop when one does."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedding_core import places
from embedding_core.errors import InvalidInput, JobCancelled
from embedding_core.records import LOCAL, Reporter, Silent, silent
from embedding_core.tasks import TASKS
from embedding_core.tasks.abreast import Piece, abreast
from embedding_core.workspace import Workspace

SOON = 30.0  # seconds after which something will not happen any more


class Heard(Silent):
    def __init__(self) -> None:
        self.stages: list[str] = []

    def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
        self.stages.append(stage)


def returning(value: object, before: Callable[[], object] = lambda: None) -> Callable[[Reporter], object]:
    def run(progress: Reporter) -> object:
        before()
        return value

    return run


def test_two_are_under_way_at_once_and_answers_keep_their_order() -> None:
    both = threading.Barrier(2, timeout=SOON)
    pieces = {name: Piece(returning(name, both.wait)) for name in ("first", "second")}
    assert list(abreast(pieces, silent).items()) == [("first", "first"), ("second", "second")]


def test_each_begins_after_what_it_waits_for() -> None:
    over: list[str] = []

    def noting(name: str) -> Callable[[Reporter], object]:
        return returning(None, lambda: over.append(name))

    abreast(
        {"last": Piece(noting("last"), ("middle", "aside")), "middle": Piece(noting("middle"), ("first",))}
        | {"first": Piece(noting("first")), "aside": Piece(noting("aside"))},
        silent,
    )
    assert over[-1] == "last"
    assert over.index("first") < over.index("middle")


def test_of_two_the_first_is_heard_and_then_the_other() -> None:
    said, over = threading.Event(), threading.Event()

    def first(progress: Reporter) -> None:
        progress("of the first")
        assert said.wait(SOON)

    def second(progress: Reporter) -> None:
        while not heard.stages:  # until the first has begun to speak
            assert not over.wait(0.001)
        progress("beside it")
        said.set()
        for _ in range(10_000):  # until the first has been found to be over
            progress("alone")
            if "alone" in heard.stages or over.wait(0.001):
                return

    heard = Heard()
    abreast({"first": Piece(first), "second": Piece(second)}, heard)
    assert heard.stages == ["of the first", "alone"]


@pytest.mark.parametrize("cancelled", [False, True])
def test_when_one_ends_badly_the_other_stops_at_its_next_report(cancelled: bool) -> None:
    begun, stopped = threading.Event(), threading.Event()

    class Stopping(Silent):
        def __call__(self, stage: str, done: int = 0, total: int | None = None, note: str = "") -> None:
            raise JobCancelled("Someone has.")

    def bad(progress: Reporter) -> None:
        assert begun.wait(SOON)
        progress("this is where it is cancelled")
        raise InvalidInput("This cannot be.")

    def long(progress: Reporter) -> None:
        begun.set()
        try:
            while True:
                progress("beside it")
        except JobCancelled:
            stopped.set()
            raise

    wanted: type[Exception] = JobCancelled if cancelled else InvalidInput
    with pytest.raises(wanted, match=r"Someone has\." if cancelled else r"This cannot be\."):
        abreast({"bad": Piece(bad), "long": Piece(long)}, Stopping() if cancelled else silent)
    assert stopped.is_set()


def test_pieces_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="first, second"):
        abreast(
            {"first": Piece(returning(1), ("second",)), "second": Piece(returning(2), ("first",))}
            | {"third": Piece(returning(3))},
            silent,
        )


def test_all_checks_at_once_find_what_each_finds_after_the_other(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for one in sorted(places.SAMPLE.rglob("*.webp"))[::6]:
        put = folder / one.relative_to(places.SAMPLE)
        put.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(one, put)
        shutil.copy(one, put.with_stem(f"{put.stem}_again")) if put.stem[-1] in "02468" else None
    before = Workspace.open(str(tmp_path / "one"))
    TASKS["add"](before, {"name": "some", "source": str(folder), "encoder": "pixels"}, silent, LOCAL)
    asked = {"name": "some", "encoder": "pixels"}
    TASKS["split"](before, {**asked, "apply": True}, silent, LOCAL)
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    after = Workspace.open(str(tmp_path / "other"))

    whole = TASKS["check"](before, asked, silent, LOCAL)
    names = ("photos", "duplicates", "outliers", "label_issues", "leakage", "balance")
    assert (tuple(whole["checks"]), whole["left_out"]) == (names, {})
    assert whole["checks"]["duplicates"]["exact_groups"] > 0
    for name in names:
        alone = TASKS[name](after, asked, silent, LOCAL)
        for fingerprint in (alone.get(key) for key in ("fingerprint", "cover", "shortcuts")):
            found, again = before.results.get(fingerprint or ""), after.results.get(fingerprint or "")
            assert (found is None) == (again is None) == (fingerprint is None), name
            if found is not None and again is not None:
                assert found.parameters == again.parameters, name
                for array, values in found.arrays.items():
                    again_values = again.arrays[array]
                    if np.issubdtype(values.dtype, np.floating):
                        # Beside each other they have a core each: sums of fewer threads are rounded otherwise.
                        np.testing.assert_allclose(
                            values, again_values, rtol=1e-3, atol=1e-5, err_msg=f"{name}: {array}"
                        )
                    else:
                        np.testing.assert_array_equal(values, again_values, err_msg=f"{name}: {array}")


def test_what_cannot_be_checked_is_left_out_and_said(tmp_path: Path) -> None:
    workspace = Workspace.open(str(tmp_path / "workspace"))
    TASKS["add"](workspace, {"name": "some", "source": "sample"}, silent, LOCAL)
    whole = TASKS["check"](workspace, {"name": "some"}, silent, LOCAL)
    assert set(whole["checks"]) == {"photos", "balance"}
    assert set(whole["left_out"]) == {"duplicates", "outliers", "label_issues", "leakage"}
    assert all("embed" in said for said in whole["left_out"].values())


def test_what_is_too_much_for_one_check_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedding_core.quality.labels.finding.LARGEST", 10)
    workspace = Workspace.open(str(tmp_path / "workspace"))
    asked = {"name": "some", "encoder": "pixels"}
    TASKS["add"](workspace, {**asked, "source": "sample"}, silent, LOCAL)
    whole = TASKS["check"](workspace, asked, silent, LOCAL)
    assert "probabilities" in whole["left_out"]["label_issues"]
    assert "duplicates" in whole["checks"]

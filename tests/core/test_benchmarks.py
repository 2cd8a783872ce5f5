"""What benchmarks say of what they measure: both outputs of one description, bars, growth, and the README's table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.__main__ import main, stored, write
from benchmarks.contest import Contestant, rounds
from benchmarks.embed.steady import Clock
from benchmarks.outside import Ran, ran
from benchmarks.peers import Missing
from benchmarks.report import Bar, Figure, Headline, Report, Table, readme, times
from benchmarks.scale.fitting import beyond, exponent, last_two
from benchmarks.start.reruns import OURS, THEIRS, whose
from benchmarks.synthetic import vectors as synthetic
from embedding_core.workspace import Workspace


def report() -> Report:
    table = Table("Speed", ("what", "s", "times", "others"))
    table.add("ours", 1234.5, times(4.26), (1, 2.5, None))
    table.add("theirs", None, Figure(80.0, "about {:.0f}", measured=False), "failed: no | wheel")
    bars = [Bar("ratio", 4.26, 4.0, "×", least=True), Bar("seconds", 3.4, 3.0, "s")]
    return Report([table], bars, [Headline("speed", {"a loop": 4.26, "a peer": 120.4}, ("3.4 s",))])


def test_markdown_and_json_come_from_one_description() -> None:
    said, counted = report().markdown(), report().json()
    assert "| ours | 1,234 | 4.3× | 1 / 2.5 /  |" in said
    assert "| theirs |  | *about 80, not measured* | failed: no \\| wheel |" in said
    rows = json.loads(json.dumps(counted))["tables"][0]["rows"]
    assert rows[0] == ["ours", 1234.5, 4.26, [1, 2.5, None]]
    assert rows[1] == ["theirs", None, {"value": 80.0, "measured": False}, "failed: no | wheel"]


@pytest.mark.parametrize(
    ("value", "least", "holds"),
    [(3.0, True, True), (2.99, True, False), (3.0, False, True), (3.01, False, False), (None, True, False)],
)
def test_a_bar_holds_up_to_its_bound_and_never_without_a_figure(value: float | None, least: bool, holds: bool) -> None:
    bar = Bar("a figure", value, 3.0, least=least)
    assert bar.holds is holds
    assert ("**does not hold**" in Report([], [bar]).markdown()) is not holds


def test_what_is_written_has_the_machine_the_date_and_whether_bars_hold(tmp_path: Path) -> None:
    write(report(), "map", tmp_path, date="2026-01-02", others=3.0)
    (found,) = stored(tmp_path)
    assert (found["name"], found["date"], found["other_work_percent"]) == ("map", "2026-01-02", 3.0)
    machine = found["machine"]
    assert isinstance(machine, dict)
    assert {"processor", "cores", "memory_gb", "python", "versions"} <= machine.keys()
    assert machine["versions"].keys() >= {"torch", "umap-learn"}
    assert [bar["holds"] for bar in found["bars"]] == [True, False]  # type: ignore[attr-defined]
    assert "Measured 2026-01-02 on " in (tmp_path / "map.md").read_text(encoding="utf-8")


def test_the_readme_has_a_row_for_each_headline_ratios_first(tmp_path: Path) -> None:
    write(report(), "map", tmp_path, date="2026-01-02", others=0.0)
    write(Report([], [], [Headline("start", {}, ("3 s",))]), "start", tmp_path, date="2026-01-02", others=0.0)
    lines = readme(stored(tmp_path)).splitlines()
    assert lines[2] == "| speed | 4.26× a loop; 120× a peer | 3.4 s | 1 of 2; not: seconds |"
    assert lines[3] == "| start |  | 3 s |  |"
    assert len(lines) == 4


def test_results_that_are_kept_can_be_read_for_the_readme(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["readme"]) == 0
    assert capsys.readouterr().out.startswith("|  | a peer takes | Kindred takes |")


def test_an_unknown_benchmark_is_refused_before_any_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", "speed"]) == 2
    assert "No benchmark is called 'speed'" in capsys.readouterr().err


def test_the_exponent_is_that_of_the_power_law() -> None:
    measured = {n: 3e-6 * n**1.5 for n in (1_000, 10_000, 100_000)}
    assert exponent(measured) == pytest.approx(1.5)
    assert last_two(measured) == pytest.approx(1.5)
    assert beyond(measured, 1_000_000) == pytest.approx(3e-6 * 1_000_000**1.5)


def test_fixed_costs_hide_growth_from_the_fit_but_less_from_the_last_two() -> None:
    measured = {n: 5 + 1e-3 * n for n in (1_000, 10_000, 100_000)}
    fitted, last = exponent(measured), last_two(measured)
    assert fitted is not None
    assert last is not None
    assert fitted < last < 1


def test_one_size_has_no_exponent_and_nothing_beyond_it() -> None:
    assert exponent({1_000: 2.0}) is None
    assert beyond({1_000: 2.0}, 10_000) is None
    with pytest.raises(ValueError, match="above 0"):
        exponent({1_000: 0.0, 10_000: 1.0})


def took(seconds: float, said: str = "{}") -> Ran:
    return Ran(seconds, 100.0, 0, said, "")


def test_contestants_take_turns_and_long_or_failing_ones_run_once() -> None:
    order: list[str] = []

    def contestant(name: str, done: Ran | Missing, *, once: bool = False) -> Contestant:
        def run() -> Ran | Missing:
            order.append(name)
            return done

        return Contestant(name, "", run, once)

    scores = rounds(
        [
            contestant("quick", took(2.0, '{"seconds": 1.5}')),
            contestant("slow", took(80.0)),
            contestant("absent", Missing("no wheel")),
            contestant("known", took(1.0), once=True),
        ],
        most=3,
        cheap=60,
    )
    assert order == ["quick", "slow", "absent", "known", "quick", "quick"]
    assert scores["slow"].ratio(scores["quick"]) == 40
    assert scores["quick"].own() == 1.5
    assert scores["absent"].ratio(scores["quick"]) is None
    assert str(scores["absent"].missing) == "failed: no wheel"


def test_a_command_is_watched_with_its_children() -> None:
    child = "import time; held = bytearray(200 * 2**20); time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('{{\"a\": 1}}')"
    done = ran([sys.executable, "-c", code])
    assert done.status == 0
    assert done.peak_mb > 200
    assert peers.answer(done) == {"a": 1}


def test_a_command_that_takes_too_long_is_ended() -> None:
    done = ran([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.5)
    assert done.status is None
    assert done.seconds < 30
    assert str(peers.judged(done)).startswith("failed: did not end within ")


def test_a_peer_that_fails_says_why(tmp_path: Path) -> None:
    script = tmp_path / "peer.py"
    script.write_text("raise ImportError('there is no such thing')", encoding="utf-8")
    assert peers.run((), script) == Missing("ImportError: there is no such thing")


def test_a_peer_whose_packages_cannot_be_installed_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*packages: str) -> Path:
        raise peers.PeerUnavailable(f"pip: No matching distribution found for {packages[0]}")

    monkeypatch.setattr(peers, "python", refuse)
    found = peers.run(("nothing-like-it",), tmp_path / "peer.py")
    assert found == Missing("pip: No matching distribution found for nothing-like-it")


def stack(*files: str) -> Any:
    """Frames of these files, the innermost first."""
    frame = None
    for file in reversed(files):
        frame = SimpleNamespace(f_code=SimpleNamespace(co_filename=file), f_back=frame)
    return frame


def test_time_of_a_rerun_belongs_to_the_innermost_of_the_two() -> None:
    page, cache = f"{OURS[0]}/data.py", f"{THEIRS}/runtime/caching/cache_utils.py"
    assert whose(stack("numpy/core.py", page, cache)) == "ours"
    assert whose(stack("typing.py", cache, page)) == "theirs"
    assert whose(stack("threading.py")) is None


def test_the_steady_rate_leaves_out_the_beginning_and_the_end() -> None:
    clock = Clock()
    clock.seen = [(10.0, 16, 100), (11.0, 32, 100), (13.0, 64, 100), (15.0, 96, 100), (90.0, 100, 100)]
    assert clock.rate() == (96 - 32) / (15.0 - 11.0)


def test_synthetic_vectors_follow_from_their_seed_and_are_written_once(tmp_path: Path) -> None:
    assert np.array_equal(synthetic.clustered(40), synthetic.clustered(40))
    name = synthetic.ensure(40, tmp_path)
    dataset = Workspace.open(str(tmp_path)).dataset(name)
    stored_vectors = dataset.embedding(synthetic.ENCODER).matrix()
    assert np.array_equal(stored_vectors, synthetic.clustered(40))
    before = dataset.token
    assert synthetic.ensure(40, tmp_path) == name
    assert Workspace.open(str(tmp_path)).dataset(name).token == before


def test_synthetic_vectors_vary_in_few_directions() -> None:
    vectors = synthetic.clustered(400)
    spread = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    assert spread[: synthetic.INNER].sum() / spread.sum() > 0.9

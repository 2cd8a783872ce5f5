"""docs/scale.md: the simulation meets what was measured, its tables are what it gives, the manifests parse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import scale_simulation as scale
from benchmarks.scale_simulation import Cluster, Costs
from embedding_core.arguments import parser

DOCS = Path(__file__).resolve().parents[2] / "docs"
UNITS = json.loads(scale.UNITS.read_text(encoding="utf-8"))
COSTS = Costs(start=1, boot=2, compute=0.01, other=0.002, keep=0.1, piece=0, commit=0, image_bytes=100_000, pair=1e-9)


@pytest.mark.parametrize("run", UNITS["runs"], ids=lambda run: f"{run['workers']} workers")
def test_the_simulation_meets_what_was_measured(run: dict[str, Any]) -> None:
    """The costs are those of one worker; of two they are a prediction. The bucket on this machine has no network."""
    here = Cluster(run["workers"], UNITS["cores"], bandwidth=1e12)
    found = scale.simulate(scale.measured(UNITS), here, run["images"], run["block"])
    assert found.seconds == pytest.approx(run["total"], rel=0.25)
    assert found.steady == pytest.approx((run["images"] - run["block"]) / run["rest"], rel=0.25)


def test_scaling_stops_where_bucket_or_driver_are_busy() -> None:
    wide = Cluster(10, 100, bandwidth=1e9)
    assert scale.simulate(COSTS, wide, 10**6, 1000).limit == "workers"
    assert scale.simulate(COSTS, wide, 10**6, 1000).steady == pytest.approx(1000, rel=0.02)
    many = Cluster(1000, 10_000, bandwidth=1e9)
    starved = scale.simulate(COSTS, many, 10**7, 4000)
    assert (starved.limit, starved.steady) == ("bandwidth", pytest.approx(1e4, rel=0.02))
    late = scale.simulate(COSTS, Cluster(1000, 10_000, bandwidth=1e12), 10**6, 100)
    assert (late.limit, late.steady) == ("driver", pytest.approx(1000, rel=0.02))
    assert scale.knee(COSTS, 1e9, 4000) == 100


def test_two_workers_on_cores_for_one_are_no_faster() -> None:
    costs = COSTS.__class__(**{**vars(COSTS), "other": 0.0})
    one = scale.simulate(costs, Cluster(1, 1, 1e12), 10_000, 100)
    two = scale.simulate(costs, Cluster(2, 1, 1e12), 10_000, 100)
    assert two.seconds == pytest.approx(one.seconds, rel=0.05)


def test_the_guide_shows_what_the_simulation_gives() -> None:
    text = (DOCS / "scale.md").read_text(encoding="utf-8")
    for table in (scale.run(), scale.planned()):
        for row in table.rows:
            assert f"| {' | '.join(row)} |" in text


def test_the_cluster_file_parses_and_holds_no_credentials() -> None:
    text = (DOCS / "scale" / "ray-cluster.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    assert text.startswith("# NOT RUN")
    assert found["head_node_type"] in found["available_node_types"]
    assert found["available_node_types"]["head"]["resources"]["CPU"] == 0
    assert "AWS_SECRET" not in text


def test_the_kubernetes_manifest_parses_and_calls_a_command_that_exists() -> None:
    text = (DOCS / "scale" / "kuberay.yaml").read_text(encoding="utf-8")
    (found,) = yaml.safe_load_all(text)
    assert text.startswith("# NOT RUN")
    assert (found["apiVersion"], found["kind"]) == ("ray.io/v1", "RayJob")
    entrypoint = found["spec"]["entrypoint"].split()
    assert entrypoint[:3] == ["python", "-m", "embedding_core"]
    arguments = parser().parse_args(entrypoint[3:])
    assert (arguments.engine, arguments.address) == ("ray", "auto")
    groups = [found["spec"]["rayClusterSpec"]["headGroupSpec"], *found["spec"]["rayClusterSpec"]["workerGroupSpecs"]]
    for group in groups:
        (container,) = group["template"]["spec"]["containers"]
        assert {one["name"] for one in container["env"]} >= {"KINDRED_WORKSPACE", "PYTHONPATH"}
        assert not any("SECRET" in one["name"] for one in container["env"]), "by reference alone"
        assert container["envFrom"] == [{"secretRef": {"name": "kindred-bucket"}}]

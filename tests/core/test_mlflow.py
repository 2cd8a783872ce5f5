"""Runs in MLflow, read back by MLflow's own client."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from embedding_core import derived
from embedding_core.errors import InvalidInput
from embedding_core.export import mlflow
from embedding_core.records import LOCAL
from embedding_core.workspace import Dataset, Workspace


@pytest.fixture
def tried(tmp_path: Path) -> tuple[Workspace, Dataset]:
    workspace = Workspace.open(str(tmp_path / "workspace"))
    dataset = workspace.create("birds & bees")
    for kind, value in (("probe", 0.5), ("finetune", 0.75)):
        derived.record(
            workspace,
            dataset,
            LOCAL,
            kind=kind,
            encoder="efficientnet-lite0",
            version="now",
            data="d",
            scores={"accuracy": derived.Score(value, value - 0.1, value + 0.1), "top 5 (%)": derived.Score(1.0)},
            parameters={"folds": 5, "rates": [1e-3, 1e-4], "long": "x" * 9000},
            seconds=2.0,
            seed=7,
        )
    return workspace, dataset


def test_a_database_holds_every_run_for_mlflows_own_client(tried: tuple[Workspace, Dataset], tmp_path: Path) -> None:
    workspace, dataset = tried
    file = tmp_path / "taken.db"
    file.write_bytes(mlflow.database(derived.runs(workspace, dataset), dataset))
    client = MlflowClient(tracking_uri=f"sqlite:///{file}")
    experiment = client.get_experiment_by_name("birds & bees")
    newest, oldest = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"])
    assert newest.data.metrics == {
        "accuracy": 0.75,
        "accuracy_low": 0.65,
        "accuracy_high": 0.85,
        "top 5 ___": 1.0,
        "seconds": 2.0,
    }
    assert oldest.data.tags["kindred.kind"] == "probe"
    assert oldest.data.params["seed"] == "7"
    assert oldest.data.params["rates"] == "[0.001, 0.0001]"
    assert oldest.info.status == "FINISHED"
    assert oldest.info.end_time - oldest.info.start_time == 2000


def test_a_run_is_sent_once(tried: tuple[Workspace, Dataset], tmp_path: Path) -> None:
    workspace, dataset = tried
    uri = f"sqlite:///{tmp_path / 'there.db'}"
    runs = derived.runs(workspace, dataset)
    assert (mlflow.send(runs[1:], dataset, uri), mlflow.send(runs, dataset, uri), mlflow.send(runs, dataset, uri)) == (
        1,
        1,
        0,
    )


def test_a_path_is_a_database(tried: tuple[Workspace, Dataset], tmp_path: Path) -> None:
    workspace, dataset = tried
    runs = derived.runs(workspace, dataset)
    assert mlflow.send(runs, dataset, str(tmp_path / "mine.db")) == len(runs)
    assert mlflow.send(runs, dataset, f"sqlite:///{tmp_path / 'mine.db'}") == 0  # they are there


def test_an_address_that_leads_nowhere_is_said(tried: tuple[Workspace, Dataset]) -> None:
    workspace, dataset = tried
    with pytest.raises(InvalidInput, match="did not take the runs"):
        mlflow.send(derived.runs(workspace, dataset), dataset, "nowhere://at-all")


def test_without_mlflow_it_says_what_to_install(
    tried: tuple[Workspace, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = tried
    monkeypatch.setattr(mlflow, "installed", lambda: False)
    with pytest.raises(InvalidInput, match=r"pip install -r requirements-mlflow\.txt"):
        mlflow.send(derived.runs(workspace, dataset), dataset, "sqlite:///x.db")


def test_a_run_that_was_cut_off_is_sent_anew(
    tried: tuple[Workspace, Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, dataset = tried
    uri = f"sqlite:///{tmp_path / 'runs.db'}"

    def cut_off(*_: object, **__: object) -> None:
        raise OSError("cut off")

    with monkeypatch.context() as broken, pytest.raises(InvalidInput, match="cut off"):
        broken.setattr(MlflowClient, "log_batch", cut_off)
        mlflow.send(derived.runs(workspace, dataset), dataset, uri)
    assert mlflow.send(derived.runs(workspace, dataset), dataset, uri) == 2
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("birds & bees")
    listed = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in listed] == ["FINISHED"] * 2
    assert all(run.data.metrics["seconds"] == 2.0 for run in listed)

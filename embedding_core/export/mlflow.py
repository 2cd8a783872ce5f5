"""Runs taken to MLflow, by MLflow's own client: into a database of its own, or to a tracking server."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from embedding_core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedding_core.evaluate.runs import Run
    from embedding_core.workspace import Dataset

_ADVICE = "Runs go to MLflow by its own client, which is not installed. pip install -r requirements-mlflow.txt"
_LENGTH = 500  # characters that MLflow takes of a parameter's value
_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}  # unless set otherwise
_OWN = "kindred.run"  # the tag by which a run that is there already is known


def installed() -> bool:
    """Whether MLflow's client is there."""
    from importlib.util import find_spec

    return find_spec("mlflow") is not None


def send(runs: Sequence[Run], dataset: Dataset, uri: str) -> int:
    """Send runs to the tracking server or database at `uri`, into an experiment of the dataset's name.

    A path without a scheme is the file of an SQLite database, made where there is none.

    A run that has been sent there before is not sent again. Returns how many are new. Raises `InvalidInput` where
    MLflow is not installed or the address leads nowhere.
    """
    if not installed():
        raise InvalidInput(_ADVICE)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow").setLevel(logging.WARNING)  # how it makes its tables is of no interest
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    if "://" not in uri:
        uri = f"sqlite:///{Path(uri).absolute()}"
    try:
        client = MlflowClient(tracking_uri=uri)
        found = client.get_experiment_by_name(dataset.name)
        experiment = client.create_experiment(dataset.name) if found is None else found.experiment_id
        there = set()
        for run in _all(client, experiment):
            own = run.data.tags.get(_OWN)
            if own and run.info.status == "RUNNING":  # cut off while it was sent
                client.delete_run(run.info.run_id)
            else:
                there.add(own)
        new = [run for run in reversed(runs) if run.id not in there]
        for run in new:
            _send(client, experiment, run, dataset)
    except (MlflowException, OSError) as error:
        raise InvalidInput(f"MLflow at {uri} did not take the runs: {error}") from error
    return len(new)


def database(runs: Sequence[Run], dataset: Dataset) -> bytes:
    """An SQLite database with the runs, for `mlflow ui --backend-store-uri sqlite:///FILE`. Raises `InvalidInput`."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "mlflow.db")
        send(runs, dataset, f"sqlite:///{file}")
        return file.read_bytes()


def _all(client: Any, experiment: str) -> list[Any]:
    found, token = [], None
    while True:
        page = client.search_runs([experiment], max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _send(client: Any, experiment: str, run: Run, dataset: Dataset) -> None:
    from mlflow.entities import Metric, Param, RunTag

    begun = round(1000 * (run.created - run.seconds))
    tags = {
        _OWN: run.id,
        "kindred.kind": run.kind,
        "kindred.dataset": dataset.uuid,
        "kindred.version": run.version,
        "kindred.data": run.data,
        "kindred.test": run.test,
        "kindred.result": run.result,
        "mlflow.user": run.who,
    }
    parameters: dict[str, Any] = {"encoder": run.encoder, "seed": run.seed, **run.parameters}
    metrics: dict[str, float] = {"seconds": run.seconds}
    for name, score in run.scores.items():
        metrics[name] = score.value
        if score.low is not None and score.high is not None:
            metrics |= {f"{name}_low": score.low, f"{name}_high": score.high}
    now = round(1000 * run.created)
    made = client.create_run(experiment, start_time=begun, run_name=f"{run.kind} {run.encoder}", tags={_OWN: run.id})
    client.log_batch(
        made.info.run_id,
        metrics=[Metric(_allowed(name), float(value), now, 0) for name, value in metrics.items()],
        params=[Param(_allowed(name), _text(value)) for name, value in parameters.items()],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )
    client.set_terminated(made.info.run_id, end_time=now)


def _allowed(name: str) -> str:
    """A name with the characters that MLflow takes."""
    return "".join(char if char.isalnum() or char in "_-. /" else "_" for char in name)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"

"""Small real workspaces for tests of pages, the frame opened on them, and a runner that only remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from embedding_core.encoders import registry
from embedding_core.errors import UnknownJob
from embedding_core.fingerprint import digest
from embedding_core.jobs import ACTIVE, Job
from embedding_core.records import LOCAL, Actor, ImageRecord
from embedding_core.workspace import Dataset, Workspace
from pages.parts import server

FRAME = Path(__file__).parent.parent.parent / "pages" / "frame.py"


class Remembering:
    """As much of `JobRunner` as pages use. Nothing runs: a test says how a job went on."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    def submit(
        self, kind: str, parameters: Mapping[str, Any], *, dataset: str = "", actor: Actor = LOCAL, lane: str = "long"
    ) -> Job:
        job = Job(f"job{len(self.jobs)}", kind, dataset, dict(parameters), actor, lane, created=float(len(self.jobs)))
        self.jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise UnknownJob(job_id, self.jobs)
        return self.jobs[job_id]

    def list(self, dataset: str | None = None, *, active_only: bool = False) -> list[Job]:
        return [
            job
            for job in reversed(self.jobs.values())
            if (dataset is None or job.dataset == dataset) and (not active_only or job.state in ACTIVE)
        ]

    def cancel(self, job_id: str, actor: Actor) -> None:
        self.becomes(job_id, state="cancelled")

    def becomes(self, job_id: str, **facts: Any) -> None:
        self.jobs[job_id] = replace(self.jobs[job_id], **facts)

    def shutdown(self) -> None: ...


@contextmanager
def serving(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[tuple[Workspace, Remembering]]:
    """The server's workspace in `folder`, and a runner that remembers, until the end of the test."""
    patch.setenv("KINDRED_WORKSPACE", str(folder))
    patch.delenv("KINDRED_DATA_ROOTS", raising=False)
    server.close()
    runner = Remembering()
    patch.setattr(server, "runner", lambda: runner)
    yield server.workspace(), runner
    server.close()


def open_app(**query: str) -> AppTest:
    """The frame on Start, with these query parameters."""
    app = AppTest.from_file(str(FRAME), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def open_page(page: str, **query: str) -> AppTest:
    """A page as a link opens it: in a session of its own, with these query parameters."""
    app = AppTest.from_file(str(FRAME), default_timeout=30).run()
    for name in list(app.query_params):
        del app.query_params[name]
    app.switch_page(page)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def birds(workspace: Workspace, name: str = "birds", count: int = 6, *, encoder: str | None = "pixels") -> Dataset:
    """Images a/0.png, b/1.png, a/2.png, …, labelled by folder, split in two, with a metadata column."""
    dataset = workspace.create(name)
    paths = [f"{'ab'[number % 2]}/{number}.png" for number in range(count)]
    records = [
        ImageRecord(path, digest(path.encode()), 40 + number, 30, "PNG", 1000 + number, b"thumb", path.encode())
        for number, path in enumerate(paths)
    ]
    ids = dataset.image_ids(paths)
    dataset.put_images(ids, records)
    dataset.put_attributes(
        ids,
        labels=[path[0] for path in paths],
        splits=["train" if number < count / 2 else "val" for number in range(count)],
        metadata=pa.table({"wingspan": [10.0 * number for number in range(count)]}),
    )
    workspace.update(dataset, label_source="folders", split_source="prefix")
    if encoder:
        embed(dataset, encoder)
    return workspace.dataset(name)


def embed(dataset: Dataset, encoder: str, count: int | None = None) -> None:
    """Made-up vectors for the first `count` images."""
    card = registry.card(encoder)
    images = dataset.images().slice(0, count)
    matrix = np.random.default_rng(0).normal(size=(len(images), card.dim)).astype(np.float32)
    dataset.vectors.put(card, images["id"].to_pylist(), images["sha256"].to_pylist(), matrix)


def texts(app: AppTest) -> str:
    """Everything that is written on the page, in one text."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.error, app.info, app.success, app.text)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def cards(app: AppTest) -> dict[int, dict[str, Any]]:
    """What the cards of Clusters are told, by the group's number."""
    shown = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "kindred_group_cards"]
    return {card["number"]: card for one in shown for card in json.loads(one.json)["cards"]}

"""What tests of several folders share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import buckets


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[buckets.BucketServer]:
    with buckets.bucket_server(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture
def bucket(
    bucket_server: buckets.BucketServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URI of a workspace in an empty bucket of its own; the environment says how to reach it."""
    for name in buckets.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    for name, value in bucket_server.environment.items():
        monkeypatch.setenv(name, value)
    name = f"kindred-{abs(hash(request.node.nodeid)) % 10**10}"
    yield bucket_server.create(name) + "/team/workspace"
    bucket_server.remove(name)

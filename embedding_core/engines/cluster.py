"""A Ray cluster, or one that is started on this machine for the length of a run, and what of it each worker gets."""

from __future__ import annotations

import logging
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from embedding_core.errors import InvalidInput

GPU_SHARE = 0.5  # of a GPU for each worker: while one decodes, the other computes
READER = 0.25  # of a CPU: a reader waits for the disk or the network
STORE = 300 * 2**20  # bytes of shared memory for blocks under way, where we start Ray ourselves
CODE = Path(__file__).resolve().parents[1]  # the package that workers import


@dataclass(frozen=True, slots=True)
class Shape:
    """How work is laid out over a cluster."""

    workers: int  # processes that hold a model each
    cpus: float  # of each of them
    gpus: float  # of each of them
    reader: float  # CPUs of a process that reads

    @property
    def threads(self) -> int:
        """Threads that a worker may compute with."""
        return max(1, int(self.cpus))


def shape(resources: dict[str, float], workers: int | None = None) -> Shape:
    """Lay out work over `resources` (CPU and GPU, as Ray counts them).

    Where there are GPUs, two workers share each; otherwise one worker a CPU. An eighth of the CPUs, at least a part of
    one, is left to readers: workers on all CPUs wait for blocks that nobody has room to read, for ever. `workers` says
    otherwise, in shares of CPUs if need be. Raises `InvalidInput` below 1.
    """
    cpus, gpus = resources.get("CPU", 1.0), resources.get("GPU", 0.0)
    if workers is not None and workers < 1:
        raise InvalidInput(f"Embedding wants at least 1 worker, not {workers}.")
    if gpus:
        count = workers or max(1, int(gpus / GPU_SHARE))
        share = gpus / count if count > gpus else 1.0
        return Shape(count, max(0.5, (cpus - _spare(cpus)) // count), share, READER)
    count = workers or max(1, int(cpus - max(1.0, cpus // 8)))
    left = cpus - min(_spare(cpus), cpus / (count + 1))
    each = min(1.0, left / count)
    return Shape(count, round(each - 0.0005, 3), 0.0, min(READER, round((cpus - left) / 2, 3)))


def _spare(cpus: float) -> float:
    return max(1.0, cpus // 8)


@contextmanager
def cluster(address: str | None = None, *, cpus: int | None = None) -> Iterator[dict[str, float]]:
    """Within the `with`, a Ray that is connected; gives its resources. Without an `address` it is started, and ended.
    A connection that is there already is used, and stays.

    Credentials are not handed on: workers started here inherit the environment, and the machines of a cluster have
    their own. Raises `InvalidInput` when Ray is not installed or the address does not answer.
    """
    ray = library()
    if address is not None:
        _check_reachable(address)
    if ray.is_initialized():
        yield dict(ray.cluster_resources())
        return
    with warnings.catch_warnings():
        # Ray starts its processes by forking, and LanceDB warns of that; they become other programs at once.
        warnings.filterwarnings("ignore", message="lancedb fork support")
        _connect(ray, address, cpus)
    try:
        yield dict(ray.cluster_resources())
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str | None, cpus: int | None) -> None:
    import_module("ray.data")  # it sets its own level when it is imported
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)  # it tells of each step
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    environment = threads(1)
    try:
        if address is None:
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CODE.parent), os.environ.get("PYTHONPATH")]))
            ray.init(
                address="local",  # else Ray takes any that it finds on this machine, or what is left of one
                num_cpus=cpus or max(2, os.cpu_count() or 2),
                object_store_memory=STORE,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                runtime_env={"env_vars": environment},
            )
        else:
            code: dict[str, Any] = {"env_vars": environment, "py_modules": [str(CODE)]}
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, runtime_env=code)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise InvalidInput(
            f"Ray at {address or 'this machine'} cannot be used: {' '.join(str(error).split())[:300]}. Of a cluster "
            "with tokens, RAY_AUTH_MODE=token and RAY_AUTH_TOKEN must be set here as there."
        ) from None


def _check_reachable(address: str) -> None:
    """Raises `InvalidInput` when nobody is at host:port: Ray itself would try for two minutes."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    try:
        if parts.hostname is None or parts.port is None:  # such as auto: Ray knows where that is
            return
        with socket.create_connection((parts.hostname, parts.port), timeout=5):
            return
    except (OSError, ValueError):
        raise InvalidInput(
            f"No Ray cluster answers at {address}. Give the address that `ray start --head` prints, as host:port."
        ) from None


def threads(count: int) -> dict[str, str]:
    """The variables that hold numerical libraries, and our own, to so many threads."""
    return {"OMP_NUM_THREADS": str(count), "OPENBLAS_NUM_THREADS": str(count)}


def library() -> Any:
    """Ray itself. Raises `InvalidInput` when it is not installed."""
    if find_spec("ray") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise InvalidInput(
            f"The engine ray needs Ray, which this Python {version} does not have: "
            "pip install -r requirements-cluster.txt"
        )
    import ray

    return ray

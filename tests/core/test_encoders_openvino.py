"""Networks converted for OpenVINO: kept, read again, and never telling anyone about it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embedding_core import places
from embedding_core.encoders import converted
from embedding_core.encoders.openvino_runtime import OpenVinoEncoder
from tests.core.tiny_network import CARD, build


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> converted.Converted:
    monkeypatch.setenv("KINDRED_CACHE", str(tmp_path))
    return converted.convert(build())


def pictures(count: int) -> np.ndarray:
    side = CARD.input_size
    return np.random.default_rng(0).integers(0, 255, (count, 3, side, side), dtype=np.uint8)


def test_a_kept_network_gives_the_same_vectors_and_categories(network: converted.Converted) -> None:
    assert converted.kept(CARD) is None
    converted.keep(network)
    again = converted.kept(CARD)
    assert again is not None
    one, two = (OpenVinoEncoder(each, bf16=False) for each in (network, again))
    vectors = one.encode(pictures(2))
    np.testing.assert_array_equal(vectors, two.encode(pictures(2)))
    assert one.categories(vectors) == two.categories(vectors) is not None


def test_what_is_kept_is_whole_and_alone(network: converted.Converted) -> None:
    converted.keep(network)
    converted.keep(network)  # as another process that was second
    home = converted.folder(CARD)
    assert sorted(file.name for file in home.iterdir()) == ["head.npz", "names.json", "network.bin", "network.xml"]
    assert list(home.parent.iterdir()) == [home]


@pytest.mark.parametrize("file", ["network.xml", "network.bin", "head.npz", "names.json"])
def test_a_damaged_one_is_thrown_away(file: str, network: converted.Converted) -> None:
    converted.keep(network)
    (converted.folder(CARD) / file).write_bytes(b"\0")
    assert converted.kept(CARD) is None
    assert not converted.folder(CARD).exists()


def test_a_cache_that_cannot_be_written_is_no_error(network: converted.Converted, tmp_path: Path) -> None:
    (tmp_path / "networks").write_text("a file where the folder should be")
    converted.keep(network)
    assert converted.kept(CARD) is None


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("hint", ["THROUGHPUT", "LATENCY"])
def test_any_number_of_images_is_taken_whatever_a_pass_takes(
    batch: int, hint: str, network: converted.Converted
) -> None:
    encoder = OpenVinoEncoder(network, batch=batch, hint=hint, bf16=False)  # type: ignore[arg-type]
    inputs = pictures(7)
    alone = np.concatenate([encoder.encode(inputs[row : row + 1]) for row in range(7)])
    np.testing.assert_allclose(encoder.encode(inputs), alone, rtol=0, atol=1e-4)
    read_only = inputs.copy()
    read_only.flags.writeable = False
    np.testing.assert_allclose(encoder.encode(read_only), alone, rtol=0, atol=1e-4)


PROGRAM = """
import sys
import numpy as np
from embedding_core.encoders import registry
encoder = registry.load("efficientnet-lite0", device="cpu")
encoder.categories(encoder.encode(np.zeros((1, 3, 224, 224), np.uint8)))
print(encoder.device, "torch" in sys.modules, sys.modules.get("openvino_telemetry"))
"""


def test_the_second_process_needs_no_torch_and_none_reports_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "CI"}  # there it would keep quiet
    environment |= {"HOME": str(home), "KINDRED_CACHE": str(tmp_path / "cache")}
    said = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            cwd=places.SAMPLE.parent.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for _ in range(2)
    ]
    assert said[0][:-2] == said[1][:-2], "the second one runs as the first one chose"
    assert said[1][-1] == "None"
    if "openvino" in said[1]:
        assert said[1][-2] == "False"
    assert not (home / "intel").exists()


FIRST_CALLS = """
import os, sys, threading
import numpy as np
from embedding_core.encoders import converted
from embedding_core.encoders.openvino_runtime import OpenVinoEncoder
from tests.core.tiny_network import CARD
encoder = OpenVinoEncoder(converted.kept(CARD))
sys.setswitchinterval(1e-6)
together = threading.Barrier(4)
picture = np.zeros((1, 3, CARD.input_size, CARD.input_size), np.uint8)
def call():
    together.wait()
    encoder.encode(picture)
threads = [threading.Thread(target=call) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
"""


def test_threads_that_make_their_first_calls_together_do_not_wait_for_each_other(network: converted.Converted) -> None:
    """One that hangs holds Python's lock, so it is ended from outside. Unmended, each hangs every other time."""
    converted.keep(network)
    processes = [subprocess.Popen([sys.executable, "-c", FIRST_CALLS]) for _ in range(3)]
    try:
        assert [process.wait(timeout=90) for process in processes] == [0, 0, 0]
    finally:
        for process in processes:
            process.kill()

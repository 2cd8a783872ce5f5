"""Photographs of 12 megapixels, as a camera's: made once from smaller ones, and embedded against the plain loop."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.outside import Ran, ran
from benchmarks.peers import Missing, answer, judged
from benchmarks.peers import run as run_peer
from benchmarks.report import Table, data, times
from benchmarks.surroundings import BENCH
from embedding_core import places

SIZE = (4000, 3000)
QUALITY = 90
NOISE = 5.0  # levels of 255, of a sensor; without it an enlarged image is too easy to decode
PLACE = BENCH / "photographs"


def ensure(count: int) -> Path:
    """A folder with `count` of them; made where missing, always the same."""
    folder = PLACE / str(count)
    if folder.is_dir():
        return folder
    print(f"  making {count} photographs of 12 megapixels", flush=True)
    making = PLACE / f"{count}-making"
    making.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number, image in enumerate(_originals(count)):
        large = np.asarray(image.resize(SIZE, Image.Resampling.BICUBIC), np.float32)
        grain = random.standard_normal(large.shape[:2], np.float32)[..., None] * NOISE
        shot = Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8))
        shot.save(making / f"{number:03}.jpg", quality=QUALITY)
    return making.rename(folder)


def contest(ours: str, scratch: Path, loop: Path, *, count: int) -> tuple[Table, float | None]:
    """Seconds an image of `add --embed` and of the plain loop, and how many times as long the latter takes."""
    folder = ensure(count)
    size = sum(file.stat().st_size for file in folder.iterdir()) / count / 1e6
    note = (
        f"{count} JPEGs of {SIZE[0]} × {SIZE[1]} pixels, quality {QUALITY}, {size:.1f} MB each: enlarged photographs "
        "with a sensor's noise. The loop decodes every pixel with Pillow. Runs in turns; the better of two."
    )
    columns = ("", "takes times as long", "an image, start left out, ms", "whole process, s", "memory, MB")
    table = Table("Photographs of 12 megapixels", columns, note=note)
    found: dict[str, list[Ran]] = {ours: [], "plain torch loop": []}
    trouble: dict[str, Missing] = {}
    for turn in range(2):
        command = [sys.executable, "-m", "embedding_core", "add", "large", str(folder), "--embed", "--json"]
        _keep(found, trouble, ours, judged(ran([*command, "--workspace", str(scratch / f"large-{turn}")])))
        _keep(found, trouble, "plain torch loop", run_peer((), loop, folder))
    best = {name: min(answer(one)["seconds"] for one in runs) / count for name, runs in found.items() if runs}
    for name, runs in found.items():
        if not runs:
            table.add(name, str(trouble[name]), None, None, None)
            continue
        ratio = times(best[name] / best[ours]) if ours in best else None
        whole, memory = min(one.seconds for one in runs), max(one.peak_mb for one in runs)
        table.add(name, ratio, best[name] * 1000, whole, memory)
    return table, best["plain torch loop"] / best[ours] if len(best) == 2 else None


def _keep(found: dict[str, list[Ran]], trouble: dict[str, Missing], name: str, done: Ran | Missing) -> None:
    if isinstance(done, Missing):
        trouble[name] = done
    else:
        found[name].append(done)


def _originals(count: int) -> list[Image.Image]:
    """Photographs, else the sample's drawings where there are none."""
    clothing = data("clothing.tar")
    if clothing is None:
        return [Image.open(file).convert("RGB") for file in sorted(places.SAMPLE.rglob("*.webp"))[:count]]
    found = []
    with tarfile.open(clothing) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and len(found) < count:
                found.append(Image.open(content).convert("RGB"))
    return found

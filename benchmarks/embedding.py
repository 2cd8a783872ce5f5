"""From files to stored vectors and thumbnails, against the loop that everybody writes first: fp32, Pillow, Resize."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from benchmarks.report import Table, data
from embedding_core import places

LOOP = """
import sys
from pathlib import Path
import timm, torch
from PIL import Image
from torchvision import transforms
from embedding_core.encoders import efficientnet
net = timm.create_model("tf_efficientnet_lite0").eval()
net.load_state_dict(efficientnet.renamed(efficientnet.original_weights("efficientnet-lite0"), net.state_dict(), "net"))
prepare = transforms.Compose([transforms.Resize(256, transforms.InterpolationMode.BICUBIC), transforms.CenterCrop(224),
    transforms.ToTensor(), transforms.Normalize((.5, .5, .5), (.5, .5, .5))])
files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".jpg", ".webp"))
with torch.inference_mode():
    for start in range(0, len(files), 32):
        batch = torch.stack([prepare(Image.open(file).convert("RGB")) for file in files[start:start + 32]])
        net.forward_head(net.forward_features(batch), pre_logits=True)
"""


def run() -> Table:
    table = Table(
        "Embedding, from files to stored vectors",
        ("data", "plain torch loop, s", "`add --embed`, s", "ratio"),
        note="Whole processes by wall clock, start included; the loop stores nothing and makes no thumbnails.",
    )
    with tempfile.TemporaryDirectory() as folder:
        sets = [("sample, 711 WebP", places.SAMPLE)]
        clothing = data("clothing.tar")
        if clothing is None:
            print("  clothing.tar: not there (set KINDRED_BENCH_DATA), left out")
        else:
            with tarfile.open(clothing) as archive:
                archive.extractall(Path(folder) / "clothing", filter="data")
            sets.append(("clothing, 3,781 JPEG", Path(folder) / "clothing"))
        for title, source in sets:
            plain = _seconds([sys.executable, "-c", LOOP, str(source)])
            workspace = str(Path(folder) / "workspace")
            ours = _seconds(
                [sys.executable, "-m", "embedding_core", "add", title, str(source), "--embed", "--workspace", workspace]
            )
            table.add(title, f"{plain:.1f}", f"{ours:.1f}", f"{plain / ours:.1f}×")
    return table


def _seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun

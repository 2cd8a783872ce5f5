"""ONNX Runtime with the same network: Pillow in two threads, batches of 32. `onnx_loop.py FOLDER NET`"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image


def prepare(file):
    image = Image.open(file).convert("RGB")
    width, height = image.size
    short = min(width, height)
    wide, high = 256 * width // short, 256 * height // short
    left, top = (wide - 224) // 2, (high - 224) // 2
    cut = image.resize((wide, high), Image.Resampling.BICUBIC).crop((left, top, left + 224, top + 224))
    return (np.asarray(cut, np.float32).transpose(2, 0, 1) / 127.5) - 1


session = onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])
files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".jpg", ".webp"))
picture = np.linspace(-1, 1, 3 * 224 * 224, dtype=np.float32).reshape(1, 3, 224, 224)
first = session.run(None, {"images": picture})[0][0]
begun = time.perf_counter()
with ThreadPoolExecutor(2) as pool:
    batches = [files[start : start + 32] for start in range(0, len(files), 32)]
    ahead = [pool.submit(prepare, file) for file in batches[0]]
    for number in range(len(batches)):
        after = batches[number + 1] if number + 1 < len(batches) else []
        here, ahead = ahead, [pool.submit(prepare, file) for file in after]
        session.run(None, {"images": np.stack([one.result() for one in here])})
print(json.dumps({"images": len(files), "seconds": time.perf_counter() - begun, "vector": first.tolist()}))

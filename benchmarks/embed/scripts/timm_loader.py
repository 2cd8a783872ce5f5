"""timm's network behind a DataLoader of two workers, channels_last, in "fp32" or "bf16"; nothing stored."""

import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import timm
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from embedding_core.encoders import efficientnet


class Files(Dataset):
    def __init__(self, files, prepare):
        self.files, self.prepare = files, prepare

    def __len__(self):
        return len(self.files)

    def __getitem__(self, row):
        return self.prepare(Image.open(self.files[row]).convert("RGB"))


def main(folder, precision):
    net = timm.create_model("tf_efficientnet_lite0").eval()
    original = efficientnet.original_weights("efficientnet-lite0")
    net.load_state_dict(efficientnet.renamed(original, net.state_dict(), "net"))
    net = net.to(memory_format=torch.channels_last)
    prepare = timm.data.create_transform(
        input_size=224, crop_pct=0.875, interpolation="bicubic", mean=(0.5,) * 3, std=(0.5,) * 3
    )
    files = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".jpg", ".webp"))
    begun = time.perf_counter()
    loader = DataLoader(Files(files, prepare), batch_size=32, num_workers=2)
    exact = nullcontext() if precision == "fp32" else torch.autocast("cpu", torch.bfloat16)
    with torch.inference_mode(), exact:
        for batch in loader:
            inputs = batch.contiguous(memory_format=torch.channels_last)
            net.forward_head(net.forward_features(inputs), pre_logits=True).float().numpy()
    print(json.dumps({"images": len(files), "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main(*sys.argv[1:])

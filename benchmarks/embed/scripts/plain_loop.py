"""The loop that everybody writes first: fp32, Pillow, Resize and CenterCrop, batches of 32, nothing stored."""

import json
import sys
import time
from pathlib import Path

import timm
import torch
from PIL import Image
from torchvision import transforms

from embedding_core.encoders import efficientnet

net = timm.create_model("tf_efficientnet_lite0").eval()
net.load_state_dict(efficientnet.renamed(efficientnet.original_weights("efficientnet-lite0"), net.state_dict(), "net"))
prepare = transforms.Compose(
    [
        transforms.Resize(256, transforms.InterpolationMode.BICUBIC),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ]
)
files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".jpg", ".webp"))
begun = time.perf_counter()
with torch.inference_mode():
    for start in range(0, len(files), 32):
        batch = torch.stack([prepare(Image.open(file).convert("RGB")) for file in files[start : start + 32]])
        net.forward_head(net.forward_features(batch), pre_logits=True)
print(json.dumps({"images": len(files), "seconds": time.perf_counter() - begun}))

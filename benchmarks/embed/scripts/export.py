"""Write the network as ONNX: `export.py OUT SITE`, where SITE has the package onnx, which Kindred does without."""

import json
import sys
import warnings

import timm
import torch

from embedding_core.encoders import efficientnet

out, site = sys.argv[1:]
sys.path.append(site)  # last, so that all else is Kindred's own


class Pooled(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, batch):
        return self.net.forward_head(self.net.forward_features(batch), pre_logits=True)


net = timm.create_model("tf_efficientnet_lite0", exportable=True).eval()
net.load_state_dict(efficientnet.renamed(efficientnet.original_weights("efficientnet-lite0"), net.state_dict(), "net"))
pooled = Pooled(net).eval()
with warnings.catch_warnings(), torch.no_grad():
    warnings.simplefilter("ignore")
    # For whoever runs the export: what a picture of one colour running into another gives here.
    picture = torch.linspace(-1, 1, 3 * 224 * 224).view(1, 3, 224, 224)
    vector = pooled(picture)[0].tolist()
    torch.onnx.export(
        pooled,
        (torch.zeros(2, 3, 224, 224),),
        out,
        dynamo=False,
        input_names=["images"],
        output_names=["vectors"],
        dynamic_axes={"images": {0: "n"}, "vectors": {0: "n"}},
    )
print(json.dumps({"vector": vector}))

"""Makes a checkpoint as the PyTorch implementation saves it and scores images with it, all in PyTorch.

    python checkpoint_scores.py PEERS OUT SERIALISATION BACKBONE SIZE WIDTH LAYERS WEIGHTS IMAGE...

PEERS is the folder of rlr_torch.py. SERIALISATION is zip or legacy. WIDTH is the width of level 1. WEIGHTS are the backbone's, or "random". Writes to
OUT: checkpoint.pth, backbone.pth, scores.json (image scores by path).
"""
import json
import pathlib
import sys

import numpy as np
import timm
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

peers, out, serialisation, backbone, size, width, layers, weights = sys.argv[1:9]
images, size, width, layers, out = sys.argv[9:], int(size), int(width), int(layers), pathlib.Path(out)
sys.path.insert(0, peers)
import rlr_torch   # noqa: E402

LEVELS, HEADS, WINDOWS = (2, 3), 8, {64: 11, 32: 7, 16: 5, 8: 3, 4: 3}
torch.manual_seed(7)
torch.set_num_threads(2)
net = timm.create_model(backbone, pretrained=False, features_only=True, out_indices=LEVELS)
if weights == "random":
    for name, tensor in net.state_dict().items():
        if name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
else:
    from safetensors.torch import load_file
    net.load_state_dict(load_file(weights), strict=False)
net.eval()
models = []
for level, channels in zip(LEVELS, net.feature_info.channels()):
    side = size // (2 << level)
    model = rlr_torch.PublishedLevel(channels, side, width << (level - 1), HEADS, layers, WINDOWS[side])
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.add_(torch.randn_like(p) * (1 if name == "ref_mca" else 0.02))
    models.append(model.eval())

zipped = serialisation == "zip"
auc = np.float64(0.75)
torch.save({"state_dict": [m.state_dict() for m in models], "epoch": 4, "best_img_auc": auc, "best_pix_auc": 0.5, "best_img_aucs": [auc], "best_pix_aucs": [0.5]},
           out / "checkpoint.pth", _use_new_zipfile_serialization=zipped)
# all weights, as timm publishes them
full = timm.create_model(backbone, pretrained=False)
state = dict(full.state_dict())
state.update({name: t for name, t in net.state_dict().items() if name in state})
torch.save(state, out / "backbone.pth", _use_new_zipfile_serialization=zipped)

mean, std = (torch.tensor(net.default_cfg[k]).view(3, 1, 1) for k in ("mean", "std"))
scores = {}
for path in images:
    image = Image.open(path).convert("RGB")
    # along the rows first, as Pillow did it when the method was published; Pillow 13 begins with the columns where that is cheaper, which gives other pixels
    pixels = np.array(image.resize((size, image.height), Image.Resampling.LANCZOS).resize((size, size), Image.Resampling.LANCZOS))
    x = ((torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - mean) / std)[None]
    with torch.no_grad():
        anomaly = rlr_torch.anomaly_map(models, net(x), size)
    scores[path] = float(gaussian_filter(anomaly.numpy(), sigma=4).max())
(out / "scores.json").write_text(json.dumps(scores))

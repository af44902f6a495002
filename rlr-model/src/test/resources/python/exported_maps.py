"""Maps of a model that was trained elsewhere, all in PyTorch.

    python exported_maps.py weights BACKBONE FILE.pth
    python exported_maps.py maps PEERS BACKBONE FILE.pth CHECKPOINT.pth LEVELS SIZE OUT IMAGE...

The first makes random weights of a backbone, as timm initialises them, with statistics of BatchNorm that are not trivial. The second scores images with
that backbone and a checkpoint of the PyTorch implementation's format; the maps go to OUT, float32, little-endian, one after the other.
"""
import sys

import numpy as np
import timm
import torch
from PIL import Image

torch.manual_seed(11)
torch.set_num_threads(1)
if sys.argv[1] == "weights":
    net = timm.create_model(sys.argv[2], pretrained=False)
    state = net.state_dict()
    for name, tensor in state.items():
        if name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("bn3.weight"):
            tensor.uniform_(0.3, 0.9)   # which timm begins with 0, where a block's branch would not show
    torch.save(state, sys.argv[3])
    sys.exit()

peers, backbone, weights, checkpoint, levels, size, out = sys.argv[2:9]
images, levels, size = sys.argv[9:], [int(level) for level in levels.split(",")], int(size)
sys.path.insert(0, peers)
import backbones   # noqa: E402
import rlr_torch   # noqa: E402

net = backbones.create(backbone, levels, torch.load(weights, weights_only=True))
windows = {64: 11, 32: 7, 16: 5, 8: 3, 4: 3}
states = torch.load(checkpoint, weights_only=True)["state_dict"]
models = [rlr_torch.level("published", state, size // (2 << level), 8, windows[size // (2 << level)]).eval() for level, state in zip(levels, states)]
mean, std = (torch.tensor(net.default_cfg[k]).view(3, 1, 1) for k in ("mean", "std"))
with open(out, "wb") as file, torch.no_grad():
    for path in images:
        image = Image.open(path).convert("RGB")
        assert image.size == (size, size)   # so that nothing depends on how Pillow resizes
        x = ((torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 - mean) / std)[None]
        file.write(rlr_torch.anomaly_map(models, net(x), size).numpy().astype("<f4").tobytes())

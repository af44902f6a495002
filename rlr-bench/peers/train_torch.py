"""Training of both levels in PyTorch, as a separate process to measure its memory.

    python train_torch.py MODEL IMAGE STYLE BATCH STEPS [THREADS]

takes the shape and the first weights from a model file of ours, computes the features of BATCH copies of an image, trains STEPS steps and prints the last loss.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open

import backbones
import rlr_torch
from detect_torch import WINDOWS


def main():
    path, image, style, batch, steps, threads = (*sys.argv[1:], "0")[:6]
    if int(threads):
        torch.set_num_threads(int(threads))
    with safe_open(path, framework="pt") as file:
        config = json.loads(file.metadata()["model"])["config"]
        tensors = {name: file.get_tensor(name) for name in file.keys()}

    def part(prefix):
        return {name[len(prefix):]: t for name, t in tensors.items() if name.startswith(prefix)}
    net = backbones.create(config["backbone"], config["levels"], part("backbone."))
    mean, std = (torch.tensor(net.default_cfg[k]).view(3, 1, 1) for k in ("mean", "std"))
    size = config["imageHeight"]
    with Image.open(image) as opened:
        pixels = np.array(opened.convert("RGB").resize((size, size), Image.Resampling.LANCZOS))
    x = ((torch.from_numpy(pixels).permute(2, 0, 1).float() / 255 - mean) / std)[None].expand(int(batch), -1, -1, -1)
    with torch.no_grad():
        features = [F.avg_pool2d(f, 3, 1, 1).flatten(2).transpose(1, 2).contiguous() for f in net(x)]
    levels = []
    for level in config["levels"]:
        side = size // (2 << level)
        levels.append(rlr_torch.level(style, part(f"level{level}."), side, config["heads"], WINDOWS[side]))
    optimizer = torch.optim.Adam([p for level in levels for p in level.parameters()], lr=1e-4, fused=style == "best")
    for step in range(int(steps)):
        optimizer.zero_grad()
        total = 0
        for level, tokens in zip(levels, features):   # one after the other, to keep only one level's activations in memory
            loss = rlr_torch.loss(level(tokens), tokens)
            loss.backward()
            total += loss.item()
        optimizer.step()
    print(f"{image}\t{total:.4f}", flush=True)


if __name__ == "__main__":
    main()

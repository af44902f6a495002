"""Detection with an RLR model file in PyTorch: from image file to anomaly map and image score.

    python detect_torch.py MODEL IMAGE [THREADS]

prints the score and is what a Python user's cold start is: a new process that imports torch and timm, loads, scores one image.
"""
import json
import sys

import numpy as np
import torch
from PIL import Image
from safetensors import safe_open

import backbones
import rlr_torch

WINDOWS = {16: 5, 32: 7, 64: 11}   # by grid size
SIGMA = 4
RADIUS = 4 * SIGMA


def smoothing(side):
    """[side, side]: a Gaussian filter along one axis as a matrix, borders mirrored with the edge pixel repeated, as SciPy's "reflect"."""
    kernel = torch.exp(-0.5 * (torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float64) / SIGMA) ** 2)
    kernel /= kernel.sum()
    source = torch.nn.functional.one_hot(torch.from_numpy(np.pad(np.arange(side), RADIUS, mode="symmetric")), side).double()
    return torch.stack([kernel @ source[i:i + len(kernel)] for i in range(side)]).float()


class Detector:
    def __init__(self, path, style, cold=False):
        """Style: published or best. Cold: for few images, so the fastest way is not measured, and the weights stay in the mapped file."""
        with safe_open(path, framework="pt") as file:
            config = json.loads(file.metadata()["model"])["config"]
            tensors = {name: file.get_tensor(name) for name in file.keys()}

        def part(prefix):
            return {name[len(prefix):]: t for name, t in tensors.items() if name.startswith(prefix)}
        if config["imageHeight"] != config["imageWidth"] or any(name.startswith("statistics") for name in tensors):
            raise ValueError("only square images and backbones without statistics")
        self.best = style != "published"
        self.size, self.pool = config["imageHeight"], config["averagePool"]
        net = backbones.create(config["backbone"], config["levels"], part("backbone."))
        self.mean, self.std = (torch.tensor(net.default_cfg[k]).view(3, 1, 1) for k in ("mean", "std"))
        self.net = backbones.shorten(net).to(memory_format=torch.channels_last) if self.best else net
        self.levels = []
        for level in config["levels"]:
            side = self.size // (2 << level)
            module = rlr_torch.level(style, part(f"level{level}."), side, config["heads"], WINDOWS[side], assign=cold).eval()
            if self.best and not cold:
                x = torch.randn(1, side * side, module.projection.out_features)
                with torch.no_grad():
                    module.choose(lambda: module(x))
            self.levels.append(module)
        # faster than SciPy's gaussian_filter of the public code; used for both styles
        self.smoothing = smoothing(self.size)

    def __call__(self, path):
        """Image score and anomaly map [S, S]."""
        with Image.open(path) as image:
            pixels = np.array(image.convert("RGB").resize((self.size, self.size), Image.Resampling.LANCZOS))
        with torch.no_grad():
            x = torch.from_numpy(pixels).permute(2, 0, 1)
            x = (((x if self.best else x.contiguous()).float() / 255 - self.mean) / self.std)[None]
            anomaly = rlr_torch.anomaly_map(self.levels, self.net(x), self.size, self.pool)
            return (self.smoothing @ anomaly @ self.smoothing.T).max(), anomaly


def main():
    model, image, threads = (*sys.argv[1:], "0")[:3]
    if int(threads):
        torch.set_num_threads(int(threads))
    torch.nn.Linear.reset_parameters = lambda self: None   # skip random initialisation: the file replaces the weights
    score, _ = Detector(model, "best", cold=True)(image)
    print(f"{image}\t{score:.4f}", flush=True)


if __name__ == "__main__":
    main()

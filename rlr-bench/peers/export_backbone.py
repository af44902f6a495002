"""Writes a backbone for runtimes that cannot load timm's weights: python export_backbone.py JSON

JSON: `given` (a SafeTensors file of its weights), `name`, `levels`, `images`, `side`, `format` and `out`, the file.
torchscript: takes images as [N, H, W, 3], which is channels last, that layout's best, without a copy; batch norms are folded.
onnx: takes images as [N, 3, H, W]: ONNX Runtime blocks the channels itself, and folds.
Both give the deepest level as [N, h, w, C].
"""
import json
import sys

import torch

import backbones
import peer


class Deepest(torch.nn.Module):
    def __init__(self, net, channels_last):
        super().__init__()
        self.net, self.channels_last = net, channels_last

    def forward(self, x):
        return self.net(x.permute(0, 3, 1, 2) if self.channels_last else x)[-1].permute(0, 2, 3, 1).contiguous()


def main():
    task = json.loads(sys.argv[1])
    net = backbones.shorten(backbones.create(task["name"], task["levels"], peer.read_safetensors(task["given"])))
    script = task["format"] == "torchscript"
    x = torch.randn(task["images"], task["side"], task["side"], 3)
    with torch.no_grad():
        if script:
            module = Deepest(net.to(memory_format=torch.channels_last), True).eval()
            torch.jit.freeze(torch.jit.trace(module, x)).save(task["out"])
        elif task["format"] == "onnx":
            x = x.permute(0, 3, 1, 2).contiguous()
            torch.onnx.export(Deepest(net, False).eval(), (x,), task["out"], dynamo=True, external_data=False)
        else:
            raise ValueError(f"unknown format {task['format']!r}")


if __name__ == "__main__":
    main()

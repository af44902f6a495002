"""The PyTorch side of rlr-bench: each process has one task, reads lines from standard input and answers each with one line.

First line: the task as JSON. Answer: JSON with `ready`, or `error`; the result of one run has been written to `out`, so that the
caller can compare numbers before it compares times. Every further line runs the task once more and is answered by `done`.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

import rlr_torch


def read_safetensors(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, not F32")
        start, end = entry["data_offsets"]
        tensors[name] = torch.from_numpy(np.frombuffer(data[start:end], np.float32).reshape(entry["shape"]).copy())
    return tensors


def inference(function):
    def run():
        with torch.no_grad():
            return function()
    return run


def gemm(task, given):
    a = given["a"].T if task["trans_a"] else given["a"]
    b = given["b"].T if task["trans_b"] else given["b"]
    out = torch.empty(a.shape[0], b.shape[1])
    return inference(lambda: torch.mm(a, b, out=out))


def attention(task, given):
    heads, side = task["heads"], task["side"]
    inside = rlr_torch.inside_window(side, task["window"])
    allowed = inside if task["inside"] else ~inside
    bias = torch.zeros(allowed.shape).masked_fill(~allowed, torch.finfo(torch.float32).min)
    leaves = [given[n].requires_grad_(task["backward"]) for n in "qkv"]
    images = len(leaves[0])

    def forward():
        q, k, v = (t.reshape(len(t), -1, heads, t.shape[-1] // heads).transpose(1, 2).expand(images, -1, -1, -1) for t in leaves)
        y = F.scaled_dot_product_attention(q, k, v, bias)
        return y.transpose(1, 2).reshape(leaves[0].shape)
    if not task["backward"]:
        return inference(forward)
    y = forward()
    return lambda: torch.autograd.grad(y, leaves, given["dout"], retain_graph=True)[0]


def layer_step(task, given):
    """Linear + GELU, LayerNorm, loss and Adam, each alone."""
    kind = task["kind"]
    if kind == "linearGelu":
        return inference(lambda: F.gelu(F.linear(given["x"], given["w"], given["b"])))
    if kind == "layerNorm":
        return inference(lambda: F.layer_norm(given["x"], given["x"].shape[-1:], given["w"], given["b"]))
    if kind == "loss":
        x = given["x"].requires_grad_()
        return lambda: torch.autograd.grad(rlr_torch.loss(x, given["y"]), x)[0]
    if kind == "adam":
        p = torch.nn.Parameter(given["x"])
        p.grad = given["y"]
        optimizer = torch.optim.Adam([p], lr=1e-4, fused=True)

        def run():
            optimizer.step()
            return p.detach()
        return run
    raise ValueError(f"unknown step {kind!r}")


def level(task, given):
    style = task["style"]
    x = given.pop("x")
    module = rlr_torch.level("published" if style == "published" else "best", given, task["side"], task["heads"], task["window"])
    if task["train"]:
        optimizer = torch.optim.Adam(module.parameters(), lr=1e-4, fused=style != "published")
        call = torch.compile(module) if style == "compiled" else module

        def run():
            optimizer.zero_grad()
            value = rlr_torch.loss(call(x), x)
            value.backward()
            optimizer.step()
            return value.detach()
        probe = lambda: rlr_torch.loss(module(x), x).backward()
    else:
        module.eval()
        call = torch.compile(module) if style == "compiled" else module
        run = inference(lambda: call(x))
        probe = inference(lambda: module(x))
    if style != "published":
        module.choose(probe)
    return run


def backbone(task, given):
    import backbones
    x = given.pop("x").permute(0, 3, 1, 2).contiguous()
    net = backbones.create(task["name"], task["levels"], given)
    if task["style"] != "published":
        net, x = backbones.shorten(net).to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    return inference(lambda: net(x)[-1].permute(0, 2, 3, 1))


def detect(task, given):
    """The image score, then the anomaly map."""
    import detect_torch
    detector = detect_torch.Detector(task["model"], task["style"])

    def run():
        score, anomaly = detector(task["image"])
        return torch.cat([score[None], anomaly.flatten()])
    return run


TASKS = {"gemm": gemm, "attention": attention, "step": layer_step, "level": level, "backbone": backbone, "detect": detect}


def main():
    answers = os.fdopen(os.dup(1), "w")   # output of libraries goes to standard error
    os.dup2(2, 1)

    def answer(**what):
        answers.write(json.dumps(what) + "\n")
        answers.flush()
    task = json.loads(sys.stdin.readline())
    try:
        if task["threads"]:
            torch.set_num_threads(task["threads"])
        run = TASKS[task["task"]](task, read_safetensors(task["given"]))
        run().detach().contiguous().numpy().tofile(task["out"])
    except Exception as e:   # the caller prints the reason
        answer(error=f"{type(e).__name__}: {e}")
        return
    answer(ready=f"PyTorch {torch.__version__}", threads=torch.get_num_threads())
    for line in sys.stdin:
        run()
        answer(done=True)


if __name__ == "__main__":
    main()

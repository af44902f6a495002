"""A training step and a reconstruction of both levels in PyTorch, with the same initial parameters and features as ours: the published style and the best effort
(rlr_torch.py), the best effort with FlexAttention; eager, compiled, and compiled with CUDA graphs. Features and results stay on the card. Prints the first values, to compare them with ours.
"""
import argparse
import contextlib
import functools
import glob
import os
import statistics
import time

import torch
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

import peer
import rlr_torch
import rows

WINDOWS = {64: 11, 32: 7, 16: 5, 8: 3, 4: 3}


class FlexLevel(rlr_torch.BestLevel):
    """Attention by FlexAttention with block masks; it should be compiled."""

    def masks(self, device):
        side, reach = self.side, self.window // 2

        def near(batch, head, q, k):
            return ((q // side - k // side).abs() <= reach) & ((q % side - k % side).abs() <= reach)
        self.near = create_block_mask(near, None, None, side * side, side * side, device=device)
        self.far = create_block_mask(lambda *a: ~near(*a), None, None, side * side, side * side, device=device)

    def attend(self, q, k, v, mask):
        y = flex_attention(q, k.expand(len(q), -1, -1, -1).to(q.dtype), v.expand(len(q), -1, -1, -1).to(q.dtype), block_mask=mask)
        return y.transpose(1, 2).reshape(len(q), -1, self.d)

    def local(self, layer, t, k, v):
        return layer.mca.out_proj(self.attend(self.split(layer.mca.project(0, t)), k, v, self.near))

    def masked(self, layer, t, k):
        return layer.nsa.out_proj(self.attend(self.split(layer.nsa.project(0, t)), k, self.split(layer.nsa.project(2, t)), self.far))


class Work:
    """Both levels, in inference or as a training step."""

    def __init__(self, args, style, compiled, dtype, training):
        self.device, self.dtype, self.training = args.device, dtype, training
        rlr_torch.STYLES["flex"] = FlexLevel
        self.levels, self.calls, self.features = [], [], []
        for path in sorted(glob.glob(os.path.join(args.levels, "level*.safetensors"))):
            state = peer.read_safetensors(path)
            x = state.pop("x").to(args.device)
            side = int(len(x[0]) ** 0.5)
            module = rlr_torch.level(style, state, side, 2 if args.tiny else 8, WINDOWS[side]).to(args.device)
            if style == "flex":
                module.masks(args.device)
            self.levels.append(module)
            self.features.append(x)
            if style == "best":
                module.choose(lambda: self.probe(module, x))
            if not training:   # parts that depend only on the reference are computed before compilation, and cached
                self.probe(module, x)
            self.calls.append(module if compiled == "eager" else torch.compile(module, dynamic=False, mode="reduce-overhead" if compiled == "graphs" else None))
        if not self.levels:
            raise ValueError(f"{args.levels} has no level; run the steps of gpu/run first")
        self.optimizer = torch.optim.Adam([p for level in self.levels for p in level.parameters()], lr=1e-4, fused=style != "published" and self.device == "cuda")

    def autocast(self):
        return torch.autocast(self.device, torch.bfloat16) if self.dtype == torch.bfloat16 else contextlib.nullcontext()

    def probe(self, module, x):
        with self.autocast(), contextlib.nullcontext() if self.training else torch.no_grad():
            y = module(x)
        if self.training:
            rlr_torch.loss(y.float(), x).backward()
        self.wait()

    def wait(self):
        if self.device == "cuda":
            torch.cuda.synchronize()

    def run(self):
        """The sum of the levels' losses, or of their reconstructions' mean squares, on the device."""
        if not self.training:
            with torch.no_grad(), self.autocast():
                return [call(x) for call, x in zip(self.calls, self.features)]
        self.optimizer.zero_grad()
        losses = []
        for call, x in zip(self.calls, self.features):   # one after the other, to keep only one level's activations in memory
            with self.autocast():
                y = call(x)
            loss = rlr_torch.loss(y.float(), x)
            loss.backward()
            losses.append(loss.detach())
        self.optimizer.step()
        return losses

    def milliseconds(self, budget):
        results = self.run()
        first = sum(r.float().square().mean().item() if r.dim() else r.item() for r in results)
        self.run()
        self.wait()
        start = time.perf_counter()
        self.run()
        self.wait()
        once = time.perf_counter() - start
        steps = int(max(1, min(20, budget / 5 / once)))
        times = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(steps):
                self.run()
            self.wait()
            times.append(1e3 * (time.perf_counter() - start) / steps)
        return {"ms": statistics.median(times), "repeats": 5 * steps, "first": first}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", required=True)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--levels", required=True)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--tiny", action="store_true")
    args = parser.parse_args()
    table = rows.Rows(args.rows)
    # eager first, in every precision: compiling takes longest
    ways = [("published", "eager"), ("best", "eager")]
    if args.device == "cuda":
        ways += [("best", "graphs"), ("flex", "graphs"), ("best", "compiled"), ("published", "compiled")]
    attempts = rows.Ways(args.seconds)
    for group in (ways[:2], *([w] for w in ways[2:])):
        for precision in ("tf32", "bf16", "fp32"):
            for style, compiled in group:
                for training in (True, False):
                    attempts.attempt(f"{style}, {compiled}, {precision}", functools.partial(way, args, table, style, compiled, precision, training))
    attempts.finish()


def way(args, table, style, compiled, precision, training):
    torch._dynamo.reset()
    work = Work(args, style, compiled, rows.precision(precision), training)
    table.add(f"{style}, {compiled}", precision, "training step" if training else "reconstruction", **work.milliseconds(0.1 if args.tiny else 1))


if __name__ == "__main__":
    main()

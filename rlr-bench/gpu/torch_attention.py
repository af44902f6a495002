"""PyTorch's attention on the shapes of gpu/run's table: scaled_dot_product_attention with an additive mask by each of its backends, and FlexAttention compiled with a block mask.

Both patterns (A: inside the window, keys and values shared; B: outside it, values of each image), forward and backward, in every precision. Each is first compared with float64.
"""
import argparse
import functools

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

import rows
import rlr_torch

GRIDS = [(32, 256, 7), (16, 512, 5), (64, 128, 11)]
TINY = [(8, 32, 3), (6, 128, 5)]
ALLOWED = {"fp32": 2e-5, "tf32": 2e-3, "bf16": 2e-2}


class Problem:
    def __init__(self, device, dtype, grid, inside, images, heads):
        side, width, window = grid
        self.images, self.heads, self.side, self.reach, self.inside = images, heads, side, window // 2, inside
        generator = torch.Generator(device).manual_seed(1)

        def normal(count):
            return torch.randn(count, side * side, heads, width // heads, device=device, dtype=dtype, generator=generator).transpose(1, 2)
        self.leaves = [normal(images), normal(1), normal(1 if inside else images)]
        self.dout = normal(images)
        allowed = rlr_torch.inside_window(side, window).to(device)
        allowed = allowed if inside else ~allowed
        self.bias = torch.zeros(allowed.shape, device=device, dtype=dtype).masked_fill(~allowed, torch.finfo(dtype).min)

    def operands(self, leaves):
        return [t.expand(self.images, -1, -1, -1) for t in leaves]

    def sdpa(self, leaves):
        return F.scaled_dot_product_attention(*self.operands(leaves), self.bias)

    def flex(self, compiled, mask):
        return lambda leaves: compiled(*self.operands(leaves), block_mask=mask)

    def block_mask(self):
        side, reach, inside = self.side, self.reach, self.inside

        def allowed(batch, head, q, k):
            near = ((q // side - k // side).abs() <= reach) & ((q % side - k % side).abs() <= reach)
            return near if inside else ~near
        return create_block_mask(allowed, None, None, side * side, side * side, device=self.bias.device)

    @functools.cached_property
    def reference(self):
        """Two images, in float64."""
        q, k, v = (t[:2].double() for t in self.leaves)
        logits = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5 + self.bias.double()
        return logits.softmax(-1) @ v

    def error(self, attend):
        with torch.no_grad():
            difference = attend(self.leaves)[:2].double() - self.reference
        return (difference.norm() / self.reference.norm()).item()


def measure(table, timer, name, precision, by, problem, attend, backward):
    with torch.no_grad():
        error = problem.error(attend)
        if not error <= ALLOWED[precision]:
            raise ValueError(f"relative difference from float64 is {error:.1e}")
        table.add(by, precision, f"{name} forward", **timer.microseconds(lambda: attend(problem.leaves)), error=error)
    if not backward:
        return
    leaves = [t.detach().requires_grad_() for t in problem.leaves]
    out = attend(leaves)
    table.add(by, precision, f"{name} backward", **timer.microseconds(lambda: torch.autograd.grad(out, leaves, problem.dout, retain_graph=True)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", required=True)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--seconds", type=float, default=50)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--compile", action="store_true", help="also compile FlexAttention on the CPU, as a rehearsal; needs a C++ compiler and takes minutes")
    args = parser.parse_args()
    images, heads = (2, 2) if args.tiny else (16, 8)
    table, timer = rows.Rows(args.rows), rows.Timer(args.device, args.tiny)
    backends = [b for b in (SDPBackend.EFFICIENT_ATTENTION, SDPBackend.CUDNN_ATTENTION, SDPBackend.MATH) if args.device == "cuda" or b == SDPBackend.MATH]
    ways = rows.Ways(args.seconds)
    for flex in (False, True):   # compiling takes longest: last
        for precision in ("bf16", "tf32", "fp32"):
            for grid in TINY if args.tiny else GRIDS:
                for inside in (True, False):
                    name = f"{'A' if inside else 'B'} {grid[0]}x{grid[0]}/{grid[1]}/{grid[2]}"
                    problem = Problem(args.device, rows.precision(precision), grid, inside, images, heads)
                    for backend in [None] if flex else backends:
                        ways.attempt(f"{backend.name if backend else 'Flex'} in {name}, {precision}", functools.partial(way, table, timer, name, precision, problem, backend, args.compile))
    ways.finish()


def way(table, timer, name, precision, problem, backend, compiled):
    if backend:
        with sdpa_kernel(backend):
            measure(table, timer, name, precision, f"SDPA {backend.name.lower()}", problem, problem.sdpa, True)
        return
    call = flex_attention
    if timer.cuda or compiled:
        torch._dynamo.reset()
        call = torch.compile(flex_attention, dynamic=False)
    # on the CPU FlexAttention has no gradient, and is compiled only on request, to rehearse the mask
    measure(table, timer, name, precision, "Flex", problem, problem.flex(call, problem.block_mask()), timer.cuda)


if __name__ == "__main__":
    main()

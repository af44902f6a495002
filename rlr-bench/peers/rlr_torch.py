"""RLR in PyTorch, written twice, only for comparison: RLR itself needs no Python.

Published: as the public implementation computes it. nn.MultiheadAttention returning its weights, masks of all pairs, the reference
embedded and repeated for every image in every call (the masks are kept, which is kinder than the public code).
Best: what a good PyTorch programmer would do for the same numbers. scaled_dot_product_attention, the reference's keys and values once a
training step and once a model in inference, no weights materialised, and for the window either the dense masked kernel or a gather of the
window's keys, whichever is faster on the machine.

Both take a level's state dict (RLR section 11) and give what `rlr` gives.
"""
import math
import time

import torch
import torch.nn.functional as F
from torch import nn


def inside_window(side, window):
    """[L, L] bool: may token i attend to token j inside the window?"""
    row, column = torch.arange(side * side) // side, torch.arange(side * side) % side
    return ((row[:, None] - row[None]).abs() <= window // 2) & ((column[:, None] - column[None]).abs() <= window // 2)


def positional_code(side, d):
    """[L, d]: first half the column, second half the row; sines and cosines alternate."""
    half = d // 2
    omega = 10000.0 ** (-torch.arange(0, half, 2, dtype=torch.float64) / half)
    angle = torch.arange(side, dtype=torch.float64)[:, None] * omega
    code = torch.stack([angle.sin(), angle.cos()], 2).reshape(side, half)
    grid = torch.cat([code[None].expand(side, side, half), code[:, None].expand(side, side, half)], 2)
    return grid.reshape(side * side, d).float()


def loss(reconstruction, x):
    return ((reconstruction - x) ** 2).mean() + (1 - F.cosine_similarity(reconstruction, x, dim=-1)).mean()


def token_scores(reconstruction, x):
    return ((reconstruction - x) ** 2).mean(-1) + 1 - F.cosine_similarity(reconstruction, x, dim=-1)


def anomaly_map(models, features, size, pool=True):
    """[size, size]: the mean over the levels of the enlarged token scores; unsmoothed."""
    total = 0
    for model, level in zip(models, features):
        if pool:
            level = F.avg_pool2d(level, 3, 1, 1)
        tokens = level.flatten(2).transpose(1, 2)
        scores = token_scores(model(tokens), tokens).view(1, 1, *level.shape[2:])
        total = total + F.interpolate(scores, (size, size), mode="bilinear", align_corners=True)
    return total[0, 0] / len(models)


class _Layer(nn.Module):
    def __init__(self, d, heads, attention):
        super().__init__()
        self.mca, self.nsa = attention(d, heads), attention(d, heads)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.ffn = nn.ModuleDict({"fc1": nn.Linear(d, 4 * d), "fc2": nn.Linear(4 * d, d)})

    def after(self, local, masked):
        y = self.norm1(2 * local + masked)
        return self.norm2(y + self.ffn.fc2(F.gelu(self.ffn.fc1(y))))


class _Embedding(nn.Module):
    def __init__(self, channels, d):
        super().__init__()
        self.project_embedding = nn.ModuleDict({"project": nn.Conv1d(channels, d, 1)})

    def forward(self, x, position):
        return self.project_embedding.project(x.transpose(1, 2)).transpose(1, 2) + position


class _LinearEmbedding(_Embedding):
    def forward(self, x, position):
        p = self.project_embedding.project
        return F.linear(x, p.weight[:, :, 0], p.bias) + position


class _Level(nn.Module):
    def __init__(self, channels, side, d, heads, layers, window, attention, embedding):
        super().__init__()
        self.side, self.d, self.heads, self.window = side, d, heads, window
        self.ref_mca = nn.Parameter(torch.zeros(1, side * side, channels))
        self.embedding, self.ref_mca_embedding = embedding(channels, d), embedding(channels, d)
        self.encoder = nn.ModuleDict({"encode_layers": nn.ModuleList(_Layer(d, heads, attention) for _ in range(layers)), "norm": nn.LayerNorm(d)})
        self.projection = nn.Linear(d, channels)
        self.register_buffer("position", positional_code(side, d), persistent=False)


class PublishedLevel(_Level):
    def __init__(self, channels, side, d, heads=8, layers=4, window=None):
        super().__init__(channels, side, d, heads, layers, window, lambda w, h: nn.MultiheadAttention(w, h, batch_first=True), _Embedding)
        inside = inside_window(side, window)
        self.register_buffer("only_inside", ~inside, persistent=False)
        self.register_buffer("only_outside", inside, persistent=False)

    def forward(self, x):
        reference = self.ref_mca_embedding(self.ref_mca.repeat(len(x), 1, 1), self.position)
        t = self.embedding(x, self.position)
        for layer in self.encoder.encode_layers:
            local, _ = layer.mca(t, reference, reference, attn_mask=self.only_inside)
            masked, _ = layer.nsa(t, reference, t, attn_mask=self.only_outside)
            t = layer.after(local, masked)
        return self.projection(self.encoder.norm(t))


class _Projections(nn.Module):
    """Parameters named like those of nn.MultiheadAttention."""

    def __init__(self, d, heads):
        super().__init__()
        self.in_proj_weight, self.in_proj_bias = nn.Parameter(torch.zeros(3 * d, d)), nn.Parameter(torch.zeros(3 * d))
        self.out_proj = nn.Linear(d, d)

    def project(self, which, x):
        d = x.shape[-1]
        return F.linear(x, self.in_proj_weight[which * d:(which + 1) * d], self.in_proj_bias[which * d:(which + 1) * d])


class BestLevel(_Level):
    def __init__(self, channels, side, d, heads=8, layers=4, window=None):
        super().__init__(channels, side, d, heads, layers, window, _Projections, _LinearEmbedding)
        inside = inside_window(side, window)
        floor = torch.finfo(torch.float32).min
        self.register_buffer("inside_bias", torch.zeros(inside.shape).masked_fill(~inside, floor), persistent=False)
        self.register_buffer("outside_bias", torch.zeros(inside.shape).masked_fill(inside, floor), persistent=False)
        # [L, window²]: the keys of each window, with a bias for the places outside the grid
        token = torch.arange(side * side)
        reach = torch.arange(window) - window // 2
        row, column = (token // side)[:, None, None] + reach[:, None], (token % side)[:, None, None] + reach
        valid = ((row >= 0) & (row < side) & (column >= 0) & (column < side)).reshape(side * side, -1)
        keys = (row.clamp(0, side - 1) * side + column.clamp(0, side - 1)).reshape(side * side, -1)
        self.register_buffer("window_keys", keys, persistent=False)
        self.register_buffer("window_bias", torch.zeros(keys.shape).masked_fill(~valid, floor)[:, None, None], persistent=False)
        self.gather = False
        self.frozen = None

    def split(self, x):
        return x.reshape(len(x), -1, self.heads, self.d // self.heads).transpose(1, 2)

    def derived(self):
        """For each layer the tensors that depend only on the reference: keys and values of mca, keys of nsa."""
        reference = self.ref_mca_embedding(self.ref_mca, self.position)
        of = []
        for layer in self.encoder.encode_layers:
            k, v = layer.mca.project(1, reference), layer.mca.project(2, reference)
            if self.gather:   # [L, heads, window², d/heads]
                shape = (*self.window_keys.shape, self.heads, self.d // self.heads)
                k, v = (t[0][self.window_keys].reshape(shape).transpose(1, 2).contiguous() for t in (k, v))
            else:
                k, v = self.split(k), self.split(v)
            of.append((k, v, self.split(layer.nsa.project(1, reference))))
        return of

    def local(self, layer, t, k, v):
        q = layer.mca.project(0, t)
        if self.gather:
            q = q.reshape(len(t), -1, self.heads, self.d // self.heads).permute(1, 2, 0, 3)
            logits = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) + self.window_bias
            y = (logits.softmax(-1) @ v).permute(2, 0, 1, 3).reshape(t.shape)
        else:
            y = F.scaled_dot_product_attention(self.split(q), k.expand(len(t), -1, -1, -1), v.expand(len(t), -1, -1, -1), self.inside_bias)
            y = y.transpose(1, 2).reshape(t.shape)
        return layer.mca.out_proj(y)

    def masked(self, layer, t, k):
        q, v = self.split(layer.nsa.project(0, t)), self.split(layer.nsa.project(2, t))
        y = F.scaled_dot_product_attention(q, k.expand(len(t), -1, -1, -1), v, self.outside_bias)
        return layer.nsa.out_proj(y.transpose(1, 2).reshape(t.shape))

    def forward(self, x):
        if torch.is_grad_enabled():
            derived = self.derived()
        else:
            self.frozen = derived = self.frozen or self.derived()
        t = self.embedding(x, self.position)
        for layer, (k, v, k_masked) in zip(self.encoder.encode_layers, derived):
            t = layer.after(self.local(layer, t, k, v), self.masked(layer, t, k_masked))
        return self.projection(self.encoder.norm(t))

    def choose(self, run):
        """Keeps the faster of the two implementations of attention inside the window, timed by run()."""
        best = None
        for gather in (False, True):
            self.gather, self.frozen = gather, None
            run()
            start = time.perf_counter()
            run()
            taken = time.perf_counter() - start
            if best is None or taken < best[0]:
                best = taken, gather
        self.gather, self.frozen = best[1], None


STYLES = {"published": PublishedLevel, "best": BestLevel}


def level(style, state, side, heads, window, assign=False):
    """A level of either style from its state dict: torch tensors by the names of RLR section 11, copied or (assign) used directly."""
    d, channels, _ = state["embedding.project_embedding.project.weight"].shape
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder.encode_layers."))
    module = STYLES[style](channels, side, d, heads, layers, window)
    module.load_state_dict(state, assign=assign)
    return module

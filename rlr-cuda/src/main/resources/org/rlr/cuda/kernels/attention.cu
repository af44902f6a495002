// Multi-head attention on a grid (RLR §6), forward and backward: one warp for each query or key and head, any head
// dimension, float32. The plain kernels, which check the faster ones. Launcher: CudaAttention; reference:
// ReferenceAttention.

/**
 * The tokens that a token is paired with; does all masking. The relation is symmetric, so keys also find their queries
 * with it.
 */
struct Partners {
    int locality;
    int count;
    int top;
    int left;
    int rows;
    int columns;
    int width;

    __device__ __forceinline__ Partners(int locality, int token, int others, int height, int width, int radius) : locality(locality), width(width) {
        int row = token / width;
        int column = token % width;
        top = max(0, row - radius);
        left = max(0, column - radius);
        rows = min(height - 1, row + radius) - top + 1;
        columns = min(width - 1, column + radius) - left + 1;
        count = locality == LOCALITY_INSIDE ? rows * columns : others;
    }

    /** The t-th candidate. */
    __device__ __forceinline__ int token(int t) const {
        return locality == LOCALITY_INSIDE ? (top + t / columns) * width + left + t % columns : t;
    }

    /** Whether the t-th candidate is a partner. */
    __device__ __forceinline__ bool allowed(int t) const {
        if (t >= count) {
            return false;
        }
        int row = t / width - top;
        int column = t % width - left;
        return locality != LOCALITY_OUTSIDE || row < 0 || row >= rows || column < 0 || column >= columns;
    }
};

__device__ __forceinline__ float dot(const float* a, const float* b, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/** Σ over the 32 candidates from `base` of weight·row, channels `first + lane + 32·i` to sums[i]. */
__device__ __forceinline__ void addRows(const float* weight, const Partners& partners, int base, const float* rows, int stride, int first, int headDim,
        float* sums) {
    for (int j = 0; j < min(32, partners.count - base); j++) {
        float w = weight[j];
        if (w == 0) {
            continue;
        }
        const float* row = rows + (int64) partners.token(base + j) * stride;
        for (int i = 0; i < 4; i++) {
            int c = first + laneNumber() + 32 * i;
            if (c < headDim) {
                sums[i] += w * row[c];
            }
        }
    }
}

/**
 * q, out [images, tokens, heads·headDim]; k, v [images or 1, keys, heads·headDim]; lse [images, heads, tokens]. Image
 * strides are 0 for shared tensors.
 */
struct Attention { const float* q; const float* k; const float* v; float* out; float* lse; int images; int heads; int headDim; int height; int width;
    int keys; int radius; int locality; int64 kImage; int64 vImage; float scale; };

extern "C" __global__ void attention(const Attention a) {
    __shared__ float weights[4][32];
    int tokens = a.height * a.width;
    int64 number = warpNumber();
    if (number >= (int64) a.images * a.heads * tokens) {
        return;
    }
    float* weight = weights[threadIdx.x / 32];
    int query = number % tokens;
    int head = number / tokens % a.heads;
    int64 image = number / tokens / a.heads;
    int stride = a.heads * a.headDim;
    int64 at = (image * tokens + query) * stride + head * a.headDim;
    const float* q = a.q + at;
    const float* k = a.k + image * a.kImage + head * a.headDim;
    const float* v = a.v + image * a.vImage + head * a.headDim;
    Partners partners(a.locality, query, a.keys, a.height, a.width, a.radius);

    float best = -INFINITE;
    for (int t = laneNumber(); t < partners.count; t += 32) {
        if (partners.allowed(t)) {
            best = fmaxf(best, a.scale * dot(q, k + (int64) partners.token(t) * stride, a.headDim));
        }
    }
    best = warpMax(best);
    for (int first = 0; first < a.headDim; first += 128) {
        float sums[4] = {0, 0, 0, 0};
        float total = 0;
        for (int base = 0; base < partners.count; base += 32) {
            int t = base + laneNumber();
            float p = partners.allowed(t) ? expf(a.scale * dot(q, k + (int64) partners.token(t) * stride, a.headDim) - best) : 0;
            total += p;
            weight[laneNumber()] = p;
            __syncwarp();
            addRows(weight, partners, base, v, stride, first, a.headDim, sums);
            __syncwarp();
        }
        total = warpSum(total);
        // no partner: total is 0 and nothing was added; a NaN among the logits makes it NaN
        for (int i = 0; i < 4; i++) {
            int c = first + laneNumber() + 32 * i;
            if (c < a.headDim) {
                a.out[at + c] = total == 0 ? 0 : sums[i] / total;
            }
        }
        if (first == 0 && laneNumber() == 0) {
            a.lse[number] = total == 0 ? -INFINITE : best + logf(total);
        }
    }
}

/** delta = Σ dout·out over a query's head. */
struct AttentionDelta { const float* dout; const float* out; float* delta; int images; int heads; int headDim; int tokens; };
extern "C" __global__ void attentionDelta(const AttentionDelta a) {
    int64 number = warpNumber();
    if (number >= (int64) a.images * a.heads * a.tokens) {
        return;
    }
    int64 at = (number / a.tokens / a.heads * a.tokens + number % a.tokens) * a.heads * a.headDim + number / a.tokens % a.heads * a.headDim;
    float sum = 0;
    for (int i = laneNumber(); i < a.headDim; i += 32) {
        sum += a.dout[at + i] * a.out[at + i];
    }
    sum = warpSum(sum);
    if (laneNumber() == 0) {
        a.delta[number] = sum;
    }
}

/** The inputs of the gradients; result is dq, dk or dv. */
struct AttentionBackward { const float* q; const float* k; const float* v; const float* dout; const float* lse; const float* delta; float* result;
    int images; int heads; int headDim; int height; int width; int keys; int radius; int locality; int64 kImage; int64 vImage; float scale; int shared;
    int values; };

/** dq = scale·Σ over keys of p·(dout·v − delta)·k. */
extern "C" __global__ void attentionQueries(const AttentionBackward a) {
    __shared__ float weights[4][32];
    int tokens = a.height * a.width;
    int64 number = warpNumber();
    if (number >= (int64) a.images * a.heads * tokens) {
        return;
    }
    float* weight = weights[threadIdx.x / 32];
    int query = number % tokens;
    int head = number / tokens % a.heads;
    int64 image = number / tokens / a.heads;
    int stride = a.heads * a.headDim;
    int64 at = (image * tokens + query) * stride + head * a.headDim;
    const float* k = a.k + image * a.kImage + head * a.headDim;
    const float* v = a.v + image * a.vImage + head * a.headDim;
    Partners partners(a.locality, query, a.keys, a.height, a.width, a.radius);
    for (int first = 0; first < a.headDim; first += 128) {
        float sums[4] = {0, 0, 0, 0};
        for (int base = 0; base < partners.count; base += 32) {
            int t = base + laneNumber();
            float d = 0;
            if (partners.allowed(t)) {
                int64 key = (int64) partners.token(t) * stride;
                float p = expf(a.scale * dot(a.q + at, k + key, a.headDim) - a.lse[number]);
                d = p * (dot(a.dout + at, v + key, a.headDim) - a.delta[number]);
            }
            weight[laneNumber()] = d;
            __syncwarp();
            addRows(weight, partners, base, k, stride, first, a.headDim, sums);
            __syncwarp();
        }
        for (int i = 0; i < 4; i++) {
            int c = first + laneNumber() + 32 * i;
            if (c < a.headDim) {
                a.result[at + c] = a.scale * sums[i];
            }
        }
    }
}

/**
 * dk = scale·Σ over queries of p·(dout·v − delta)·q, or dv = Σ p·dout; if keys (values) are shared, over all images in
 * order.
 */
extern "C" __global__ void attentionKeys(const AttentionBackward a) {
    __shared__ float weights[4][32];
    int tokens = a.height * a.width;
    int64 number = warpNumber();
    if (number >= (int64) (a.shared ? 1 : a.images) * a.heads * a.keys) {
        return;
    }
    float* weight = weights[threadIdx.x / 32];
    int key = number % a.keys;
    int head = number / a.keys % a.heads;
    int own = number / a.keys / a.heads;
    int stride = a.heads * a.headDim;
    int64 keyAt = (int64) key * stride + head * a.headDim;
    Partners partners(a.locality, key, tokens, a.height, a.width, a.radius);
    for (int first = 0; first < a.headDim; first += 128) {
        float sums[4] = {0, 0, 0, 0};
        for (int64 image = own; image < (a.shared ? a.images : own + 1); image++) {
            const float* q = a.q + image * tokens * stride + head * a.headDim;
            const float* dout = a.dout + image * tokens * stride + head * a.headDim;
            const float* k = a.k + image * a.kImage + keyAt;
            const float* v = a.v + image * a.vImage + keyAt;
            const float* lse = a.lse + (image * a.heads + head) * tokens;
            const float* delta = a.delta + (image * a.heads + head) * tokens;
            for (int base = 0; base < partners.count; base += 32) {
                int t = base + laneNumber();
                float w = 0;
                if (partners.allowed(t)) {
                    int query = partners.token(t);
                    w = expf(a.scale * dot(q + (int64) query * stride, k, a.headDim) - lse[query]);
                    if (!a.values) {
                        w *= dot(dout + (int64) query * stride, v, a.headDim) - delta[query];
                    }
                }
                weight[laneNumber()] = w;
                __syncwarp();
                addRows(weight, partners, base, a.values ? dout : q, stride, first, a.headDim, sums);
                __syncwarp();
            }
        }
        int64 to = (int64) own * a.keys * stride + keyAt;
        for (int i = 0; i < 4; i++) {
            int c = first + laneNumber() + 32 * i;
            if (c < a.headDim) {
                a.result[to + c] = a.values ? sums[i] : a.scale * sums[i];
            }
        }
    }
}

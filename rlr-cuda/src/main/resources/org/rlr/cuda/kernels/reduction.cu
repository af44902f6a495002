// Sums, maxima, softmax. Launcher: CudaReduction; references: ReferenceOps.sumTo, softmax, softmaxBackward.

/** Sums over some axes: kept axes index the results, summed axes the terms; both innermost first, strides in x. */
struct Sum { const float* x; float* y; int results; int terms; int accumulate; int keptAxes; int kept[8]; int keptStrides[8]; int summedAxes;
    int summed[8]; int summedStrides[8]; };

/** Few terms: one thread for each result. */
extern "C" __global__ void sumSmall(const Sum a) {
    unsigned i = threadNumber();
    if (i >= a.results) {
        return;
    }
    const float* x = a.x + place(i, a.keptAxes, a.kept, a.keptStrides);
    float sum = 0;
    for (int t = 0; t < a.terms; t++) {
        sum += x[place(t, a.summedAxes, a.summed, a.summedStrides)];
    }
    store(a.y + i, sum, a.accumulate);
}

/** Many terms: a block of 256 threads for each result. */
extern "C" __global__ void sumLarge(const Sum a) {
    __shared__ float partial[256];
    const float* x = a.x + place(blockIdx.x, a.keptAxes, a.kept, a.keptStrides);
    float sum = 0;
    for (unsigned t = threadIdx.x; t < a.terms; t += 256) {
        sum += x[place(t, a.summedAxes, a.summed, a.summedStrides)];
    }
    partial[threadIdx.x] = sum;
    __syncthreads();
    for (int o = 128; o > 0; o /= 2) {
        if (threadIdx.x < o) {
            partial[threadIdx.x] += partial[threadIdx.x + o];
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) {
        store(a.y + blockIdx.x, partial[0], a.accumulate);
    }
}

/**
 * Sums of the columns of a [rows, width] matrix in chunks of rows: a block of 32·8 threads computes 32 columns of chunk
 * blockIdx.y and writes partial[chunk, column].
 */
struct Columns { const float* x; float* partial; int rows; int width; int chunkRows; };
extern "C" __global__ void columns(const Columns a) {
    __shared__ float sums[8][32];
    int lane = threadIdx.x % 32;
    int group = threadIdx.x / 32;
    int column = blockIdx.x * 32 + lane;
    int begin = blockIdx.y * a.chunkRows;
    int end = min(a.rows, begin + a.chunkRows);
    float sum = 0;
    if (column < a.width) {
        for (int row = begin + group; row < end; row += 8) {
            sum += a.x[(int64) row * a.width + column];
        }
    }
    sums[group][lane] = sum;
    __syncthreads();
    if (group == 0 && column < a.width) {
        for (int g = 1; g < 8; g++) {
            sum += sums[g][lane];
        }
        a.partial[(int64) blockIdx.y * a.width + column] = sum;
    }
}

/** y[j] (+)= Σ over chunks of partial[chunk, j]. */
struct AddChunks { const float* partial; float* y; int chunks; int width; int accumulate; };
extern "C" __global__ void addChunks(const AddChunks a) {
    unsigned j = threadNumber();
    if (j >= a.width) {
        return;
    }
    float sum = 0;
    for (int c = 0; c < a.chunks; c++) {
        sum += a.partial[(int64) c * a.width + j];
    }
    store(a.y + j, sum, a.accumulate);
}

/** Maxima of n values at distance `inner`; the first NaN wins. */
struct Max { const float* x; float* y; int results; int n; int inner; };
extern "C" __global__ void maximum(const Max a) {
    unsigned i = threadNumber();
    if (i >= a.results) {
        return;
    }
    const float* x = a.x + (int64) (i / a.inner) * a.n * a.inner + i % a.inner;
    float best = x[0];
    for (int j = 1; j < a.n; j++) {
        float v = x[(int64) j * a.inner];
        if (v > best || v != v) {
            best = v;
        }
    }
    a.y[i] = best;
}

struct MaxBackward { const float* x; const float* y; const float* dy; float* dx; int results; int n; int inner; int accumulate; };
extern "C" __global__ void maximumBackward(const MaxBackward a) {
    unsigned i = threadNumber();
    if (i >= a.results) {
        return;
    }
    int64 base = (int64) (i / a.inner) * a.n * a.inner + i % a.inner;
    float best = a.y[i];
    bool found = false;
    for (int j = 0; j < a.n; j++) {
        int64 at = base + (int64) j * a.inner;
        float v = a.x[at];
        bool here = !found && (v == best || (v != v && best != best));
        found |= here;
        store(a.dx + at, here ? a.dy[i] : 0, a.accumulate);
    }
}

/** One warp for each row. */
struct Softmax { const float* x; float* y; int rows; int n; };
extern "C" __global__ void softmax(const Softmax a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    const float* x = a.x + row * a.n;
    float* y = a.y + row * a.n;
    float best = -INFINITE;
    for (int i = laneNumber(); i < a.n; i += 32) {
        best = fmaxf(best, x[i]);
    }
    best = warpMax(best);
    float sum = 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        sum += expf(x[i] - best);
    }
    sum = warpSum(sum);
    for (int i = laneNumber(); i < a.n; i += 32) {
        y[i] = expf(x[i] - best) / sum;
    }
}

struct SoftmaxBackward { const float* y; const float* dy; float* dx; int rows; int n; int accumulate; };
extern "C" __global__ void softmaxBackward(const SoftmaxBackward a) {
    int64 row = warpNumber();
    if (row >= a.rows) {
        return;
    }
    const float* y = a.y + row * a.n;
    const float* dy = a.dy + row * a.n;
    float dot = 0;
    for (int i = laneNumber(); i < a.n; i += 32) {
        dot += y[i] * dy[i];
    }
    dot = warpSum(dot);
    for (int i = laneNumber(); i < a.n; i += 32) {
        store(a.dx + row * a.n + i, y[i] * (dy[i] - dot), a.accumulate);
    }
}

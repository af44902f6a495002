// Kernels with one error each, for StandInTest. Blocks of 64 threads; x and y have n values.

struct Arguments { const float* x; float* y; int n; };

extern "C" __global__ void correct(const Arguments a) {
    __shared__ float row[64];
    row[threadIdx.x] = a.x[threadIdx.x];
    __syncthreads();
    a.y[threadIdx.x] = row[63 - threadIdx.x] + warpSum(1.0f);
}

extern "C" __global__ void readsBeyond(const Arguments a) {
    a.y[threadIdx.x] = a.x[threadIdx.x + 1];
}

extern "C" __global__ void readsBefore(const Arguments a) {
    a.y[threadIdx.x] = a.x[(int) threadIdx.x - 1];
}

extern "C" __global__ void writesBeyond(const Arguments a) {
    a.y[threadIdx.x + 1] = a.x[threadIdx.x];
}

extern "C" __global__ void readsFarAway(const Arguments a) {
    a.y[threadIdx.x] = a.x[(int64) 1 << 40];
}

extern "C" __global__ void readsNull(const Arguments a) {
    const float* nothing = a.n == 64 ? 0 : a.x;
    a.y[threadIdx.x] = nothing[threadIdx.x];
}

extern "C" __global__ void readsWhatNobodyWrote(const Arguments a) {
    a.y[threadIdx.x] += a.x[threadIdx.x];
}

extern "C" __global__ void sharedBeyond(const Arguments a) {
    __shared__ float row[64];
    __shared__ float other[64];
    other[threadIdx.x] = 0;
    row[threadIdx.x + 1] = a.x[threadIdx.x];
    __syncthreads();
    a.y[threadIdx.x] = row[threadIdx.x] + other[threadIdx.x];
}

extern "C" __global__ void sharedUnwritten(const Arguments a) {
    __shared__ float row[65];
    row[threadIdx.x] = a.x[threadIdx.x];
    __syncthreads();
    a.y[threadIdx.x] = row[threadIdx.x + 1];
}

extern "C" __global__ void sharedOfTheBlockBefore(const Arguments a) {
    __shared__ float row[64];
    if (blockIdx.x == 0) {
        row[threadIdx.x] = a.x[threadIdx.x];
    }
    __syncthreads();
    a.y[threadIdx.x] = row[threadIdx.x];
}

extern "C" __global__ void barrierForSome(const Arguments a) {
    if (threadIdx.x < 40) {
        __syncthreads();
    }
    a.y[threadIdx.x] = a.x[threadIdx.x];
}

extern "C" __global__ void differentBarriers(const Arguments a) {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    a.y[threadIdx.x] = a.x[threadIdx.x];
}

extern "C" __global__ void barrierInSomeRounds(const Arguments a) {
    for (int i = 0; i < 1 + (int) threadIdx.x / 32; i++) {
        __syncthreads();
    }
    a.y[threadIdx.x] = a.x[threadIdx.x];
}

extern "C" __global__ void shuffleOfHalfAWarp(const Arguments a) {
    float v = a.x[threadIdx.x];
    if (threadIdx.x % 32 < 16) {
        v += __shfl_xor_sync(ALL_LANES, v, 1);
    }
    a.y[threadIdx.x] = v;
}

extern "C" __global__ void readsWithoutBarrier(const Arguments a) {
    __shared__ float row[64];
    row[threadIdx.x] = a.x[threadIdx.x];
    a.y[threadIdx.x] = row[threadIdx.x / 2];
}

extern "C" __global__ void overwritesWithoutBarrier(const Arguments a) {
    __shared__ float row[64];
    row[threadIdx.x] = a.x[threadIdx.x];
    __syncthreads();
    float v = row[(threadIdx.x + 1) % 64];
    row[threadIdx.x] = v;
    a.y[threadIdx.x] = v;
}

extern "C" __global__ void syncsOnlyItsWarp(const Arguments a) {
    __shared__ float row[64];
    row[threadIdx.x] = a.x[threadIdx.x];
    __syncwarp();
    a.y[threadIdx.x] = row[threadIdx.x / 2];
}

// A kernel that needs no prelude, for DriverTest.

struct Copy { const float* x; float* y; int n; };

extern "C" __global__ void copy(const Copy a) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < a.n) {
        a.y[i] = a.x[i];
    }
}

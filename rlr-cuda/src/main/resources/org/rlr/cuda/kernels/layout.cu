// Primitives that move elements. Launcher: CudaLayout; reference: LayoutContract.

/** y[i] = x[place(i)]: axes of y innermost first, strides in x. */
struct Permute { const float* x; float* y; int n; int axes; int extents[8]; int strides[8]; };
extern "C" __global__ void permute(const Permute a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        a.y[i] = a.x[place(i, a.axes, a.extents, a.strides)];
    }
}

/** Runs of `run` values, `xSpan` apart in x and `ySpan` in y. */
struct CopyRuns { const float* x; float* y; int n; int run; int xSpan; int ySpan; int accumulate; };
extern "C" __global__ void copyRuns(const CopyRuns a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        unsigned r = i / a.run;
        unsigned j = i % a.run;
        store(a.y + (int64) r * a.ySpan + j, a.x[(int64) r * a.xSpan + j], a.accumulate);
    }
}

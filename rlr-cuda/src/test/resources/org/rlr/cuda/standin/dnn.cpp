// Convolutions by their definition, channels last, through the cuDNN 9 functions that the backend calls, with checks of
// every descriptor, operand and workspace.
#include "rounding.h"
#include "standin.h"
#include <algorithm>
#include <string>
#include <vector>

namespace {

enum Status { SUCCESS = 0, BAD_PARAM = 2000, SIZE_INSUFFICIENT = 2006, SHAPE_MISMATCH = 2008, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
enum { FLOAT_DATA = 0, CHANNELS_LAST = 1, CROSS_CORRELATION = 1, DEFAULT_MATH = 0, FMA_MATH = 3, NON_DETERMINISTIC = 0, DETERMINISTIC = 1 };
enum Pass { FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT };

struct Handle { void* stream; };
struct Tensor { int n = 0, c = 0, h = 0, w = 0; };
struct Filter { int k = 0, c = 0, h = 0, w = 0; };
struct Convolution { int padH = -1, padW = -1, strideH = 0, strideW = 0, math = -1; };
/** cudnnConvolution…AlgoPerf_t. */
struct Performance { int algorithm, status; float time; size_t memory; int determinism, math, reserved[3]; };

/** The detail that cudnnGetErrorString adds to the status, to identify the failed check. */
std::string message;

Status refuse(Status status, const std::string& why) {
    message = why;
    return status;
}

struct Problem {
    Pass pass;
    Tensor x;
    Filter w;
    Convolution c;
    Tensor y;
};

int outputs(int in, int kernel, int padding, int stride) {
    return in + 2 * padding < kernel ? 0 : (in + 2 * padding - kernel) / stride + 1;
}

Status fits(const Problem& p) {
    const Convolution& c = p.c;
    if (p.x.n < 1 || p.y.n < 1 || p.w.k < 1 || c.strideH < 1 || c.math < 0) {
        return refuse(BAD_PARAM, "a descriptor was not set");
    }
    int h = outputs(p.x.h, p.w.h, c.padH, c.strideH), w = outputs(p.x.w, p.w.w, c.padW, c.strideW);
    if (p.x.n != p.y.n || p.x.c != p.w.c || p.w.k != p.y.c || p.y.h != h || p.y.w != w) {
        return refuse(SHAPE_MISMATCH, "the convolution gives " + std::to_string(h) + "x" + std::to_string(w) + "x" + std::to_string(p.w.k) + " of "
                + std::to_string(p.w.c) + " channels, the descriptor has " + std::to_string(p.y.h) + "x" + std::to_string(p.y.w) + "x" + std::to_string(p.y.c) + " of "
                + std::to_string(p.x.c));
    }
    return SUCCESS;
}

/** Like the real one, this supports only some problems: not padding that contains whole outputs. */
bool computed(const Problem& p) {
    return p.c.padH < p.w.h && p.c.padW < p.w.w;
}

/**
 * The one algorithm of each pass that is computed here: IMPLICIT_PRECOMP_GEMM, and the only deterministic gradients
 * that sum by the definition.
 */
constexpr int ALGORITHM = 1;

size_t workspaceBytes(const Problem& p) {
    return p.pass == WEIGHT_GRADIENT ? 0 : 4 * ((size_t) p.w.h * p.w.w * p.w.c + 7);
}

/**
 * The algorithm that the real one may recommend first: a Winograd transform, or sums by atomic additions. Running it is
 * refused.
 */
int recommend(const Problem& p, void* stream, int asked, int* count, Performance* result) {
    if (standin::refusedInCapture(stream, "cuDNN's heuristics") != standin::SUCCESS) {
        return refuse(NOT_SUPPORTED, "heuristics while the stream is captured");
    }
    Status wrong = fits(p);
    if (wrong != SUCCESS || asked < 1) {
        return asked < 1 ? refuse(BAD_PARAM, "0 algorithms are requested") : wrong;
    }
    if (!computed(p) && p.pass == INPUT_GRADIENT) {
        *count = asked + 1;   // cuDNN would not set it, and the binding's variable is uninitialised
        return refuse(NOT_SUPPORTED, "no algorithm");
    }
    int status = computed(p) ? SUCCESS : NOT_SUPPORTED;
    std::vector<Performance> all{{p.pass == FORWARD ? 6 : 0, status, 1, 0, p.pass == FORWARD ? DETERMINISTIC : NON_DETERMINISTIC, p.c.math, {}},
        {ALGORITHM, NOT_SUPPORTED, -1, 0, DETERMINISTIC, DEFAULT_MATH, {}}, {ALGORITHM, status, 2, workspaceBytes(p), DETERMINISTIC, p.c.math, {}}};
    *count = std::min(asked, (int) all.size());
    std::copy(all.begin(), all.begin() + *count, result);
    return SUCCESS;
}

int workspace(const Problem& p, int algorithm, size_t* bytes) {
    Status wrong = fits(p);
    if (wrong != SUCCESS) {
        return wrong;
    }
    if (algorithm != ALGORITHM || !computed(p)) {
        return refuse(NOT_SUPPORTED, "no algorithm " + std::to_string(algorithm));
    }
    *bytes = workspaceBytes(p);
    return SUCCESS;
}

std::string allowed(const void* p, size_t floats, standin::Access access, const char* what) {
    std::string wrong = standin::checkDevice((uintptr_t) p, 4 * floats, access);
    return wrong.empty() ? "" : std::string(what) + ": " + wrong;
}

/**
 * Calls visit(input, weight, output) for each run of channels that are multiplied: the indices of the first input and
 * weight, and of the output.
 */
template <typename Visit> void walk(const Problem& p, const Visit& visit) {
    for (int n = 0; n < p.y.n; n++)
    for (int oy = 0; oy < p.y.h; oy++)
    for (int ox = 0; ox < p.y.w; ox++)
    for (int ky = 0; ky < p.w.h; ky++)
    for (int kx = 0; kx < p.w.w; kx++) {
        int iy = oy * p.c.strideH - p.c.padH + ky, ix = ox * p.c.strideW - p.c.padW + kx;
        if (iy >= 0 && iy < p.x.h && ix >= 0 && ix < p.x.w) {
            size_t input = (((size_t) n * p.x.h + iy) * p.x.w + ix) * p.x.c;
            for (int o = 0; o < p.y.c; o++) {
                visit(input, (((size_t) o * p.w.h + ky) * p.w.w + kx) * p.w.c, (((size_t) n * p.y.h + oy) * p.y.w + ox) * p.y.c + o);
            }
        }
    }
}

std::vector<float> factors(const float* from, size_t count, int math) {
    std::vector<float> result(from, from + count);
    if (math != FMA_MATH) {
        std::transform(result.begin(), result.end(), result.begin(), standin::tf32);
    }
    return result;
}

struct Operands { float* x; float* w; float* y; void* workspace; float alpha, beta; };

standin::Result compute(const Problem& p, const Operands& o) {
    size_t inputs = (size_t) p.x.n * p.x.h * p.x.w * p.x.c, weights = (size_t) p.w.k * p.w.h * p.w.w * p.w.c, outputs = (size_t) p.y.n * p.y.h * p.y.w * p.y.c;
    float* to = p.pass == FORWARD ? o.y : p.pass == INPUT_GRADIENT ? o.x : o.w;
    size_t results = p.pass == FORWARD ? outputs : p.pass == INPUT_GRADIENT ? inputs : weights;
    standin::Access written = o.beta == 0 ? standin::WRITE : standin::READ;
    std::string wrong = allowed(o.x, inputs, p.pass == INPUT_GRADIENT ? written : standin::READ, "x")
            + allowed(o.w, weights, p.pass == WEIGHT_GRADIENT ? written : standin::READ, "w") + allowed(o.y, outputs, p.pass == FORWARD ? written : standin::READ, "y")
            + allowed(o.workspace, workspaceBytes(p) / 4, standin::WRITE, "workspace");
    if (!wrong.empty()) {
        message = wrong;
        return standin::fail(standin::ILLEGAL_ADDRESS, "cuDNN, " + wrong);
    }
    // poison the workspace, to detect code that expects contents in it
    std::fill_n((uint32_t*) o.workspace, workspaceBytes(p) / 4, 0x7fc00000u);
    standin::markWritten((uintptr_t) o.workspace, workspaceBytes(p));
    std::vector<float> x, w, y, sums(results);
    if (p.pass != INPUT_GRADIENT) x = factors(o.x, inputs, p.c.math);
    if (p.pass != WEIGHT_GRADIENT) w = factors(o.w, weights, p.c.math);
    if (p.pass != FORWARD) y = factors(o.y, outputs, p.c.math);
    int channels = p.x.c;
    walk(p, [&](size_t input, size_t weight, size_t output) {
        if (p.pass == FORWARD) {
            float sum = sums[output];
            for (int c = 0; c < channels; c++) sum += x[input + c] * w[weight + c];
            sums[output] = sum;
        } else {
            const float* from = p.pass == INPUT_GRADIENT ? &w[weight] : &x[input];
            float* sum = p.pass == INPUT_GRADIENT ? &sums[input] : &sums[weight];
            float factor = y[output];
            for (int c = 0; c < channels; c++) sum[c] += factor * from[c];
        }
    });
    for (size_t i = 0; i < results; i++) {
        // beta 0 overwrites everything, even NaN
        to[i] = o.beta == 0 ? o.alpha * sums[i] : o.alpha * sums[i] + o.beta * to[i];
    }
    standin::markWritten((uintptr_t) to, 4 * results);
    return standin::SUCCESS;
}

/** Computes now, or, during a capture of the handle's stream, adds the work to the graph. */
int submit(Handle* h, const Problem& p, int algorithm, size_t bytes, const Operands& o) {
    size_t needed = 0;
    int wrong = workspace(p, algorithm, &needed);
    if (wrong != SUCCESS) {
        return wrong;
    }
    if (bytes < needed) {
        return refuse(SIZE_INSUFFICIENT, "a workspace of " + std::to_string(bytes) + " bytes, " + std::to_string(needed) + " are needed");
    }
    return standin::capture(h->stream, [=]() { return compute(p, o); }) || compute(p, o) == standin::SUCCESS ? SUCCESS : EXECUTION_FAILED;
}

}

#define CALL extern "C" __attribute__((visibility("default"))) int

extern "C" __attribute__((visibility("default"))) size_t cudnnGetVersion() { return 90501; }
extern "C" __attribute__((visibility("default"))) const char* cudnnGetErrorString(int status) {
    static std::string kept;
    kept = "status " + std::to_string(status) + " of the stand-in, " + message;
    return kept.c_str();
}
CALL cudnnCreate(Handle** h) { *h = new Handle{nullptr}; return SUCCESS; }
CALL cudnnDestroy(Handle* h) { delete h; return SUCCESS; }
CALL cudnnSetStream(Handle* h, void* stream) { h->stream = stream; return SUCCESS; }
CALL cudnnCreateTensorDescriptor(Tensor** t) { *t = new Tensor(); return SUCCESS; }
CALL cudnnDestroyTensorDescriptor(Tensor* t) { delete t; return SUCCESS; }
CALL cudnnSetTensor4dDescriptor(Tensor* t, int format, int type, int n, int c, int h, int w) {
    if (format != CHANNELS_LAST || type != FLOAT_DATA || n < 1 || c < 1 || h < 1 || w < 1) return refuse(BAD_PARAM, "not a tensor of float32, channels last, with values");
    *t = Tensor{n, c, h, w};
    return SUCCESS;
}
CALL cudnnCreateFilterDescriptor(Filter** f) { *f = new Filter(); return SUCCESS; }
CALL cudnnDestroyFilterDescriptor(Filter* f) { delete f; return SUCCESS; }
CALL cudnnSetFilter4dDescriptor(Filter* f, int type, int format, int k, int c, int h, int w) {
    if (format != CHANNELS_LAST || type != FLOAT_DATA || k < 1 || c < 1 || h < 1 || w < 1) return refuse(BAD_PARAM, "not a filter of float32, channels last, with values");
    *f = Filter{k, c, h, w};
    return SUCCESS;
}
CALL cudnnCreateConvolutionDescriptor(Convolution** c) { *c = new Convolution(); return SUCCESS; }
CALL cudnnDestroyConvolutionDescriptor(Convolution* c) { delete c; return SUCCESS; }
CALL cudnnSetConvolution2dDescriptor(Convolution* c, int padH, int padW, int strideH, int strideW, int dilationH, int dilationW, int mode, int type) {
    if (padH < 0 || padW < 0 || strideH < 1 || strideW < 1 || dilationH != 1 || dilationW != 1 || mode != CROSS_CORRELATION || type != FLOAT_DATA) {
        return refuse(BAD_PARAM, "not a cross-correlation in float32");
    }
    *c = Convolution{padH, padW, strideH, strideW, DEFAULT_MATH};
    return SUCCESS;
}
CALL cudnnSetConvolutionMathType(Convolution* c, int math) {
    if (math != DEFAULT_MATH && math != FMA_MATH) return refuse(BAD_PARAM, "a math type that RLR does not use");
    c->math = math;
    return SUCCESS;
}

CALL cudnnGetConvolution2dForwardOutputDim(Convolution* c, Tensor* x, Filter* f, int* n, int* channels, int* h, int* w) {
    *n = x->n;
    *channels = f->k;
    *h = outputs(x->h, f->h, c->padH, c->strideH);
    *w = outputs(x->w, f->w, c->padW, c->strideW);
    return SUCCESS;
}
CALL cudnnGetConvolutionForwardAlgorithm_v7(Handle* h, Tensor* x, Filter* w, Convolution* c, Tensor* y, int asked, int* count, Performance* result) {
    return recommend(Problem{FORWARD, *x, *w, *c, *y}, h->stream, asked, count, result);
}
CALL cudnnGetConvolutionBackwardDataAlgorithm_v7(Handle* h, Filter* w, Tensor* y, Convolution* c, Tensor* x, int asked, int* count, Performance* result) {
    return recommend(Problem{INPUT_GRADIENT, *x, *w, *c, *y}, h->stream, asked, count, result);
}
CALL cudnnGetConvolutionBackwardFilterAlgorithm_v7(Handle* h, Tensor* x, Tensor* y, Convolution* c, Filter* w, int asked, int* count, Performance* result) {
    return recommend(Problem{WEIGHT_GRADIENT, *x, *w, *c, *y}, h->stream, asked, count, result);
}
CALL cudnnGetConvolutionForwardWorkspaceSize(Handle*, Tensor* x, Filter* w, Convolution* c, Tensor* y, int algorithm, size_t* bytes) {
    return workspace(Problem{FORWARD, *x, *w, *c, *y}, algorithm, bytes);
}
CALL cudnnGetConvolutionBackwardDataWorkspaceSize(Handle*, Filter* w, Tensor* y, Convolution* c, Tensor* x, int algorithm, size_t* bytes) {
    return workspace(Problem{INPUT_GRADIENT, *x, *w, *c, *y}, algorithm, bytes);
}
CALL cudnnGetConvolutionBackwardFilterWorkspaceSize(Handle*, Tensor* x, Tensor* y, Convolution* c, Filter* w, int algorithm, size_t* bytes) {
    return workspace(Problem{WEIGHT_GRADIENT, *x, *w, *c, *y}, algorithm, bytes);
}
CALL cudnnConvolutionForward(Handle* h, const float* alpha, Tensor* x, float* xs, Filter* w, float* ws, Convolution* c, int algorithm, void* workspace, size_t bytes,
        const float* beta, Tensor* y, float* ys) {
    return submit(h, Problem{FORWARD, *x, *w, *c, *y}, algorithm, bytes, Operands{xs, ws, ys, workspace, *alpha, *beta});
}
CALL cudnnConvolutionBackwardData(Handle* h, const float* alpha, Filter* w, float* ws, Tensor* y, float* ys, Convolution* c, int algorithm, void* workspace, size_t bytes,
        const float* beta, Tensor* x, float* xs) {
    return submit(h, Problem{INPUT_GRADIENT, *x, *w, *c, *y}, algorithm, bytes, Operands{xs, ws, ys, workspace, *alpha, *beta});
}
CALL cudnnConvolutionBackwardFilter(Handle* h, const float* alpha, Tensor* x, float* xs, Tensor* y, float* ys, Convolution* c, int algorithm, void* workspace, size_t bytes,
        const float* beta, Filter* w, float* ws) {
    return submit(h, Problem{WEIGHT_GRADIENT, *x, *w, *c, *y}, algorithm, bytes, Operands{xs, ws, ys, workspace, *alpha, *beta});
}

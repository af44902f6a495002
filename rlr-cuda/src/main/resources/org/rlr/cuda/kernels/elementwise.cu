// Elementwise primitives, one thread for each element. Launcher: CudaElementwise; references: ReferenceOps.unary,
// derivative, binary.

struct Fill { float* y; float value; int n; };
extern "C" __global__ void fill(const Fill a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        a.y[i] = a.value;
    }
}

struct Unary { const float* x; float* y; int op; int n; };
extern "C" __global__ void unary(const Unary a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        a.y[i] = unaryValue(a.op, a.x[i]);
    }
}

/** op'(x), computed from y = op(x) if that is cheaper. */
__device__ __forceinline__ float unaryDerivative(int op, float x, float y) {
    switch (op) {
        case UNARY_NEG: return -1;
        case UNARY_EXP: return y;
        case UNARY_LOG: return 1 / x;
        case UNARY_SQRT: return 0.5f / y;
        case UNARY_SQUARE: return 2 * x;
        case UNARY_RECIPROCAL: return -y * y;
        case UNARY_TANH: return 1 - y * y;
        case UNARY_SIGMOID: return y * (1 - y);
        case UNARY_RELU: return x > 0 ? 1 : 0;
        case UNARY_RELU6: return x > 0 && x < 6 ? 1 : 0;
        case UNARY_SILU: {
            float s = sigmoid(x);
            return s * (1 + x * (1 - s));
        }
        case UNARY_GELU: return normalCdf(x) + x * expf(-0.5f * x * x) * 0.39894228f;
        default: return 1;
    }
}

struct UnaryBackward { const float* x; const float* y; const float* dy; float* dx; int op; int n; int accumulate; };
extern "C" __global__ void unaryBackward(const UnaryBackward a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        store(a.dx + i, a.dy[i] * unaryDerivative(a.op, a.x[i], a.y[i]), a.accumulate);
    }
}

/** Axes innermost first; a stride of 0 repeats. */
struct Binary { const float* a; const float* b; float* out; int op; int n; int accumulate; int axes; int extents[8]; int aStrides[8]; int bStrides[8]; };
extern "C" __global__ void binary(const Binary p) {
    unsigned i = threadNumber();
    if (i >= p.n) {
        return;
    }
    float a = p.a[place(i, p.axes, p.extents, p.aStrides)];
    float b = p.b[place(i, p.axes, p.extents, p.bStrides)];
    float v = 0;
    switch (p.op) {
        case BINARY_ADD: v = a + b; break;
        case BINARY_SUB: v = a - b; break;
        case BINARY_MUL: v = a * b; break;
        case BINARY_DIV: v = a / b; break;
    }
    store(p.out + i, v, p.accumulate);
}

struct Affine { const float* x; float* y; float scale; float shift; int n; int accumulate; };
extern "C" __global__ void affine(const Affine a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        store(a.y + i, a.scale * a.x[i] + a.shift, a.accumulate);
    }
}

/**
 * One step of Adam; see CpuElementwise.adam for the constants. In a graph `moving` has size and rootCorrection, which
 * change between steps.
 */
struct Adam { float* p; const float* g; float* m; float* v; float oneMinusBeta1; float beta2; float oneMinusBeta2; float size; float rootCorrection;
    float epsilon; const float* moving; int n; };
extern "C" __global__ void adam(const Adam a) {
    unsigned i = threadNumber();
    if (i < a.n) {
        float size = a.moving ? a.moving[0] : a.size;
        float rootCorrection = a.moving ? a.moving[1] : a.rootCorrection;
        float g = a.g[i];
        float m = a.m[i] + a.oneMinusBeta1 * (g - a.m[i]);
        float v = a.v[i] * a.beta2 + a.oneMinusBeta2 * g * g;
        a.m[i] = m;
        a.v[i] = v;
        a.p[i] -= size * m / (sqrtf(v) / rootCorrection + a.epsilon);
    }
}

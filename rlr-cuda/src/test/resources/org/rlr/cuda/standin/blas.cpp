// Matrix products by their definition, column-major like cuBLAS, with checks of every operand.
#include "rounding.h"
#include "standin.h"
#include <vector>

namespace {

struct Handle { void* stream; };
constexpr int SUCCESS = 0, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15;

struct Matrix { float* p; int ld; long long stride; };

/** Checks the columns of a matrix of a batch; does not read a word beyond. */
bool allowed(const Matrix& a, int rows, int columns, int batches, standin::Access access, const char* what) {
    for (int b = 0; b < batches; b++) {
        for (int j = 0; j < columns; j++) {
            std::string wrong = standin::checkDevice((uintptr_t) (a.p + b * a.stride + (long long) j * a.ld), 4ull * rows, access);
            if (!wrong.empty()) {
                standin::fail(standin::ILLEGAL_ADDRESS, std::string("cuBLAS, ") + what + ": " + wrong);
                return false;
            }
        }
    }
    return true;
}

enum ComputeType { FLOAT32 = 68, FAST_BF16 = 75, FAST_TF32 = 77 };
constexpr int FLOAT_DATA = 0;

float factor(float v, int computeType) {
    return computeType == FLOAT32 ? v : computeType == FAST_TF32 ? standin::tf32(v) : standin::bf16(v);
}

/** Whether RLR uses these types: values in float32, and one of these compute types. */
bool supported(int aType, int bType, int cType, int computeType) {
    return aType == FLOAT_DATA && bType == FLOAT_DATA && cType == FLOAT_DATA
            && (computeType == FLOAT32 || computeType == FAST_BF16 || computeType == FAST_TF32);
}

int gemm(int computeType, int opA, int opB, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, Matrix c, int batches) {
    if (m < 0 || n < 0 || k < 0 || a.ld < (opA ? k : m) || b.ld < (opB ? n : k) || c.ld < m || a.ld < 1 || b.ld < 1 || c.ld < 1) {
        return INVALID_VALUE;
    }
    if (m == 0 || n == 0 || batches == 0) {
        return SUCCESS;
    }
    if (!allowed(a, opA ? k : m, opA ? m : k, batches, standin::READ, "a") || !allowed(b, opB ? n : k, opB ? k : n, batches, standin::READ, "b")
            || !allowed(c, m, n, batches, beta == 0 ? standin::WRITE : standin::READ, "c")) {
        return EXECUTION_FAILED;
    }
    std::vector<float> column(m);
    for (int batch = 0; batch < batches; batch++) {
        const float* as = a.p + batch * a.stride;
        const float* bs = b.p + batch * b.stride;
        float* cs = c.p + batch * c.stride;
        for (int j = 0; j < n; j++) {
            column.assign(m, 0);
            for (int l = 0; l < k; l++) {
                float y = factor(opB ? bs[(long long) l * b.ld + j] : bs[(long long) j * b.ld + l], computeType);
                for (int i = 0; i < m; i++) {
                    column[i] += factor(opA ? as[(long long) i * a.ld + l] : as[(long long) l * a.ld + i], computeType) * y;
                }
            }
            for (int i = 0; i < m; i++) {
                float& to = cs[(long long) j * c.ld + i];
                // beta 0 overwrites everything, even NaN
                to = beta == 0 ? alpha * column[i] : alpha * column[i] + beta * to;
            }
            standin::markWritten((uintptr_t) (cs + (long long) j * c.ld), 4ull * m);
        }
    }
    return SUCCESS;
}

/** Computes now, or, during a capture of the handle's stream, adds the work to the graph. */
int submit(Handle* h, int computeType, int opA, int opB, int m, int n, int k, float alpha, Matrix a, Matrix b, float beta, Matrix c, int batches) {
    bool kept = standin::capture(h->stream, [=]() {
        return gemm(computeType, opA, opB, m, n, k, alpha, a, b, beta, c, batches) == SUCCESS ? standin::SUCCESS : standin::LAUNCH_FAILED;
    });
    return kept ? SUCCESS : gemm(computeType, opA, opB, m, n, k, alpha, a, b, beta, c, batches);
}

}

#define CALL extern "C" __attribute__((visibility("default"))) int

CALL cublasCreate_v2(Handle** h) { *h = new Handle{nullptr}; return SUCCESS; }
CALL cublasDestroy_v2(Handle* h) { delete h; return SUCCESS; }
CALL cublasSetStream_v2(Handle* h, void* stream) { h->stream = stream; return SUCCESS; }
CALL cublasGetVersion_v2(Handle*, int* version) { *version = 120600; return SUCCESS; }
CALL cublasGemmEx(Handle* h, int opA, int opB, int m, int n, int k, const float* alpha, float* a, int aType, int lda, float* b, int bType, int ldb,
        const float* beta, float* c, int cType, int ldc, int computeType, int) {
    return !supported(aType, bType, cType, computeType) ? NOT_SUPPORTED
            : submit(h, computeType, opA, opB, m, n, k, *alpha, Matrix{a, lda, 0}, Matrix{b, ldb, 0}, *beta, Matrix{c, ldc, 0}, 1);
}
CALL cublasGemmStridedBatchedEx(Handle* h, int opA, int opB, int m, int n, int k, const float* alpha, float* a, int aType, int lda, long long strideA,
        float* b, int bType, int ldb, long long strideB, const float* beta, float* c, int cType, int ldc, long long strideC, int batches, int computeType, int) {
    return !supported(aType, bType, cType, computeType) ? NOT_SUPPORTED
            : submit(h, computeType, opA, opB, m, n, k, *alpha, Matrix{a, lda, strideA}, Matrix{b, ldb, strideB}, *beta, Matrix{c, ldc, strideC}, batches);
}

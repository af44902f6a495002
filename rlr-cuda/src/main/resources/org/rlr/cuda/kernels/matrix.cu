// Bias and activation after the matrix product of a linear layer or a convolution. Launcher: CudaMatrix; reference:
// MatrixContract.linear.

/**
 * y = activation(product + bias) of rows of n; pre, if not null, receives the sum. product may be y or pre. bias may be
 * 0.
 */
struct BiasActivation { const float* product; const float* bias; float* pre; float* y; int elements; int n; int op; };
extern "C" __global__ void biasActivation(const BiasActivation a) {
    unsigned i = threadNumber();
    if (i < a.elements) {
        float v = a.product[i];
        if (a.bias) {
            v += a.bias[i % a.n];
        }
        if (a.pre) {
            a.pre[i] = v;
        }
        a.y[i] = unaryValue(a.op, v);
    }
}

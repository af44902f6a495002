package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.BinaryOp;
import org.rlr.tensor.backend.UnaryOp;

/** Loops over runs of {@code n} contiguous elements; each array is followed by the offset of its first element. */
interface ElementwiseKernels {

    /** {@code y = op(x)}; the runs may be the same. */
    void unary(UnaryOp op, float[] x, int xo, float[] y, int yo, int n);

    /** {@code dx (+)= dy·op'(x)}, where {@code y = op(x)}; dx may be dy if it does not accumulate. */
    void unaryBackward(
            UnaryOp op,
            float[] x,
            int xo,
            float[] y,
            int yo,
            float[] dy,
            int dyo,
            float[] dx,
            int dxo,
            int n,
            boolean accumulate);

    /** {@code out (+)= op(a, b)}. */
    void binary(BinaryOp op, float[] a, int ao, float[] b, int bo, float[] out, int oo, int n, boolean accumulate);

    /** {@code out (+)= op(a, b)} with a scalar b. */
    void binaryRightScalar(BinaryOp op, float[] a, int ao, float b, float[] out, int oo, int n, boolean accumulate);

    /** {@code out (+)= op(a, b)} with a scalar a. */
    void binaryLeftScalar(BinaryOp op, float a, float[] b, int bo, float[] out, int oo, int n, boolean accumulate);

    /** {@code y (+)= scale·x + shift}. */
    void affine(float[] x, int xo, float scale, float shift, float[] y, int yo, int n, boolean accumulate);

    /** {@code y (+)= x}. */
    default void copy(float[] x, int xo, float[] y, int yo, int n, boolean accumulate) {
        if (accumulate) {
            binary(BinaryOp.ADD, y, yo, x, xo, y, yo, n, false);
        } else {
            System.arraycopy(x, xo, y, yo, n);
        }
    }

    /** One step of Adam with the constants of that step. */
    void adam(float[] p, int po, float[] g, int go, float[] m, int mo, float[] v, int vo, int n, AdamStep step);

    /**
     * The factors of one step of Adam.
     *
     * @param oneMinusBeta1 weight of the gradient in the first moment
     * @param beta2 decay of the second moment
     * @param oneMinusBeta2 weight of the squared gradient in the second moment
     * @param size learning rate over the first moment's bias correction
     * @param rootCorrection root of the second moment's bias correction
     * @param epsilon added to the root
     */
    record AdamStep(
            float oneMinusBeta1, float beta2, float oneMinusBeta2, float size, float rootCorrection, float epsilon) {}
}

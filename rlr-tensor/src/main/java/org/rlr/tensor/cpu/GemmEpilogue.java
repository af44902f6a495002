package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.BinaryOp;

/** The last step of a product on each finished block of its result, while the block is in the cache. */
final class GemmEpilogue {
    private GemmEpilogue() {}

    /**
     * {@code C = activation(C + bias)} on a block of {@code rows×columns}, whose first element is at {@code co},
     * {@code bo}, {@code po}; C and pre have row stride ldc.
     */
    static void apply(
            ElementwiseKernels kernels,
            float[] c,
            int co,
            int ldc,
            int rows,
            int columns,
            float @Nullable [] bias,
            int bo,
            Activation activation,
            float @Nullable [] pre,
            int po) {
        if (bias == null && activation == Activation.NONE && pre == null) {
            return;
        }
        for (int i = 0; i < rows; i++) {
            int row = co + i * ldc;
            if (bias != null) {
                kernels.binary(BinaryOp.ADD, c, row, bias, bo, c, row, columns, false);
            }
            if (pre != null) {
                System.arraycopy(c, row, pre, po + i * ldc, columns);
            }
            if (activation != Activation.NONE) {
                kernels.unary(activation.op(), c, row, c, row, columns);
            }
        }
    }
}

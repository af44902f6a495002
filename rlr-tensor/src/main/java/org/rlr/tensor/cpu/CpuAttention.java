package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.View;

/** Local attention on the CPU: cuts the work into tasks and hands them to the kernels. */
final class CpuAttention {
    private final AttentionKernels kernels;
    private final Parallel parallel;

    CpuAttention(AttentionKernels kernels, Parallel parallel) {
        this.kernels = kernels;
        this.parallel = parallel;
    }

    void forward(View q, View k, View v, AttentionPattern pattern, View out, View lse) {
        throw new UnsupportedOperationException(kernels + " " + parallel);
    }

    void backward(View q, View k, View v, View out, View lse, View dout, AttentionPattern pattern, View dq, View dk, View dv) {
        throw new UnsupportedOperationException();
    }
}

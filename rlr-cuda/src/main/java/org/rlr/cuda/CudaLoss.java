package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.rlr.tensor.backend.View;

/** The reconstruction loss and the score of a token: kernels/loss.cu. */
final class CudaLoss {
    private static final String FILE = "loss";

    private final CudaEngine engine;

    CudaLoss(CudaEngine engine) {
        this.engine = engine;
    }

    void forward(View reconstruction, View target, View loss) {
        int rows = target.shape().rows();
        engine.withWorkspace(8L * rows, terms -> {
            engine.kernel(FILE, "lossTerms")
                    .launch()
                    .pointer(address(reconstruction))
                    .pointer(address(target))
                    .pointer(terms.address())
                    .put(rows)
                    .put(target.shape().last())
                    .runWarps(rows);
            engine.kernel(FILE, "meanTerms")
                    .launch()
                    .pointer(terms.address())
                    .pointer(address(loss))
                    .put(rows)
                    .run(1, 1, 256);
        });
    }

    void backward(View reconstruction, View target, View dloss, View dreconstruction, boolean accumulate) {
        int rows = target.shape().rows();
        engine.kernel(FILE, "lossBackward")
                .launch()
                .pointer(address(reconstruction))
                .pointer(address(target))
                .pointer(address(dloss))
                .pointer(address(dreconstruction))
                .put(rows)
                .put(target.shape().last())
                .put(accumulate)
                .runWarps(rows);
    }

    void tokenScores(View reconstruction, View target, View scores) {
        int rows = target.shape().rows();
        engine.kernel(FILE, "tokenScores")
                .launch()
                .pointer(address(reconstruction))
                .pointer(address(target))
                .pointer(address(scores))
                .put(rows)
                .put(target.shape().last())
                .runWarps(rows);
    }
}

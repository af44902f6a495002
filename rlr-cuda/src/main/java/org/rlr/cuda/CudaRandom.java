package org.rlr.cuda;

import static org.rlr.cuda.CudaStorage.address;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.View;

/** Normally distributed numbers and feature jitter: kernels/random.cu. */
final class CudaRandom {
    private static final String FILE = "random";

    private final CudaEngine engine;

    CudaRandom(CudaEngine engine) {
        this.engine = engine;
    }

    void normal(View y, long seed, long stream) {
        engine.kernel(FILE, "normal")
                .launch()
                .pointer(address(y))
                .put(y.elements())
                .put(seed)
                .put(stream)
                .pointer(moving(stream))
                .run(blocks(y));
    }

    void featureJitter(View x, float scale, @Nullable View tokenScale, long seed, long stream, View y) {
        int n = x.shape().last();
        int rows = x.shape().rows();
        // before y is written: y may be x
        engine.withWorkspace(4L * rows, deviation -> {
            engine.kernel(FILE, "jitterScale")
                    .launch()
                    .pointer(address(x))
                    .pointer(address(tokenScale))
                    .pointer(deviation.address())
                    .put(rows)
                    .put(n)
                    .put(scale)
                    .runWarps(rows);
            engine.kernel(FILE, "jitter")
                    .launch()
                    .pointer(address(x))
                    .pointer(deviation.address())
                    .pointer(address(y))
                    .put(x.elements())
                    .put(n)
                    .put(seed)
                    .put(stream)
                    .pointer(moving(stream))
                    .run(blocks(x));
        });
    }

    /** The address where a captured kernel reads its stream, lower half first; 0 to use the given one. */
    private long moving(long stream) {
        CudaCapture capture = engine.capture();
        return capture == null
                ? 0
                : capture.place((ahead, rate) -> (int) (stream + ahead * capture.streamsPerStep()), (ahead, rate) ->
                        (int) ((stream + ahead * capture.streamsPerStep()) >> 32));
    }

    private static long blocks(View view) {
        return (view.elements() + 3L) / 4;
    }
}

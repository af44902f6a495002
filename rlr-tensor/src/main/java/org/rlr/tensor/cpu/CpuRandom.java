package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Parallel;
import org.rlr.tensor.backend.Philox;
import org.rlr.tensor.backend.View;

/** Normal numbers; every block of four depends only on its index, for any thread. */
final class CpuRandom {
    private static final int GRAIN_BLOCKS = 256;

    private final Parallel parallel;

    CpuRandom(Parallel parallel) {
        this.parallel = parallel;
    }

    void normal(View y, long seed, long stream) {
        float[] ys = CpuStorage.array(y);
        forBlocks(
                y.elements(),
                seed,
                stream,
                (first, count, numbers) -> System.arraycopy(numbers, 0, ys, y.offset() + first, count));
    }

    void featureJitter(View x, float scale, @Nullable View tokenScale, long seed, long stream, View y) {
        int n = x.shape().last();
        int rows = x.shape().rows();
        float[] xs = CpuStorage.array(x);
        float[] ys = CpuStorage.array(y);
        float[] scales = tokenScale == null ? null : CpuStorage.array(tokenScale);
        int scaleOffset = tokenScale == null ? 0 : tokenScale.offset();
        // before the first write, because y may be x
        float[] deviation = new float[rows];
        parallel.forRange(rows, Math.max(1, CpuElementwise.GRAIN / Math.max(1, n)), (from, to) -> {
            for (int i = from; i < to; i++) {
                double squares = 0;
                for (int j = 0; j < n; j++) {
                    double v = xs[x.offset() + i * n + j];
                    squares += v * v;
                }
                double s = scales == null ? 1 : scales[scaleOffset + i];
                deviation[i] = (float) (scale * s * Math.sqrt(squares) / n);
            }
        });
        forBlocks(x.elements(), seed, stream, (first, count, numbers) -> {
            for (int i = 0; i < count; i++) {
                int at = first + i;
                ys[y.offset() + at] = xs[x.offset() + at] + numbers[i] * deviation[at / n];
            }
        });
    }

    private void forBlocks(int elements, long seed, long stream, BlockBody body) {
        int blocks = (int) ((elements + 3L) / 4);
        parallel.forRange(blocks, GRAIN_BLOCKS, (from, to) -> {
            int[] words = new int[4];
            float[] numbers = new float[4];
            for (int block = from; block < to; block++) {
                Philox.normalBlock(seed, stream, block, words, numbers);
                body.accept(4 * block, Math.min(4, elements - 4 * block), numbers);
            }
        });
    }

    /** Receives the numbers of elements {@code first} to {@code first + count}. */
    @FunctionalInterface
    private interface BlockBody {
        void accept(int first, int count, float[] numbers);
    }
}

package org.rlr.tensor.cpu;

import java.util.Arrays;

/**
 * Softmax of the logits times the values, tile by tile. A shift of a row's logits does not change its softmax, and
 * floats are as precise at e²⁸ as at 1. So the shift is 0 if ‖q‖·max‖k‖ bounds the logits well within the exponent's
 * range. Otherwise the shift is the row's maximum, which requires computing the logits twice.
 */
final class AttentionForward extends AttentionTask {
    /** The largest magnitude of logits without a shift. */
    private static final float UNSHIFTED = 28f;

    private final float[] out;
    private final int outOffset;
    private final float[] lse;
    private final int lseOffset;
    private final int head;
    private final float[] keyNorms;

    /** @param keyNorms the largest norm of each head's keys: all heads of an image, then those of the next */
    AttentionForward(
            AttentionKernels kernels,
            AttentionProblem problem,
            float[] keyNorms,
            int head,
            int beginQuery,
            int endQuery,
            float[] out,
            int outOffset,
            float[] lse,
            int lseOffset) {
        super(kernels, problem, head, beginQuery, endQuery);
        this.keyNorms = keyNorms;
        this.head = head;
        this.out = out;
        this.outOffset = outOffset;
        this.lse = lse;
        this.lseOffset = lseOffset;
    }

    /** Computes the results for a range of images. */
    void run(int firstImage, int endImage) {
        for (int image = firstImage; image < endImage; image++) {
            if (image == firstImage || !problem.sharedKeys) {
                work.keysT = packTransposed(problem.k, image, work.keysT);
            }
            if (image == firstImage || !problem.sharedValues) {
                work.valueRows = packRows(problem.v, image, firstKey, keyCount, work.valueRows);
                work.oddValues.takeOut(kernels, work.valueRows, keyCount, padded);
            }
            blocks(image);
        }
    }

    @Override
    void block(int image, int query, int count) {
        int strip = AttentionKernels.STRIP;
        int strips = (count + strip - 1) / strip;
        work.queriesT = packStrips(problem.q, image, query, count, problem.scale, work.queriesT);
        work.result = AttentionWorkspace.zeroed(work.result, strips * strip * padded);
        work.sums = AttentionWorkspace.zeroed(work.sums, strips * strip * lanes);
        work.shift = AttentionWorkspace.zeroed(work.shift, strips * strip);
        work.tile = AttentionWorkspace.atLeast(work.tile, (DENSE_BLOCK + 1) * AttentionKernels.TILE);
        float keyNorm = keyNorms[(problem.sharedKeys ? 0 : image * problem.heads) + head];
        float bound = problem.largestNorm(problem.q, head, image, query, count) * problem.scale * keyNorm;
        boolean bounded = bound <= UNSHIFTED;
        if (!bounded) {
            findMaxima(query, count, strips);
        }
        float[] tile = work.tile;
        keys.start(query, count);
        while (keys.next()) {
            for (int s = 0; s < strips; s++) {
                multiplyStrip(work.queriesT, s, work.keysT, tile, 0);
                if (!keys.windowed) {
                    keys.forbid(tile, 0, s * strip, bounded ? AttentionKernels.NOTHING : Float.NEGATIVE_INFINITY);
                }
                if (bounded && !keys.windowed) {
                    kernels.exponentialsBounded(tile, 0, keys.width(), work.sums, s * strip * lanes);
                } else {
                    kernels.exponentials(
                            tile,
                            0,
                            keys.width(),
                            keys.allowed,
                            keys.allowedStride,
                            work.shift,
                            s * strip,
                            work.sums,
                            s * strip * lanes);
                }
                addStrip(tile, 0, work.valueRows, work.result, s);
                work.oddValues.addKeys(keys, firstKey, tile, 0, s * strip, work.result);
            }
        }
        for (int i = 0; i < count; i++) {
            write(image, query + i, i);
        }
    }

    /** Sets the shifts to the maxima of the allowed logits; 0 for rows without any. */
    private void findMaxima(int query, int count, int strips) {
        int strip = AttentionKernels.STRIP;
        float[] tile = work.tile;
        float[] maxima = work.shift;
        Arrays.fill(maxima, 0, strips * strip, Float.NEGATIVE_INFINITY);
        keys.start(query, count);
        while (keys.next()) {
            for (int s = 0; s < strips; s++) {
                multiplyStrip(work.queriesT, s, work.keysT, tile, 0);
                keys.forbid(tile, 0, s * strip, Float.NEGATIVE_INFINITY);
                for (int i = 0; i < strip; i++) {
                    float max = maxima[s * strip + i];
                    for (int j = i * AttentionKernels.TILE; j < i * AttentionKernels.TILE + keys.width(); j++) {
                        max = Math.max(max, tile[j]);
                    }
                    maxima[s * strip + i] = max;
                }
            }
        }
        for (int i = 0; i < strips * strip; i++) {
            if (maxima[i] == Float.NEGATIVE_INFINITY) {
                maxima[i] = 0f;
            }
        }
    }

    private void write(int image, int query, int row) {
        float sum = 0f;
        for (int j = row * lanes; j < (row + 1) * lanes; j++) {
            sum += work.sums[j];
        }
        boolean nothing = sum == 0f;
        float factor = nothing ? 0f : 1f / sum;
        int to = outOffset + (image * problem.queries + query) * problem.width + channel;
        int from = row * padded;
        for (int c = 0; c < headDim; c++) {
            out[to + c] = work.result[from + c] * factor;
        }
        lse[lseOffset + (image * problem.heads + head) * problem.queries + query] =
                nothing ? Float.NEGATIVE_INFINITY : (float) (work.shift[row] + Math.log(sum));
    }
}

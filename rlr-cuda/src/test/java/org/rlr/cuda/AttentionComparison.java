package org.rlr.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.rlr.cuda.driver.Card;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/** Compares the tiled attention kernels with the plain ones, forward and backward. */
final class AttentionComparison {
    private static final double TOLERANCE = 2e-5;

    private AttentionComparison() {}

    /** Fails unless both agree to a few roundings; the grid's tokens are the keys. */
    static void check(AttentionPattern pattern, int images, int headDim, boolean sharedKeys, boolean sharedValues) {
        float[][] tiled = run(false, pattern, images, headDim, sharedKeys, sharedValues);
        float[][] plain = run(true, pattern, images, headDim, sharedKeys, sharedValues);
        String[] names = {"out", "lse", "dq", "dk", "dv"};
        for (int i = 0; i < names.length; i++) {
            double largest = 1;
            double error = 0;
            for (int j = 0; j < plain[i].length; j++) {
                if (plain[i][j] != tiled[i][j]) {
                    largest = Math.max(largest, Math.abs(plain[i][j]));
                    double e = Math.abs((double) plain[i][j] - tiled[i][j]);
                    // keeps NaN
                    error = e <= error ? error : e;
                }
            }
            assertTrue(
                    error <= TOLERANCE * largest,
                    names[i] + " differs by " + error + ", largest value " + largest + ": " + pattern + ", images "
                            + images + ", head dim " + headDim + ", shared keys " + sharedKeys + ", shared values "
                            + sharedValues);
        }
    }

    private static float[][] run(
            boolean plain,
            AttentionPattern pattern,
            int images,
            int headDim,
            boolean sharedKeys,
            boolean sharedValues) {
        int width = pattern.heads() * headDim;
        int tokens = pattern.tokens();
        try (Backend backend = new CudaBackend(Card.of(0), CudaContracts.EXACT, CudaDebugging.OF_PROCESS, plain)) {
            View q = normals(backend, 1, images, tokens, width);
            View k = normals(backend, 2, sharedKeys ? 1 : images, tokens, width);
            View v = normals(backend, 3, sharedValues ? 1 : images, tokens, width);
            View dout = normals(backend, 4, images, tokens, width);
            View out = empty(backend, q.shape());
            View lse = empty(backend, Shape.of(images, pattern.heads(), tokens));
            View[] results = {out, lse, empty(backend, q.shape()), empty(backend, k.shape()), empty(backend, v.shape())
            };
            backend.attention(q, k, v, pattern, out, lse);
            backend.attentionBackward(q, k, v, out, lse, dout, pattern, results[2], results[3], results[4]);
            float[][] values = new float[results.length][];
            for (int i = 0; i < values.length; i++) {
                values[i] = new float[results[i].elements()];
                backend.download(results[i], values[i], 0);
                results[i].storage().release();
            }
            for (View input : new View[] {q, k, v, dout}) {
                input.storage().release();
            }
            assertEquals(0, backend.memory().used());
            return values;
        }
    }

    private static View empty(Backend backend, Shape shape) {
        return new View(backend.allocate(shape.elements()), 0, shape);
    }

    private static View normals(Backend backend, long stream, int... extents) {
        View view = empty(backend, Shape.of(extents));
        backend.normal(view, 20240917, stream);
        return view;
    }
}

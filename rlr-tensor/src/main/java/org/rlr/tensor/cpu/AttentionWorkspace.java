package org.rlr.tensor.cpu;

import java.util.Arrays;

/** Arrays that a thread's tasks reuse, see {@link Scratch}; they grow to the largest size needed. */
final class AttentionWorkspace {
    private static final float[] EMPTY = {};

    /** Kᵀ and Vᵀ of one head in panels of keys; K, V and their gradients by rows, padded to whole panels. */
    float[] keysT = EMPTY;

    float[] valuesT = EMPTY;
    float[] keyRows = EMPTY;
    float[] valueRows = EMPTY;
    float[] keyGradients = EMPTY;
    float[] valueGradients = EMPTY;
    /**
     * A block of queries and of output gradients: in strips with interleaved rows, and by rows padded to whole panels.
     */
    float[] queriesT = EMPTY;

    float[] gradientsT = EMPTY;
    float[] queryRows = EMPTY;
    float[] gradientRows = EMPTY;
    /** The block's result by rows, and per row: partial sums, the shift of logits, Σ dout·out. */
    float[] result = EMPTY;

    float[] sums = EMPTY;
    float[] shift = EMPTY;
    float[] delta = EMPTY;
    /** Logits, then probabilities; their gradients. */
    float[] tile = EMPTY;

    float[] tileGradients = EMPTY;
    /** Rows with NaN or infinite values, removed from the rows above. */
    final NonFiniteRows oddKeys = new NonFiniteRows();

    final NonFiniteRows oddValues = new NonFiniteRows();
    final NonFiniteRows oddQueries = new NonFiniteRows();
    final NonFiniteRows oddGradients = new NonFiniteRows();
    /** Keys of a tile's segments, and its pattern of allowed entries; see {@link AttentionKeys}. */
    final int[] segments = new int[AttentionKernels.TILE];

    final int[] allowed = new int[AttentionKernels.STRIP * AttentionKernels.TILE];
    /** Sums of several tasks, one slot per task; used by the calling thread. */
    float[] keySlots = EMPTY;

    float[] valueSlots = EMPTY;
    /** The largest norms of keys; used by the calling thread. */
    float[] keyNorms = EMPTY;

    /** Returns the total length of all arrays. */
    long elements() {
        return (long) keysT.length
                + valuesT.length
                + keyRows.length
                + valueRows.length
                + keyGradients.length
                + valueGradients.length
                + queriesT.length
                + gradientsT.length
                + queryRows.length
                + gradientRows.length
                + result.length
                + sums.length
                + shift.length
                + delta.length
                + tile.length
                + tileGradients.length
                + segments.length
                + allowed.length
                + keySlots.length
                + valueSlots.length
                + keyNorms.length
                + oddKeys.elements()
                + oddValues.elements()
                + oddQueries.elements()
                + oddGradients.elements();
    }

    /** Returns the array, or a longer one if it is too short; the contents are old values or zeros. */
    static float[] atLeast(float[] array, int elements) {
        return array.length >= elements ? array : new float[elements];
    }

    /** Returns an array of at least the given length whose first elements up to it are 0. */
    static float[] zeroed(float[] array, int elements) {
        if (array.length < elements) {
            return new float[elements];
        }
        Arrays.fill(array, 0, elements, 0f);
        return array;
    }
}

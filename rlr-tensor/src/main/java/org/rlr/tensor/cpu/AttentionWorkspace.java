package org.rlr.tensor.cpu;

import java.util.Arrays;

/** Arrays that the tasks of a thread use again and again, see {@link Scratch}; they grow to what was needed most. */
final class AttentionWorkspace {
    private static final float[] EMPTY = {};

    /**
     * Kᵀ and Vᵀ of one head in panels of keys; K and V by rows, padded to whole panels; gradients of K and V likewise.
     */
    float[] keysT = EMPTY;

    float[] valuesT = EMPTY;
    float[] keyRows = EMPTY;
    float[] valueRows = EMPTY;
    float[] keyGradients = EMPTY;
    float[] valueGradients = EMPTY;
    /**
     * A block of queries and of output gradients: in strips with the rows side by side, and by rows padded to whole
     * panels.
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
    /** What is not finite, taken out of the rows above. */
    final NonFiniteRows oddKeys = new NonFiniteRows();

    final NonFiniteRows oddValues = new NonFiniteRows();
    final NonFiniteRows oddQueries = new NonFiniteRows();
    final NonFiniteRows oddGradients = new NonFiniteRows();
    /** Keys of a tile's segments, and its pattern of allowed entries; see {@link AttentionKeys}. */
    final int[] segments = new int[AttentionKernels.TILE];

    final int[] allowed = new int[AttentionKernels.STRIP * AttentionKernels.TILE];
    /** Sums that several tasks contribute to, one slot each; used by the calling thread. */
    float[] keySlots = EMPTY;

    float[] valueSlots = EMPTY;
    /** The largest norms of keys, likewise. */
    float[] keyNorms = EMPTY;

    /** The length of all arrays. */
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

    /**
     * The array, or a longer one if it is too short; contents are undefined, but nothing is NaN that was not put there.
     */
    static float[] atLeast(float[] array, int elements) {
        return array.length >= elements ? array : new float[elements];
    }

    /** An array of at least so many elements, the first of which are 0. */
    static float[] zeroed(float[] array, int elements) {
        if (array.length < elements) {
            return new float[elements];
        }
        Arrays.fill(array, 0, elements, 0f);
        return array;
    }
}

package org.rlr.tensor.cpu;

import java.util.Arrays;

/**
 * The rows of a packed matrix that hold a NaN or an infinity, taken out of it. A product of tiles multiplies the
 * entries that the pattern forbids, which are 0, as well, and {@code 0·NaN} is NaN: a token that is not finite would
 * reach those that do not attend to it. So such rows are 0 in the matrix, and their products are added for allowed
 * entries alone. Where all is finite, this costs one pass over the rows.
 */
final class NonFiniteRows {
    private int[] rows = {};
    private float[] values = {};
    private int count;
    private int length;

    /** The length of both arrays. */
    long elements() {
        return (long) rows.length + values.length;
    }

    /**
     * Takes out what is not finite, in place of what was taken out before.
     *
     * @param rowLength a multiple of the kernels' lanes
     */
    void takeOut(AttentionKernels kernels, float[] matrix, int rowCount, int rowLength) {
        count = 0;
        length = rowLength;
        if (kernels.finite(matrix, 0, rowCount * rowLength)) {
            return;
        }
        for (int row = 0; row < rowCount; row++) {
            if (!kernels.finite(matrix, row * length, length)) {
                keep(matrix, row);
            }
        }
    }

    private void keep(float[] matrix, int row) {
        if (count == rows.length || (count + 1) * length > values.length) {
            rows = Arrays.copyOf(rows, 2 * (count + 1));
            values = Arrays.copyOf(values, rows.length * length);
        }
        rows[count] = row;
        System.arraycopy(matrix, row * length, values, count * length, length);
        Arrays.fill(matrix, row * length, (row + 1) * length, 0f);
        count++;
    }

    /** Takes nothing out: all rows are known to be finite. */
    void none() {
        count = 0;
    }

    /**
     * Where rows are keys from {@code firstKey}: {@code result += tile·rows} for a strip of the tile.
     *
     * @param offset where the strip's first row is in the tile
     * @param first that row's query, counted from the block's first, and its row in the result
     */
    void addKeys(AttentionKeys keys, int firstKey, float[] tile, int offset, int first, float[] result) {
        int end = Math.min(first + AttentionKernels.STRIP, keys.queries);
        for (int n = 0; n < count; n++) {
            int key = firstKey + rows[n];
            int column = keys.column(key);
            for (int i = first; i < end && column >= 0; i++) {
                if (keys.allows(keys.firstQuery + i, key)) {
                    add(n, tile[offset + (i - first) * AttentionKernels.TILE + column], result, i * length);
                }
            }
        }
    }

    /**
     * Where rows are the block's queries: {@code gradients += tileᵀ·rows}, rows of gradients being keys from
     * {@code firstKey}.
     */
    void addQueries(AttentionKeys keys, int firstKey, float[] tile, float[] gradients) {
        for (int n = 0; n < count; n++) {
            for (int s = 0; s < keys.segments; s++) {
                for (int j = 0; j < keys.length; j++) {
                    int key = keys.key[s] + j;
                    if (keys.allows(keys.firstQuery + rows[n], key)) {
                        add(
                                n,
                                tile[rows[n] * AttentionKernels.TILE + s * keys.columns + j],
                                gradients,
                                (key - firstKey) * length);
                    }
                }
            }
        }
    }

    private void add(int n, float factor, float[] to, int offset) {
        for (int c = 0; c < length; c++) {
            to[offset + c] += factor * values[n * length + c];
        }
    }
}

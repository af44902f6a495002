package org.rlr.tensor.cpu;

import java.util.Arrays;

/**
 * The rows with NaN or infinite values of a packed matrix, stored separately. A product of tiles also multiplies
 * forbidden entries, which are 0, and {@code 0·NaN} is NaN: such a token would affect queries that do not attend to it.
 * So these rows are 0 in the matrix, and their products are added only for allowed entries. If all values are finite,
 * this costs one pass over the rows.
 */
final class NonFiniteRows {
    private int[] rows = {};
    private float[] values = {};
    private int count;
    private int length;

    /** The total length of both arrays. */
    long elements() {
        return (long) rows.length + values.length;
    }

    /**
     * Moves the non-finite rows here and replaces those stored before.
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

    /** Clears the stored rows: all rows are known to be finite. */
    void none() {
        count = 0;
    }

    /**
     * For rows that are keys from {@code firstKey}: {@code result += tile·rows} for a strip of the tile.
     *
     * @param offset offset of the strip's first row in the tile
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
     * For rows that are the block's queries: {@code gradients += tileᵀ·rows}, with rows of gradients for the keys from
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

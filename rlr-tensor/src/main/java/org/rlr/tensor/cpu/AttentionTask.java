package org.rlr.tensor.cpu;

import java.util.Arrays;

/**
 * Attention of one head for a range of images and queries, on one thread: the common part of forward and backward. Keys
 * and values are packed for the kernels, only once if all images share them; then blocks of queries iterate over tiles
 * of keys.
 */
abstract class AttentionTask {
    /** Queries of a block that may span several grid rows. */
    static final int DENSE_BLOCK = 8 * AttentionKernels.STRIP;

    /** Tokens transposed together; divides the lanes. */
    private static final int GROUP = 4;

    final AttentionKernels kernels;
    final AttentionProblem problem;
    final AttentionWorkspace work;
    final AttentionKeys keys;
    final int lanes;
    final int headDim;
    /** The head's first channel. */
    final int channel;
    /** The head's width rounded up to whole panels, and the number of panels. */
    final int padded;

    final int panels;
    private final int beginQuery;
    private final int endQuery;
    /** The range of keys that the task's queries may see. */
    final int firstKey;

    final int keyCount;
    /** Strides of {@link AttentionWorkspace#keysT} and valuesT. */
    final int rowStride;

    final int panelStride;

    /** @param endQuery exclusive; for INSIDE, both ends are starts of grid rows */
    AttentionTask(AttentionKernels kernels, AttentionProblem problem, int head, int beginQuery, int endQuery) {
        this.kernels = kernels;
        this.problem = problem;
        this.beginQuery = beginQuery;
        this.endQuery = endQuery;
        work = Scratch.attention();
        lanes = kernels.lanes();
        keys = new AttentionKeys(problem.pattern, problem.keys, lanes, work);
        headDim = problem.headDim;
        channel = head * headDim;
        padded = AttentionKeys.roundUp(headDim, lanes);
        panels = padded / lanes;
        if (keys.windowed) {
            long reach = (long) problem.pattern.radius() * problem.pattern.width();
            firstKey = (int) Math.max(0, beginQuery - reach);
            keyCount = (int) Math.min(problem.keys, endQuery + reach) - firstKey;
            // Rows of keys, so that a segment may start anywhere; an odd number of cache lines apart to avoid
            // conflicts in one cache set.
            rowStride = AttentionKeys.roundUp(keyCount + lanes, 32) + 16;
            panelStride = lanes;
        } else {
            firstKey = 0;
            keyCount = problem.keys;
            rowStride = lanes;
            panelStride = headDim * lanes;
        }
    }

    /** Runs {@link #block} for every block of queries. */
    final void blocks(int image) {
        if (keys.windowed) {
            int w = problem.pattern.width();
            for (int column = 0; column < w; column += AttentionKernels.STRIP) {
                for (int query = beginQuery + column; query < endQuery; query += w) {
                    block(image, query, Math.min(AttentionKernels.STRIP, w - column));
                }
            }
        } else {
            for (int query = beginQuery; query < endQuery; query += DENSE_BLOCK) {
                block(image, query, Math.min(DENSE_BLOCK, endQuery - query));
            }
        }
    }

    abstract void block(int image, int query, int count);

    /** Returns the offset of a key's column in {@link AttentionWorkspace#keysT}. */
    final int transposedOffset(int key) {
        return keys.windowed ? key - firstKey : key / lanes * panelStride;
    }

    /** Packs the head's channels of the task's keys as columns of panels, zeros after the last. */
    final float[] packTransposed(AttentionProblem.Tokens tokens, int image, float[] array) {
        int size = keys.windowed ? headDim * rowStride : AttentionKeys.roundUp(keyCount, lanes) / lanes * panelStride;
        float[] to = AttentionWorkspace.atLeast(array, size);
        int end = keys.windowed ? rowStride : AttentionKeys.roundUp(keyCount, lanes);
        int i = 0;
        for (; i + GROUP <= keyCount; i += GROUP) {
            transposeGroup(
                    tokens.data,
                    tokens.at(image, firstKey + i, channel),
                    tokens.width,
                    headDim,
                    to,
                    column(i),
                    rowStride);
        }
        for (; i < keyCount; i++) {
            transpose(tokens.data, tokens.at(image, firstKey + i, channel), headDim, to, column(i), rowStride);
        }
        for (; i < end; i++) {
            for (int c = 0; c < headDim; c++) {
                to[column(i) + c * rowStride] = 0f;
            }
        }
        return to;
    }

    private int column(int i) {
        return i / lanes * panelStride + i % lanes;
    }

    private static void transposeGroup(float[] from, int offset, int width, int n, float[] to, int start, int stride) {
        for (int c = 0, j = start; c < n; c++, j += stride) {
            to[j] = from[offset + c];
            to[j + 1] = from[offset + width + c];
            to[j + 2] = from[offset + 2 * width + c];
            to[j + 3] = from[offset + 3 * width + c];
        }
    }

    private static void transpose(float[] from, int offset, int n, float[] to, int start, int stride) {
        for (int c = 0, j = start; c < n; c++, j += stride) {
            to[j] = from[offset + c];
        }
    }

    /** Packs the head's channels of a run of tokens by rows, padded with zeros to whole panels. */
    final float[] packRows(AttentionProblem.Tokens tokens, int image, int first, int count, float[] array) {
        float[] to = AttentionWorkspace.atLeast(array, count * padded);
        for (int i = 0; i < count; i++) {
            System.arraycopy(tokens.data, tokens.at(image, first + i, channel), to, i * padded, headDim);
            Arrays.fill(to, i * padded + headDim, (i + 1) * padded, 0f);
        }
        return to;
    }

    /**
     * Packs the head's channels of a block's tokens, times a factor, in strips with interleaved rows. A partial strip
     * repeats the last token.
     */
    final float[] packStrips(
            AttentionProblem.Tokens tokens, int image, int first, int count, float factor, float[] array) {
        int strip = AttentionKernels.STRIP;
        float[] to = AttentionWorkspace.atLeast(array, AttentionKeys.roundUp(count, strip) * headDim);
        for (int i = 0; i < count; i += strip) {
            int last = count - 1;
            packStrip(
                    tokens.data,
                    tokens.at(image, first + i, channel),
                    tokens.at(image, first + Math.min(i + 1, last), channel),
                    tokens.at(image, first + Math.min(i + 2, last), channel),
                    tokens.at(image, first + Math.min(i + 3, last), channel),
                    tokens.at(image, first + Math.min(i + 4, last), channel),
                    headDim,
                    factor,
                    to,
                    i * headDim);
        }
        return to;
    }

    private static void packStrip(
            float[] from, int o0, int o1, int o2, int o3, int o4, int n, float factor, float[] to, int start) {
        for (int c = 0; c < n; c++) {
            int j = start + c * AttentionKernels.STRIP;
            to[j] = from[o0 + c] * factor;
            to[j + 1] = from[o1 + c] * factor;
            to[j + 2] = from[o2 + c] * factor;
            to[j + 3] = from[o3 + c] * factor;
            to[j + 4] = from[o4 + c] * factor;
        }
    }

    /** Products of a strip of a block with the keys (or values) of the current tile, into a strip of a tile. */
    final void multiplyStrip(float[] strips, int strip, float[] transposed, float[] tile, int tileOffset) {
        if (keys.windowed && keys.columns == lanes) {
            // segments of one panel, one grid row apart: a pair keeps twice as many sums in registers
            kernels.multiply(
                    headDim,
                    strips,
                    strip * AttentionKernels.STRIP * headDim,
                    transposed,
                    transposedOffset(keys.key[0]),
                    rowStride,
                    problem.pattern.width(),
                    keys.segments,
                    tile,
                    tileOffset);
            return;
        }
        for (int s = 0; s < keys.segments; s++) {
            kernels.multiply(
                    headDim,
                    strips,
                    strip * AttentionKernels.STRIP * headDim,
                    transposed,
                    transposedOffset(keys.key[s]),
                    rowStride,
                    panelStride,
                    keys.columns / lanes,
                    tile,
                    tileOffset + s * keys.columns);
        }
    }

    /** Adds a strip of the current tile times the rows of its keys to a strip of the block's result. */
    final void addStrip(float[] tile, int tileOffset, float[] rows, float[] result, int strip) {
        for (int s = 0; s < keys.segments; s++) {
            kernels.add(
                    keys.length,
                    tile,
                    tileOffset + s * keys.columns,
                    rows,
                    (keys.key[s] - firstKey) * padded,
                    padded,
                    lanes,
                    panels,
                    result,
                    strip * AttentionKernels.STRIP * padded,
                    padded);
        }
    }

    /** Σ aᵢ·bᵢ in four partial sums. */
    static float dot(float[] a, int aOffset, float[] b, int bOffset, int n) {
        float s0 = 0f;
        float s1 = 0f;
        float s2 = 0f;
        float s3 = 0f;
        int i = 0;
        for (; i < n - 3; i += 4) {
            s0 += a[aOffset + i] * b[bOffset + i];
            s1 += a[aOffset + i + 1] * b[bOffset + i + 1];
            s2 += a[aOffset + i + 2] * b[bOffset + i + 2];
            s3 += a[aOffset + i + 3] * b[bOffset + i + 3];
        }
        for (; i < n; i++) {
            s0 += a[aOffset + i] * b[bOffset + i];
        }
        return (s0 + s1) + (s2 + s3);
    }
}

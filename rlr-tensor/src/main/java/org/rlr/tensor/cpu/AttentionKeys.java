package org.rlr.tensor.cpu;

import java.util.Arrays;
import org.rlr.tensor.backend.AttentionPattern;
import org.rlr.tensor.backend.Locality;

/**
 * Iterates over the tiles of keys for a block of neighbouring queries and marks the forbidden entries of a tile. A tile
 * consists of segments: runs of neighbouring keys, each padded to whole panels of columns.
 *
 * <p>For the localities OUTSIDE and ALL, a block is any run of queries, a tile is one segment, and the few forbidden
 * entries are overwritten. For INSIDE, a block is a run of queries in one grid row, the segments are the visible parts
 * of the surrounding rows, and one bit pattern for all segments tells which query sees which column.
 */
final class AttentionKeys {
    /** Keys of a tile with one segment. */
    private static final int DENSE_TILE = 96;

    private static final int[] EVERYTHING = new int[AttentionKernels.TILE];

    static {
        Arrays.fill(EVERYTHING, -1);
    }

    final boolean windowed;
    /** The block: its first query and its number of queries. */
    int firstQuery;

    int queries;
    /** The tile: number of segments, first key and number of keys of each, and columns per segment. */
    int segments;

    final int[] key;
    int length;
    int columns;
    /**
     * Bits of the allowed entries of a tile, per query of a strip, {@link #allowedStride} ints apart. {@link #forbid}
     * handles further forbidden entries.
     */
    final int[] allowed;

    final int allowedStride;

    private final AttentionPattern pattern;
    private final int keys;
    private final int lanes;
    private int nextKey;
    private int nextRow;
    private int endRow;
    private int firstColumn;
    private int endColumn;
    private int patternQueryColumn = -1;
    private int patternKeyColumn;
    private int patternLength;
    private int patternQueries;

    AttentionKeys(AttentionPattern pattern, int keys, int lanes, AttentionWorkspace work) {
        this.pattern = pattern;
        this.keys = keys;
        this.lanes = lanes;
        windowed = pattern.locality() == Locality.INSIDE;
        key = work.segments;
        allowed = windowed ? work.allowed : EVERYTHING;
        allowedStride = windowed ? AttentionKernels.TILE : 0;
    }

    /** Moves before the first tile of a block. */
    void start(int blockQuery, int blockQueries) {
        firstQuery = blockQuery;
        queries = blockQueries;
        nextKey = 0;
        if (windowed) {
            int r = pattern.radius();
            int row = blockQuery / pattern.width();
            int column = blockQuery % pattern.width();
            nextRow = Math.max(0, row - r);
            endRow = (int) Math.min(pattern.height(), (long) row + r + 1);
            firstColumn = Math.max(0, column - r);
            endColumn = (int) Math.min(pattern.width(), (long) column + blockQueries + r);
            nextKey = firstColumn;
        }
    }

    /** Moves to the next tile; returns false after the last. */
    boolean next() {
        return windowed ? nextWindowed() : nextDense();
    }

    /** The number of columns of the tile. */
    int width() {
        return segments * columns;
    }

    private boolean nextDense() {
        if (nextKey >= keys) {
            return false;
        }
        segments = 1;
        key[0] = nextKey;
        length = Math.min(DENSE_TILE, keys - nextKey);
        columns = roundUp(length, lanes);
        nextKey += length;
        return true;
    }

    /**
     * Takes one range of columns at a time (only a very wide window has several), with all its rows before the next
     * range.
     */
    private boolean nextWindowed() {
        int r = pattern.radius();
        int row = firstQuery / pattern.width();
        if (nextRow >= endRow) {
            nextKey += length;
            if (nextKey >= endColumn) {
                return false;
            }
            nextRow = Math.max(0, row - r);
        }
        length = Math.min(AttentionKernels.TILE, endColumn - nextKey);
        columns = roundUp(length, lanes);
        segments = Math.min(endRow - nextRow, AttentionKernels.TILE / columns);
        for (int s = 0; s < segments; s++) {
            key[s] = (nextRow + s) * pattern.width() + nextKey;
        }
        nextRow += segments;
        makePattern();
        return true;
    }

    private void makePattern() {
        int queryColumn = firstQuery % pattern.width();
        if (queryColumn == patternQueryColumn
                && nextKey == patternKeyColumn
                && length == patternLength
                && queries == patternQueries) {
            return;
        }
        patternQueryColumn = queryColumn;
        patternKeyColumn = nextKey;
        patternLength = length;
        patternQueries = queries;
        long r = pattern.radius();
        Arrays.fill(allowed, 0);
        for (int i = 0; i < queries; i++) {
            int from = (int) Math.max(0, queryColumn + i - r - nextKey);
            int to = (int) Math.min(length, queryColumn + i + r + 1 - nextKey);
            for (int start = i * allowedStride;
                    from < to && start + columns <= (i + 1) * allowedStride;
                    start += columns) {
                Arrays.fill(allowed, start + from, start + to, -1);
            }
        }
    }

    /**
     * Overwrites the forbidden entries of a strip of the tile.
     *
     * @param offset offset of the strip's first row in the array
     * @param first that row's query, counted from the block's first; rows after the block's last query stay unchanged
     */
    void forbid(float[] tile, int offset, int first, float value) {
        int rows = Math.min(AttentionKernels.STRIP, queries - first);
        for (int i = 0; i < rows; i++) {
            int from = offset + i * AttentionKernels.TILE;
            if (windowed) {
                for (int j = 0; j < width(); j++) {
                    if (allowed[(first + i) * allowedStride + j] == 0) {
                        tile[from + j] = value;
                    }
                }
            } else {
                Arrays.fill(tile, from + length, from + columns, value);
                if (pattern.locality() == Locality.OUTSIDE) {
                    forbidWindow(tile, from, firstQuery + first + i, value);
                }
            }
        }
    }

    private void forbidWindow(float[] tile, int from, int query, float value) {
        int w = pattern.width();
        int r = pattern.radius();
        int row = query / w;
        int column = query % w;
        int begin = key[0];
        int end = begin + length;
        int left = Math.max(0, column - r);
        int right = (int) Math.min(w, (long) column + r + 1);
        int firstRow = Math.max(Math.max(0, row - r), begin / w);
        long lastRow = Math.min((long) row + r, (end - 1) / w);
        for (int i = firstRow; i <= lastRow; i++) {
            int a = Math.max(begin, i * w + left);
            int b = Math.min(end, i * w + right);
            for (int j = a; j < b; j++) {
                tile[from + j - begin] = value;
            }
        }
    }

    /** Returns the tile's column of a key, or -1 if the key is not in the tile. */
    int column(int at) {
        for (int s = 0; s < segments; s++) {
            if (at >= key[s] && at < key[s] + length) {
                return s * columns + at - key[s];
            }
        }
        return -1;
    }

    /** Returns whether the pattern allows a query to attend to a key. */
    boolean allows(int query, int at) {
        int w = pattern.width();
        boolean near =
                Math.abs(query / w - at / w) <= pattern.radius() && Math.abs(query % w - at % w) <= pattern.radius();
        return pattern.locality() == Locality.ALL || near == windowed;
    }

    static int roundUp(int n, int multiple) {
        return (n + multiple - 1) / multiple * multiple;
    }
}

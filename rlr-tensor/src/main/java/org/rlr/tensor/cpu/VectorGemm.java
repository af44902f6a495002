package org.rlr.tensor.cpu;

import org.rlr.tensor.backend.Activation;

/**
 * Matrix product after Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", 2008) and BLIS. A and B are packed in panels one tile high and
 * wide, in blocks of k that keep a panel of B in the first cache and a block of rows of A in the second. A task is a block of rows by a run of columns of C; it goes
 * over its columns in pieces so narrow that a piece of C, too, stays in the second cache while the blocks of k are added to it.
 * An element of C is summed in the same order whatever the tasks: the result does not depend on threads.
 */
final class VectorGemm implements Gemm {
    private static final int ROWS = VectorTile.ROWS;
    private static final int COLUMNS = VectorTile.COLUMNS;
    /** Depth of a block at most: a panel of B and one of A fit the first cache (20 KiB + 5 KiB with 256-bit vectors). */
    private static final int DEPTH = Math.max(128, 320 * 16 / COLUMNS);
    /** Rows of a task at most: its block of A takes about a third of a small second cache. */
    private static final int HEIGHT = (128 + ROWS - 1) / ROWS * ROWS;
    /** Elements of a piece of C, another quarter of that cache. */
    private static final int PIECE = 1 << 15;
    /** Elements of A or B packed at a time. */
    private static final int PACKED = 1 << 21;
    /** Depth packed at a time at most, so that a task's own block of A stays small. */
    private static final int RANGE = 1 << 12;
    /** Multiplications below which waking other threads costs more than it saves. */
    private static final long SERIAL_WORK = 1L << 19;
    /** Multiplications that a task should have at least. */
    private static final long TASK_WORK = 1L << 18;

    private final ElementwiseKernels elementwise;

    VectorGemm(ElementwiseKernels elementwise) {
        this.elementwise = elementwise;
    }

    @Override
    public void gemm(Parallel parallel, boolean transA, boolean transB, int m, int n, int k, float alpha,
            float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
            boolean accumulate, float[] c, int cOffset, int ldc,
            float[] bias, int biasOffset, Activation activation, float[] pre, int preOffset) {
        if (m == 0 || n == 0) {
            return;
        }
        Parallel over = (long) m * n * k < SERIAL_WORK ? Parallel.SERIAL : parallel;
        Left left = new Left(transA, alpha, a, aOffset, lda);
        Right right = new Right(transB, b, bOffset, ldb);
        Result result = new Result(c, cOffset, ldc, n, bias, biasOffset, activation, pre, preOffset);
        int width = Math.min(n, PACKED / DEPTH / COLUMNS * COLUMNS);
        int depth = depth(k);
        int panels = (width + COLUMNS - 1) / COLUMNS;
        int range = Math.min(RANGE, PACKED / Math.max(panels * COLUMNS, Math.min(m, HEIGHT * 4 * over.threads())));
        int step = Math.max(1, range / depth) * depth;
        for (int column = 0; column < n; column += width) {
            int columns = Math.min(width, n - column);
            int from = 0;
            do {
                int to = Math.min(k, from + step);
                multiply(over, left, right, result, m, column, columns, from, to, depth, accumulate || from > 0, to == k);
                from = to;
            } while (from < k);
        }
    }

    /** Depth of the blocks that k is cut into. */
    private static int depth(int k) {
        int blocks = Math.max(1, (k + DEPTH - 1) / DEPTH);
        return Math.max(1, (k + blocks - 1) / blocks);
    }

    private void multiply(Parallel over, Left left, Right right, Result result, int m, int column, int columns,
            int from, int to, int depth, boolean accumulate, boolean last) {
        int panels = (columns + COLUMNS - 1) / COLUMNS;
        int blocks = Math.max(1, (to - from + depth - 1) / depth);
        Cut cut = new Cut(over.threads(), m, panels, to - from);
        float[] packed = Scratch.get(Scratch.GEMM_B, panels * COLUMNS * (to - from));
        boolean shared = cut.columnTasks > 1;
        float[] packedLeft = shared ? Scratch.get(Scratch.GEMM_SHARED_A, cut.rowTasks * cut.height * (to - from)) : null;
        int together = Math.max(1, (1 << 14) / (COLUMNS * depth));
        int groups = (panels + together - 1) / together;
        over.forEach((groups + (shared ? cut.rowTasks : 0)) * blocks, task -> {
            int start = from + task % blocks * depth;
            int k = Math.min(to, start + depth) - start;
            int group = task / blocks;
            if (group >= groups) {
                cut.packLeft(left, group - groups, from, to, start, k, packedLeft, (group - groups) * cut.height * (to - from));
                return;
            }
            int base = (start - from) * panels * COLUMNS;
            int end = Math.min(panels, (group + 1) * together);
            for (int panel = group * together; panel < end; panel++) {
                right.pack(column + panel * COLUMNS, columns - panel * COLUMNS, start, k, packed, base + panel * COLUMNS * k);
            }
        });
        over.forEach(cut.tasks(), task -> {
            int rowTask = task % cut.rowTasks;
            int row = rowTask * cut.height;
            int rows = Math.min(cut.height, m - row);
            int firstPanel = task / cut.rowTasks * cut.panels;
            int endPanel = Math.min(panels, firstPanel + cut.panels);
            float[] block = shared ? packedLeft : Scratch.get(Scratch.GEMM_A, cut.height * (to - from));
            int blockOffset = shared ? rowTask * cut.height * (to - from) : 0;
            if (!shared) {
                for (int start = from; start < to; start += depth) {
                    cut.packLeft(left, rowTask, from, to, start, Math.min(to, start + depth) - start, block, 0);
                }
            }
            float[] tile = Scratch.get(Scratch.GEMM_C, ROWS * COLUMNS);
            int piece = Math.max(1, PIECE / (cut.height * COLUMNS));
            for (int p = firstPanel; p < endPanel; p += piece) {
                int endPiece = Math.min(endPanel, p + piece);
                int start = from;
                do {
                    int k = Math.min(to, start + depth) - start;
                    int base = (start - from) * panels * COLUMNS;
                    for (int panel = p; panel < endPiece; panel++) {
                        int width = Math.min(COLUMNS, columns - panel * COLUMNS);
                        result.panel(k, block, blockOffset + (start - from) * cut.height, rows, packed, base + panel * COLUMNS * k, width,
                                row, column + panel * COLUMNS, accumulate || start > from, tile);
                    }
                    start += depth;
                } while (start < to);
                if (last) {
                    int first = column + p * COLUMNS;
                    result.finish(elementwise, row, rows, first, Math.min(column + columns, column + endPiece * COLUMNS) - first);
                }
            }
        });
    }

    /** How a part of C is cut into tasks: by rows as long as a panel of B serves enough of them, then by columns, whose tasks share the packed rows of A. */
    private static final class Cut {
        private final int m;
        private final int height;
        private final int rowTasks;
        private final int panels;
        private final int columnTasks;

        Cut(int threads, int m, int panels, int k) {
            this.m = m;
            long work = (long) m * panels * COLUMNS * k;
            int wanted = threads == 1 ? 1 : (int) Math.max(1, Math.min(4L * threads, work / TASK_WORK));
            int parts = Math.max((m + HEIGHT - 1) / HEIGHT, Math.min(wanted / Math.max(1, panels), (m + ROWS - 1) / ROWS));
            height = ((m + parts - 1) / parts + ROWS - 1) / ROWS * ROWS;
            rowTasks = (m + height - 1) / height;
            int across = Math.min(panels, (wanted + rowTasks - 1) / rowTasks);
            this.panels = (panels + across - 1) / across;
            columnTasks = (panels + this.panels - 1) / this.panels;
        }

        int tasks() {
            return rowTasks * columnTasks;
        }

        /** Packs {@code k} columns of a task's rows from {@code start}, in their place among those of {@code from … to}. */
        void packLeft(Left left, int rowTask, int from, int to, int start, int k, float[] out, int offset) {
            left.pack(rowTask * height, Math.min(height, m - rowTask * height), start, k, out, offset + (start - from) * height);
        }
    }

    private record Left(boolean transposed, float alpha, float[] a, int offset, int stride) {
        void pack(int row, int rows, int from, int k, float[] out, int target) {
            if (transposed) {
                VectorPack.leftTransposed(a, offset + from * stride + row, stride, rows, k, alpha, out, target);
            } else {
                VectorPack.left(a, offset + row * stride + from, stride, rows, k, alpha, out, target);
            }
        }
    }

    private record Right(boolean transposed, float[] b, int offset, int stride) {
        void pack(int column, int columns, int from, int k, float[] out, int target) {
            if (transposed) {
                VectorPack.rightTransposed(b, offset + column * stride + from, stride, columns, k, out, target);
            } else {
                VectorPack.right(b, offset + from * stride + column, stride, columns, k, out, target);
            }
        }
    }

    private record Result(float[] c, int offset, int stride, int n, float[] bias, int biasOffset, Activation activation,
            float[] pre, int preOffset) {

        /** A block of A times one panel of B. */
        void panel(int k, float[] block, int blockOffset, int rows, float[] packed, int at, int width, int row, int column,
                boolean accumulate, float[] tile) {
            int start = offset + row * stride + column;
            int full = width == COLUMNS ? rows / ROWS * ROWS : 0;
            for (int i = 0; i < full; i += ROWS) {
                VectorTile.multiply(k, block, blockOffset + i * k, packed, at, c, start + i * stride, stride, accumulate);
            }
            for (int i = full; i < rows; i += ROWS) {
                VectorTile.multiply(k, block, blockOffset + i * k, packed, at, tile, 0, COLUMNS, false);
                for (int r = 0; r < Math.min(ROWS, rows - i); r++) {
                    int target = start + (i + r) * stride;
                    for (int j = 0; j < width; j++) {
                        float value = tile[r * COLUMNS + j];
                        c[target + j] = accumulate ? c[target + j] + value : value;
                    }
                }
            }
        }

        void finish(ElementwiseKernels elementwise, int row, int rows, int column, int columns) {
            GemmEpilogue.apply(elementwise, c, offset + row * stride + column, stride, rows, columns, bias, biasOffset + column,
                    activation, pre, preOffset + row * stride + column);
        }
    }
}

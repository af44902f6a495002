package org.rlr.tensor.cpu;

import org.jspecify.annotations.Nullable;
import org.rlr.tensor.backend.Activation;
import org.rlr.tensor.backend.Parallel;

/**
 * Matrix product after Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", 2008) and BLIS. A
 * and B are packed in panels one tile high and wide, in blocks of k that keep a panel of B in the first-level cache and
 * a block of rows of A in the second-level cache. A task is a block of rows by a run of columns of C. It splits its
 * columns into pieces, so that a piece of C also stays in the second-level cache while the blocks of k are added to it.
 *
 * <p>The number of threads sets the tiles per task and the part of k that is packed at a time: few threads are faster
 * with large tasks, whose packed rows stay in a core's cache. It does not change the results: tasks start at whole
 * tiles, parts of k at whole blocks, and the depth of a block depends only on k. So every element of C is summed in the
 * same order and is bit-identical for any number of threads.
 */
final class VectorGemm implements Gemm {
    private static final int ROWS = VectorTile.ROWS;
    private static final int COLUMNS = VectorTile.COLUMNS;
    /**
     * Maximum depth of a block: a panel of B and one of A fit the first-level cache (20 KiB + 5 KiB with 256-bit
     * vectors).
     */
    private static final int DEPTH = Math.max(128, 320 * 16 / COLUMNS);
    /** Maximum rows of a task: its block of A uses about a third of a small second-level cache. */
    private static final int HEIGHT = (128 + ROWS - 1) / ROWS * ROWS;
    /** Elements of a piece of C, another quarter of that cache. */
    private static final int PIECE = 1 << 15;
    /** Elements of A or B packed at a time. */
    private static final int PACKED = 1 << 21;
    /** Maximum depth packed at a time, so that a task's own block of A stays small. */
    private static final int RANGE = 1 << 12;
    /** Products with fewer multiplications run on one thread, as waking others costs more than it saves. */
    private static final long SERIAL_WORK = 1L << 19;
    /** Minimum multiplications per task. */
    private static final long TASK_WORK = 1L << 18;

    private final ElementwiseKernels elementwise;

    VectorGemm(ElementwiseKernels elementwise) {
        this.elementwise = elementwise;
    }

    @Override
    public void gemm(
            Parallel parallel,
            boolean transA,
            boolean transB,
            int m,
            int n,
            int k,
            float alpha,
            float[] a,
            int aOffset,
            int lda,
            float[] b,
            int bOffset,
            int ldb,
            boolean accumulate,
            float[] c,
            int cOffset,
            int ldc,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float @Nullable [] pre,
            int preOffset) {
        run(
                parallel,
                new VectorGemmRows.Matrix(transA, alpha, a, aOffset, lda),
                m,
                n,
                k,
                new Right(transB, b, bOffset, ldb),
                accumulate,
                new Result(c, cOffset, ldc, bias, biasOffset, activation, pre, preOffset));
    }

    @Override
    public void gemmPacked(
            Parallel parallel,
            int m,
            int n,
            int k,
            float[] a,
            int aOffset,
            int lda,
            float[] packed,
            int packedOffset,
            float[] c,
            int cOffset,
            int ldc,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float @Nullable [] pre,
            int preOffset) {
        runPacked(
                parallel,
                new VectorGemmRows.Matrix(false, 1, a, aOffset, lda),
                m,
                n,
                k,
                packed,
                packedOffset,
                new Result(c, cOffset, ldc, bias, biasOffset, activation, pre, preOffset));
    }

    @Override
    public boolean convolves() {
        return true;
    }

    @Override
    public void convolve(
            Parallel parallel,
            ConvShape s,
            float[] x,
            int xOffset,
            float[] w,
            int wOffset,
            boolean packed,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float[] y,
            int yOffset) {
        VectorGemmRows patches = new VectorGemmRows.Patches(s, x, xOffset);
        Result result = new Result(y, yOffset, s.outChannels(), bias, biasOffset, activation, null, 0);
        int positions = s.outRows() * s.outWidth();
        if (packed) {
            runPacked(parallel, patches, positions, s.outChannels(), s.taps(), w, wOffset, result);
        } else {
            run(
                    parallel,
                    patches,
                    positions,
                    s.outChannels(),
                    s.taps(),
                    new Right(true, w, wOffset, s.taps()),
                    false,
                    result);
        }
    }

    private void run(
            Parallel parallel,
            VectorGemmRows left,
            int m,
            int n,
            int k,
            Right right,
            boolean accumulate,
            Result result) {
        if (m == 0 || n == 0) {
            return;
        }
        Parallel over = over(parallel, m, n, k);
        int width = Math.min(n, PACKED / DEPTH / COLUMNS * COLUMNS);
        int depth = depth(k);
        int step = step(depth, Math.max(panels(width) * COLUMNS, sharedRows(over, m)));
        for (int column = 0; column < n; column += width) {
            int columns = Math.min(width, n - column);
            int from = 0;
            do {
                int to = Math.min(k, from + step);
                multiply(
                        over,
                        left,
                        right,
                        result,
                        m,
                        column,
                        columns,
                        from,
                        to,
                        depth,
                        accumulate || from > 0,
                        to == k);
                from = to;
            } while (from < k);
        }
    }

    private void runPacked(
            Parallel parallel,
            VectorGemmRows left,
            int m,
            int n,
            int k,
            float[] packed,
            int packedOffset,
            Result result) {
        if (m == 0 || n == 0) {
            return;
        }
        Parallel over = over(parallel, m, n, k);
        int depth = depth(k);
        int step = step(depth, sharedRows(over, m));
        int from = 0;
        do {
            int to = Math.min(k, from + step);
            multiply(
                    over,
                    left,
                    result,
                    new Cut(over.threads(), m, panels(n), to - from),
                    packed,
                    packedOffset + from * panels(n) * COLUMNS,
                    m,
                    0,
                    n,
                    from,
                    to,
                    depth,
                    from > 0,
                    to == k);
            from = to;
        } while (from < k);
    }

    private static Parallel over(Parallel parallel, int m, int n, int k) {
        return (long) m * n * k < SERIAL_WORK ? Parallel.SERIAL : parallel;
    }

    /** Maximum rows of A that are packed for several tasks together; beyond, each task packs its own. */
    private static int sharedRows(Parallel over, int m) {
        return Math.min(m, HEIGHT * 4 * over.threads());
    }

    /** The part of k, in whole blocks, that is packed at a time for {@code across} adjacent values. */
    private static int step(int depth, int across) {
        return Math.max(1, Math.min(RANGE, PACKED / across) / depth) * depth;
    }

    private static int panels(int columns) {
        return (columns + COLUMNS - 1) / COLUMNS;
    }

    @Override
    public int packedSize(int n, int k) {
        return Math.multiplyExact(panels(n) * COLUMNS, k);
    }

    /** Packs one block of k after another, each with consecutive panels, in the same order as {@link #multiply}. */
    @Override
    public void pack(int n, int k, float[] b, int bOffset, int ldb, float[] packed, int packedOffset) {
        Right right = new Right(true, b, bOffset, ldb);
        int depth = depth(k);
        for (int start = 0; start < k; start += depth) {
            int rows = Math.min(depth, k - start);
            for (int panel = 0; panel < panels(n); panel++) {
                right.pack(
                        panel * COLUMNS,
                        n - panel * COLUMNS,
                        start,
                        rows,
                        packed,
                        packedOffset + (start * panels(n) + panel * rows) * COLUMNS);
            }
        }
    }

    @Override
    public void unpack(int n, int k, float[] packed, int packedOffset, float[] b, int bOffset, int ldb) {
        int depth = depth(k);
        for (int p = 0; p < k; p++) {
            int start = p / depth * depth;
            int rows = Math.min(depth, k - start);
            for (int j = 0; j < n; j++) {
                int panel = packedOffset + (start * panels(n) + j / COLUMNS * rows) * COLUMNS;
                b[bOffset + j * ldb + p] = packed[panel + (p - start) * COLUMNS + j % COLUMNS];
            }
        }
    }

    /** Depth of the blocks that k is split into. */
    private static int depth(int k) {
        int blocks = Math.max(1, (k + DEPTH - 1) / DEPTH);
        return Math.max(1, (k + blocks - 1) / blocks);
    }

    /** Packs a part of B and multiplies with it. */
    private void multiply(
            Parallel over,
            VectorGemmRows left,
            Right right,
            Result result,
            int m,
            int column,
            int columns,
            int from,
            int to,
            int depth,
            boolean accumulate,
            boolean last) {
        int panels = panels(columns);
        int blocks = Math.max(1, (to - from + depth - 1) / depth);
        float[] packed = Scratch.get(Scratch.GEMM_B, panels * COLUMNS * (to - from));
        int together = Math.max(1, (1 << 14) / (COLUMNS * depth));
        over.forEach((panels + together - 1) / together * blocks, task -> {
            int start = from + task % blocks * depth;
            int k = Math.min(to, start + depth) - start;
            int base = (start - from) * panels * COLUMNS;
            int end = Math.min(panels, (task / blocks + 1) * together);
            for (int panel = task / blocks * together; panel < end; panel++) {
                right.pack(
                        column + panel * COLUMNS,
                        columns - panel * COLUMNS,
                        start,
                        k,
                        packed,
                        base + panel * COLUMNS * k);
            }
        });
        multiply(
                over,
                left,
                result,
                new Cut(over.threads(), m, panels, to - from),
                packed,
                0,
                m,
                column,
                columns,
                from,
                to,
                depth,
                accumulate,
                last);
    }

    /** Multiplies with a packed part of B, its rows {@code from … to} at {@code packedOffset}. */
    private void multiply(
            Parallel over,
            VectorGemmRows left,
            Result result,
            Cut cut,
            float[] packed,
            int packedOffset,
            int m,
            int column,
            int columns,
            int from,
            int to,
            int depth,
            boolean accumulate,
            boolean last) {
        int panels = panels(columns);
        boolean shared = cut.columnTasks > 1;
        float[] packedLeft =
                shared ? Scratch.get(Scratch.GEMM_SHARED_A, cut.rowTasks * cut.height * (to - from)) : null;
        if (packedLeft != null) {
            over.forEach(
                    cut.rowTasks,
                    rowTask -> cut.packLeft(
                            left, rowTask, from, to, depth, packedLeft, rowTask * cut.height * (to - from)));
        }
        over.forEach(cut.tasks(), task -> {
            int rowTask = task % cut.rowTasks;
            int row = rowTask * cut.height;
            int rows = Math.min(cut.height, m - row);
            int firstPanel = task / cut.rowTasks * cut.panels;
            int endPanel = Math.min(panels, firstPanel + cut.panels);
            float[] block = packedLeft != null ? packedLeft : Scratch.get(Scratch.GEMM_A, cut.height * (to - from));
            int blockOffset = shared ? rowTask * cut.height * (to - from) : 0;
            if (!shared) {
                cut.packLeft(left, rowTask, from, to, depth, block, 0);
            }
            float[] tile = Scratch.get(Scratch.GEMM_C, ROWS * COLUMNS);
            int piece = Math.max(1, PIECE / (cut.height * COLUMNS));
            for (int p = firstPanel; p < endPanel; p += piece) {
                int endPiece = Math.min(endPanel, p + piece);
                int start = from;
                do {
                    int k = Math.min(to, start + depth) - start;
                    int base = packedOffset + (start - from) * panels * COLUMNS;
                    for (int panel = p; panel < endPiece; panel++) {
                        int width = Math.min(COLUMNS, columns - panel * COLUMNS);
                        result.panel(
                                k,
                                block,
                                blockOffset + (start - from) * cut.height,
                                rows,
                                packed,
                                base + panel * COLUMNS * k,
                                width,
                                row,
                                column + panel * COLUMNS,
                                accumulate || start > from,
                                tile);
                    }
                    start += depth;
                } while (start < to);
                if (last) {
                    int first = column + p * COLUMNS;
                    result.finish(
                            elementwise,
                            row,
                            rows,
                            first,
                            Math.min(column + columns, column + endPiece * COLUMNS) - first);
                }
            }
        });
    }

    /**
     * The split of a part of C into tasks: by rows as long as enough rows share a panel of B, then by columns, whose
     * tasks share the packed rows of A.
     */
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
            int parts =
                    Math.max((m + HEIGHT - 1) / HEIGHT, Math.min(wanted / Math.max(1, panels), (m + ROWS - 1) / ROWS));
            height = ((m + parts - 1) / parts + ROWS - 1) / ROWS * ROWS;
            rowTasks = (m + height - 1) / height;
            int across = Math.min(panels, (wanted + rowTasks - 1) / rowTasks);
            this.panels = (panels + across - 1) / across;
            columnTasks = (panels + this.panels - 1) / this.panels;
        }

        int tasks() {
            return rowTasks * columnTasks;
        }

        /** Packs the columns {@code from … to} of a task's rows, block by block. */
        void packLeft(VectorGemmRows left, int rowTask, int from, int to, int depth, float[] out, int offset) {
            for (int start = from; start < to; start += depth) {
                left.pack(
                        rowTask * height,
                        Math.min(height, m - rowTask * height),
                        start,
                        Math.min(depth, to - start),
                        out,
                        offset + (start - from) * height);
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

    private record Result(
            float[] c,
            int offset,
            int stride,
            float @Nullable [] bias,
            int biasOffset,
            Activation activation,
            float @Nullable [] pre,
            int preOffset) {

        /** Multiplies a block of A by one panel of B. */
        void panel(
                int k,
                float[] block,
                int blockOffset,
                int rows,
                float[] packed,
                int at,
                int width,
                int row,
                int column,
                boolean accumulate,
                float[] tile) {
            int start = offset + row * stride + column;
            int full = width == COLUMNS ? rows / ROWS * ROWS : 0;
            for (int i = 0; i < full; i += ROWS) {
                VectorTile.multiply(
                        k, block, blockOffset + i * k, packed, at, c, start + i * stride, stride, accumulate);
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
            GemmEpilogue.apply(
                    elementwise,
                    c,
                    offset + row * stride + column,
                    stride,
                    rows,
                    columns,
                    bias,
                    biasOffset + column,
                    activation,
                    pre,
                    preOffset + row * stride + column);
        }
    }
}

package org.rlr.tensor.cpu;

import java.util.Arrays;

/** The source of the rows of a product's left matrix for packing. */
interface VectorGemmRows {
    /**
     * Packs columns {@code from … from+k} of a run of rows: panels of {@link VectorTile#ROWS} rows, each with {@code k}
     * columns, padded with zeros.
     *
     * @param out receives the panels from {@code target}
     */
    void pack(int row, int rows, int from, int k, float[] out, int target);

    /** Rows of {@code alpha·A} or {@code alpha·Aᵀ}, with A in an array. */
    record Matrix(boolean transposed, float alpha, float[] a, int offset, int stride) implements VectorGemmRows {
        @Override
        public void pack(int row, int rows, int from, int k, float[] out, int target) {
            if (transposed) {
                VectorPack.leftTransposed(a, offset + from * stride + row, stride, rows, k, alpha, out, target);
            } else {
                VectorPack.left(a, offset + row * stride + from, stride, rows, k, alpha, out, target);
            }
        }
    }

    /**
     * The image values that each output position of a convolution without groups sees, one row per position:
     * {@code (ky, kx, c)}, zero in the padding. They are copied directly to the panels; the full matrix, kernel² times
     * the image, is never in memory.
     */
    record Patches(ConvShape s, float[] x, int offset) implements VectorGemmRows {
        @Override
        public void pack(int row, int rows, int from, int k, float[] out, int target) {
            int height = VectorTile.ROWS;
            int padded = (rows + height - 1) / height * height;
            if (padded > rows) {
                int panel = target + (padded - height) * k;
                Arrays.fill(out, panel, panel + height * k, 0);
            }
            for (int i = 0; i < rows; i++) {
                pack(row + i, from, k, out, target + i / height * height * k + i % height);
            }
        }

        /** Copies columns {@code from … from+k} of one row, a panel's height apart. */
        private void pack(int row, int from, int k, float[] out, int target) {
            int outX = row % s.outWidth();
            int outY = row / s.outWidth() % s.outHeight();
            int image = offset + row / s.outWidth() / s.outHeight() * s.height() * s.width() * s.channels();
            int run = s.kernel() * s.channels();
            int first = s.firstKernelColumn(outX) * s.channels();
            int end = s.endKernelColumn(outX) * s.channels();
            int left = (outX * s.stride() - s.left()) * s.channels();
            for (int ky = from / run; ky * run < from + k; ky++) {
                boolean inside = ky >= s.firstKernelRow(outY) && ky < s.endKernelRow(outY);
                int line = image + (outY * s.stride() - s.top() + ky) * s.width() * s.channels() + left;
                int begin = Math.max(from - ky * run, 0);
                int stop = Math.min(from + k - ky * run, run);
                int a = inside ? Math.min(Math.max(begin, first), stop) : stop;
                int b = inside ? Math.max(a, Math.min(stop, end)) : stop;
                int to = target + (ky * run + begin - from) * VectorTile.ROWS;
                VectorPack.zeros(a - begin, out, to);
                VectorPack.row(x, line + a, b - a, out, to + (a - begin) * VectorTile.ROWS);
                VectorPack.zeros(stop - b, out, to + (b - begin) * VectorTile.ROWS);
            }
        }
    }
}

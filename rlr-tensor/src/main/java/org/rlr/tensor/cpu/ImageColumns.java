package org.rlr.tensor.cpu;

import java.util.Arrays;

/** Copies between images and matrices with one row per output position and one column per filter value ("im2col"). */
final class ImageColumns {
    private ImageColumns() {}

    /**
     * Gathers the values that each output position of one row and group sees: {@code columns[ox, (ky, kx, c)]}, zero in
     * the padding.
     *
     * @param outRow output row, counted over all images
     * @param columns receives {@code outWidth·taps} values from {@code offset}
     */
    static void gather(ConvShape s, float[] x, int xOffset, int group, int outRow, float[] columns, int offset) {
        int perGroup = s.channels() / s.groups();
        int outY = outRow % s.outHeight();
        int image = xOffset + outRow / s.outHeight() * s.height() * s.width() * s.channels() + group * perGroup;
        int firstRow = s.firstKernelRow(outY);
        int endRow = s.endKernelRow(outY);
        int run = s.kernel() * perGroup;
        int at = offset;
        for (int ox = 0; ox < s.outWidth(); ox++) {
            int firstColumn = Math.min(s.firstKernelColumn(ox), s.kernel());
            int endColumn = Math.max(firstColumn, s.endKernelColumn(ox));
            for (int ky = 0; ky < s.kernel(); ky++, at += run) {
                if (ky < firstRow || ky >= endRow) {
                    Arrays.fill(columns, at, at + run, 0);
                    continue;
                }
                int iy = outY * s.stride() - s.top() + ky;
                int ix = ox * s.stride() - s.left() + firstColumn;
                int from = image + (iy * s.width() + ix) * s.channels();
                int to = at + firstColumn * perGroup;
                Arrays.fill(columns, at, to, 0);
                if (s.groups() == 1) {
                    copy(x, from, columns, to, (endColumn - firstColumn) * perGroup);
                } else {
                    for (int kx = firstColumn; kx < endColumn; kx++) {
                        copy(x, from + (kx - firstColumn) * s.channels(), columns, at + kx * perGroup, perGroup);
                    }
                }
                Arrays.fill(columns, at + endColumn * perGroup, at + run, 0);
            }
        }
    }

    /**
     * Adds the gradients of one output row's columns to the input rows that they were gathered from, only for the
     * kernel rows {@code firstRow … endRow−1}, which must lie inside the image.
     *
     * @param columns {@code outWidth} rows of {@code (endRow−firstRow)·k·C/groups} values from {@code offset}
     */
    static void scatter(
            ConvShape s,
            ElementwiseKernels elementwise,
            float[] columns,
            int offset,
            int group,
            int outRow,
            int firstRow,
            int endRow,
            float[] dx,
            int dxOffset) {
        int perGroup = s.channels() / s.groups();
        int outY = outRow % s.outHeight();
        int image = dxOffset + outRow / s.outHeight() * s.height() * s.width() * s.channels() + group * perGroup;
        int run = s.kernel() * perGroup;
        int at = offset;
        for (int ox = 0; ox < s.outWidth(); ox++) {
            int firstColumn = s.firstKernelColumn(ox);
            int endColumn = s.endKernelColumn(ox);
            for (int ky = firstRow; ky < endRow; ky++, at += run) {
                int iy = outY * s.stride() - s.top() + ky;
                for (int kx = firstColumn; kx < endColumn; kx++) {
                    int ix = ox * s.stride() - s.left() + kx;
                    elementwise.copy(
                            columns,
                            at + kx * perGroup,
                            dx,
                            image + (iy * s.width() + ix) * s.channels(),
                            perGroup,
                            true);
                }
            }
        }
    }

    /** Copies a run. In a network's first layer runs have only a few values, and arraycopy costs more than the copy. */
    private static void copy(float[] from, int fromOffset, float[] to, int toOffset, int n) {
        if (n > 32) {
            System.arraycopy(from, fromOffset, to, toOffset, n);
        } else {
            for (int i = 0; i < n; i++) {
                to[toOffset + i] = from[fromOffset + i];
            }
        }
    }
}

package org.rlr.model.data;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A component of a JPEG file's frame, with the state of the walk through it. */
final class JpegComponent {
    static final int COEFFICIENTS = 64;

    final int id;
    /** Sampling factors. */
    final int across;

    final int down;
    /** The number of blocks that hold pixels. */
    int blocksAcross;

    int blocksDown;
    /** Blocks in a row of interleaved units. */
    int stride;
    /** For progressive files: a bit set per block that marks its non-zero coefficients. */
    long[] nonZero = {};
    /** For progressive files: the lowest bit known of each coefficient; -1 before its first scan. */
    final int[] lowBit = new int[COEFFICIENTS];

    boolean scanned;
    /** The index of its quantisation table. */
    final int quantisation;
    /** The quantisation step of a block's mean; 0 if unknown. */
    int dcStep;
    /** The mean of the last block, in quantisation steps. */
    int dcSum;
    /** Tables of the current scan; null if it needs none. */
    @Nullable
    JpegHuffman dc;

    @Nullable
    JpegHuffman ac;

    JpegComponent(int id, int across, int down, int quantisation) {
        this.id = id;
        this.across = across;
        this.down = down;
        this.quantisation = quantisation;
        Arrays.fill(lowBit, -1);
    }
}

package org.rlr.model.data;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A component of a JPEG file's frame, and how far the walk has seen it. */
final class JpegComponent {
    static final int COEFFICIENTS = 64;

    final int id;
    /** Sampling factors. */
    final int across;

    final int down;
    /** Blocks that hold pixels. */
    int blocksAcross;

    int blocksDown;
    /** Blocks in a row of units of all components. */
    int stride;
    /** Of progressive files: per block the coefficients that are not 0, a bit each. */
    long[] nonZero = {};
    /** Of progressive files: the lowest bit known of each coefficient; -1 before its first scan. */
    final int[] lowBit = new int[COEFFICIENTS];

    boolean scanned;
    /** The table of its quantisation steps. */
    final int quantisation;
    /** The step of a block's mean, 0 where it is not known. */
    int dcStep;
    /** The last block's mean, in steps. */
    int dcSum;
    /** Tables of the scan that is walked; null where it needs none. */
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

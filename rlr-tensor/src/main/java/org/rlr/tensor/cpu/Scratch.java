package org.rlr.tensor.cpu;

/**
 * Working arrays that a thread borrows from its backend's {@link ScratchPool} for one primitive; slots separate nested
 * users.
 */
final class Scratch {
    /** Packed blocks of the left matrix of a product. */
    static final int GEMM_A = 0;
    /** Packed panels of the right matrix of a product. */
    static final int GEMM_B = 1;
    /** Tiles of the result of a product. */
    static final int GEMM_C = 2;
    /** Partial sums of a reduction. */
    static final int PARTIAL = 3;
    /** Columns of a convolution. */
    static final int COLUMNS = 4;
    /** A row of an image plus the rows above and below. */
    static final int ROW_SUMS = 5;
    /** The same plus its neighbours along the row. */
    static final int WINDOW_SUMS = 6;
    /** A block of an elementwise function before it is added to its result. */
    static final int FUNCTION_BLOCK = 7;
    /** The last few arguments and results of an elementwise function, padded to a vector. */
    static final int FUNCTION_TAIL = 8;
    /** The normal distribution and its density for a block of arguments. */
    static final int NORMAL = 9;
    /** Packed rows of the left matrix of a product that several tasks share. */
    static final int GEMM_SHARED_A = 10;
    /** A row of the gradient of a sum, before it is added to each summand's gradient. */
    static final int ROW_GRADIENT = 11;

    private static final int SLOTS = 12;

    /** The thread's borrowed arrays; an idle thread has none. */
    private static final ThreadLocal<Scratch> BORROWED = new ThreadLocal<>();

    private final float[][] arrays = new float[SLOTS][0];
    private final AttentionWorkspace attention = new AttentionWorkspace();
    /** Refers to these arrays while they are idle. */
    final ScratchPool.Idle idle = new ScratchPool.Idle(this);

    /**
     * Returns an array of at least {@code size} elements with undefined contents; a later call with the same slot on
     * this thread may return it again.
     */
    static float[] get(int slot, int size) {
        Scratch scratch = BORROWED.get();
        return scratch == null ? new float[size] : scratch.array(slot, size);
    }

    /** Returns the arrays of the attention kernels; a later call on this thread may return them again. */
    static AttentionWorkspace attention() {
        Scratch scratch = BORROWED.get();
        return scratch == null ? new AttentionWorkspace() : scratch.attention;
    }

    private float[] array(int slot, int size) {
        if (arrays[slot].length < size) {
            arrays[slot] = new float[size + (size >>> 2)];
        }
        return arrays[slot];
    }

    /** Returns whether the thread has borrowed arrays. */
    static boolean isBorrowed() {
        return BORROWED.get() != null;
    }

    /** Runs work on this thread with these arrays. */
    void lend(Runnable work) {
        BORROWED.set(this);
        try {
            work.run();
        } finally {
            BORROWED.remove();
        }
    }

    /** Returns the total size of all arrays. */
    long bytes() {
        long elements = attention.elements();
        for (float[] array : arrays) {
            elements += array.length;
        }
        return 4 * elements;
    }
}

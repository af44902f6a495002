package org.rlr.tensor.cpu;

/**
 * Working arrays that a thread borrows from its backend's {@link ScratchPool} for the length of a primitive; the slots
 * keep nested users apart.
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
    /** A row of an image, rows above and below added. */
    static final int ROW_SUMS = 5;
    /** The same with its neighbours along the row added. */
    static final int WINDOW_SUMS = 6;
    /** A block of an elementwise function before it is added to its result. */
    static final int FUNCTION_BLOCK = 7;
    /** The last few arguments and results of an elementwise function, filled up to a vector. */
    static final int FUNCTION_TAIL = 8;
    /** The normal distribution and its density of a block of arguments. */
    static final int NORMAL = 9;
    /** Packed rows of the left matrix of a product that several tasks share. */
    static final int GEMM_SHARED_A = 10;
    /** A row of the gradient of a sum, before it goes to each of those added. */
    static final int ROW_GRADIENT = 11;

    private static final int SLOTS = 12;

    /** What the thread has borrowed; nothing stays behind in a thread that is not computing. */
    private static final ThreadLocal<Scratch> BORROWED = new ThreadLocal<>();

    private final float[][] arrays = new float[SLOTS][0];
    private final AttentionWorkspace attention = new AttentionWorkspace();
    /** Keeps these arrays while nobody uses them. */
    final ScratchPool.Idle idle = new ScratchPool.Idle(this);

    /**
     * An array of at least {@code size} elements with unknown contents; a later call with the same slot on this thread
     * may return it again.
     */
    static float[] get(int slot, int size) {
        Scratch scratch = BORROWED.get();
        return scratch == null ? new float[size] : scratch.array(slot, size);
    }

    /** The arrays of the attention kernels; a later call on this thread may return them again. */
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

    /** Whether the thread has borrowed some. */
    static boolean isBorrowed() {
        return BORROWED.get() != null;
    }

    /** Runs work of this thread with these arrays. */
    void lend(Runnable work) {
        BORROWED.set(this);
        try {
            work.run();
        } finally {
            BORROWED.remove();
        }
    }

    /** The size of all arrays. */
    long bytes() {
        long elements = attention.elements();
        for (float[] array : arrays) {
            elements += array.length;
        }
        return 4 * elements;
    }
}

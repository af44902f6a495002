package org.rlr.tensor.cpu;

/** Working arrays of the current thread, kept from call to call; the slots keep nested users apart. */
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

    private static final ThreadLocal<float[][]> ARRAYS = ThreadLocal.withInitial(() -> new float[SLOTS][0]);

    private Scratch() {}

    /**
     * An array of at least {@code size} elements with unknown contents; a later call with the same slot on this thread
     * may return it again.
     */
    static float[] get(int slot, int size) {
        float[][] arrays = ARRAYS.get();
        if (arrays[slot].length < size) {
            arrays[slot] = new float[size + (size >>> 2)];
        }
        return arrays[slot];
    }
}

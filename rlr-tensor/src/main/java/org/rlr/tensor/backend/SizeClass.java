package org.rlr.tensor.backend;

/**
 * Sizes to which allocations are rounded up, so that a block given back serves the next request of about its size. A
 * size class is an eighth of a power of two: above the smallest sizes, at most an eighth is wasted.
 */
public final class SizeClass {
    private SizeClass() {}

    /**
     * The size to allocate.
     *
     * @param size what is asked for, in any unit, at least 0
     * @param smallest the least size
     * @param step the least distance between two sizes
     * @return at least {@code size} and {@code smallest}
     */
    public static long of(long size, long smallest, long step) {
        if (size <= smallest) {
            return smallest;
        }
        long distance = Math.max(step, Long.highestOneBit(size - 1) >>> 3);
        return (size + distance - 1) / distance * distance;
    }
}

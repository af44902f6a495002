package org.rlr.tensor.backend;

/**
 * Rounds up allocation sizes, so that a released block fits the next request of similar size. A size class is an eighth
 * of a power of two: above the smallest sizes, at most an eighth is wasted.
 */
public final class SizeClass {
    private SizeClass() {}

    /**
     * Returns the size to allocate.
     *
     * @param size the requested size, in any unit, at least 0
     * @param smallest the smallest size
     * @param step the smallest distance between two sizes
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

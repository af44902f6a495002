package org.rlr.bench;

/**
 * The minimum work of a benchmark: arithmetic, and memory traffic. The floor is the longer of the two times at the
 * machine's peaks.
 *
 * @param flops the number of additions and multiplications
 * @param bytes the bytes read and written, each operand once; 0 if arithmetic dominates
 */
record Work(double flops, double bytes) {
    static final Work UNKNOWN = new Work(Double.NaN, Double.NaN);

    static Work flops(double flops) {
        return new Work(flops, 0);
    }

    /** The milliseconds at the machine's peaks; NaN if the work or a peak is unknown. */
    double floor(double flopsPerSecond, double bytesPerSecond) {
        return 1e3 * Math.max(flops / flopsPerSecond, bytes / bytesPerSecond);
    }
}

package org.rlr.bench;

/**
 * What a benchmark cannot do without: arithmetic, and bytes to and from memory. The floor is the longer of the two at
 * the machine's peaks.
 *
 * @param flops additions and multiplications
 * @param bytes read and written, each operand once; 0 where arithmetic rules
 */
record Work(double flops, double bytes) {
    static final Work UNKNOWN = new Work(Double.NaN, Double.NaN);

    static Work flops(double flops) {
        return new Work(flops, 0);
    }

    /** Milliseconds at the machine's peaks; NaN where the work or a peak is not known. */
    double floor(double flopsPerSecond, double bytesPerSecond) {
        return 1e3 * Math.max(flops / flopsPerSecond, bytes / bytesPerSecond);
    }
}

package org.rlr.bench;

/** Something that does a benchmark's work: ours or a peer's. */
interface Contender extends AutoCloseable {

    /** Does the work once, waiting for its end. */
    void run();

    /** What the last run computed, or as much of it as is compared. */
    float[] result();

    @Override
    void close();

    /**
     * Compares a peer's numbers with ours before it is timed: a contender that computes something else proves nothing.
     *
     * @param tolerance allowed difference, relative to the largest value
     * @throws IllegalStateException if they differ
     */
    static void requireSame(String what, float[] ours, float[] theirs, double tolerance) {
        if (ours.length != theirs.length) {
            throw new IllegalStateException(what + ": " + theirs.length + " values, where ours are " + ours.length);
        }
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < ours.length; i++) {
            largest = Math.max(largest, Math.abs(ours[i]));
            difference = Math.max(
                    difference, Double.isFinite(theirs[i]) ? Math.abs(ours[i] - theirs[i]) : Double.POSITIVE_INFINITY);
        }
        if (!(difference <= tolerance * largest)) {
            throw new IllegalStateException(what + ": differs by " + difference + " where the largest value is "
                    + largest + "; allowed are " + tolerance + " of it");
        }
    }
}

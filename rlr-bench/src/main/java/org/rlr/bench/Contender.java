package org.rlr.bench;

/** An implementation of a benchmark's work: ours or a peer's. */
interface Contender extends AutoCloseable {

    /** Does the work once, and waits until it is done. */
    void run();

    /** The result of the last run, or the part that is compared. */
    float[] result();

    @Override
    void close();

    /**
     * Compares a peer's numbers with ours before it is timed: a contender that computes something else must not be
     * timed.
     *
     * @param tolerance allowed difference, relative to the largest value
     * @throws IllegalStateException if they differ
     */
    static void requireSame(String what, float[] ours, float[] theirs, double tolerance) {
        if (ours.length != theirs.length) {
            throw new IllegalStateException(what + ": " + theirs.length + " values, but ours has " + ours.length);
        }
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < ours.length; i++) {
            largest = Math.max(largest, Math.abs(ours[i]));
            difference = Math.max(
                    difference, Double.isFinite(theirs[i]) ? Math.abs(ours[i] - theirs[i]) : Double.POSITIVE_INFINITY);
        }
        if (!(difference <= tolerance * largest)) {
            throw new IllegalStateException(what + ": differs by " + difference + ", the largest value is " + largest
                    + ", and the tolerance is " + tolerance + " of it");
        }
    }
}

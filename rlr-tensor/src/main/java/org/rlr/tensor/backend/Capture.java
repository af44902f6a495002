package org.rlr.tensor.backend;

/** Primitives captured by {@link Backend#capture}; each run costs one submission. */
public interface Capture extends AutoCloseable {

    /**
     * Runs the captured primitives in order, on the captured storages. Numbers that change per step advance from the
     * captured ones: the step of {@link Backend#adam} by {@code step − captured step}, the stream of
     * {@link Backend#normal} and {@link Backend#featureJitter} by that difference times the streams per step.
     *
     * @param step the number that replaces the captured step
     * @param learningRate the learning rate for every captured {@link Backend#adam}
     */
    void run(long step, float learningRate);

    /** Releases the capture; its storages stay with their owners. */
    @Override
    void close();
}

package org.rlr.tensor.backend;

/** Primitives that {@link Backend#capture} captured, to be run repeatedly at the cost of submitting one. */
public interface Capture extends AutoCloseable {

    /**
     * Runs what was captured, in its order, on the storages it was captured with. Numbers that change from step to step
     * are moved on from those captured: the step of {@link Backend#adam} by {@code step − captured step}, the stream of
     * {@link Backend#normal} and {@link Backend#featureJitter} by that times the streams of a step.
     *
     * @param step what is now in place of the step that was captured
     * @param learningRate that of every {@link Backend#adam} in it, in place of the one captured
     */
    void run(long step, float learningRate);

    /** Gives back what it takes; storages stay their owners'. */
    @Override
    void close();
}

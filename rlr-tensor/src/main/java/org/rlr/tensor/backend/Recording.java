package org.rlr.tensor.backend;

/** Primitives that {@link Backend#record} has recorded, to be run again and again at the cost of submitting one. */
public interface Recording extends AutoCloseable {

    /**
     * Runs what was recorded, in its order, on the storages it was recorded with. Numbers that change from step to step
     * are moved on from those recorded: the step of {@link Backend#adam} by {@code step − recorded step}, the stream of
     * {@link Backend#normal} and {@link Backend#featureJitter} by that times the streams of a step.
     *
     * @param step what is now in place of the step that was recorded
     * @param learningRate that of every {@link Backend#adam} in it, in place of the one recorded
     */
    void run(long step, float learningRate);

    /** Gives back what it takes; storages stay their owners'. */
    @Override
    void close();
}

package org.rlr.tensor.nn;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/** The Adam optimiser over the flat arena of a {@link ParameterSet}, see {@link AdamSettings}. */
public final class Adam implements AutoCloseable {
    private final ParameterSet parameters;
    private final Backend backend;
    private final View m;
    private final View v;
    private long step;

    /**
     * Creates an optimiser with zero moments.
     *
     * @param parameters allocated for training
     * @throws IllegalStateException if the set has no gradients
     */
    public Adam(ParameterSet parameters) {
        this.parameters = parameters;
        backend = parameters.backend();
        Shape shape = parameters.gradientArena().shape();
        m = View.allocate(backend, shape);
        try {
            v = View.allocate(backend, shape);
        } catch (RuntimeException | Error e) {
            m.storage().release();
            throw e;
        }
        backend.fill(m, 0);
        backend.fill(v, 0);
    }

    /**
     * Updates every parameter with its gradient.
     *
     * @param settings learning rate, decay rates and epsilon of this step
     */
    public void step(AdamSettings settings) {
        step++;
        backend.adam(parameters.valueArena(), parameters.gradientArena(), m, v, settings, step);
    }

    /** Counts a step that a replayed capture has made. */
    public void stepped() {
        step++;
    }

    /** {@return the number of steps so far} */
    public long steps() {
        return step;
    }

    /**
     * The state of an optimiser, from which it can resume exactly.
     *
     * @param first first moments, in the order of {@link ParameterSet#toArray()}
     * @param second second moments
     * @param step number of steps so far
     */
    public record State(float[] first, float[] second, long step) {}

    /** {@return a copy of this optimiser's state} */
    public State state() {
        float[] copyOfFirst = new float[m.elements()];
        float[] copyOfSecond = new float[v.elements()];
        backend.download(m, copyOfFirst, 0);
        backend.download(v, copyOfSecond, 0);
        return new State(copyOfFirst, copyOfSecond, step);
    }

    /**
     * Restores the state of an optimiser of the same parameters.
     *
     * @param state of {@link #state()}
     * @throws IllegalArgumentException if the number of parameters differs
     */
    public void restore(State state) {
        if (state.first.length != m.elements() || state.second.length != v.elements()) {
            throw new IllegalArgumentException(
                    "optimiser state for " + state.first.length + " parameters, expected " + m.elements());
        }
        backend.upload(state.first, 0, m);
        backend.upload(state.second, 0, v);
        step = state.step;
    }

    /** Releases the moments' memory. */
    @Override
    public void close() {
        m.storage().release();
        v.storage().release();
    }
}

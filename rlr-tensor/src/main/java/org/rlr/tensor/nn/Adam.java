package org.rlr.tensor.nn;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/** Adam over the flat arena of a {@link ParameterSet}, see {@link AdamSettings}. */
public final class Adam implements AutoCloseable {
    private final ParameterSet parameters;
    private final Backend backend;
    private final View m;
    private final View v;
    private long step;

    /**
     * An optimiser whose moments start at zero.
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
     * Moves every parameter by its gradient.
     *
     * @param settings learning rate, decay rates and epsilon of this step
     */
    public void step(AdamSettings settings) {
        step++;
        backend.adam(parameters.valueArena(), parameters.gradientArena(), m, v, settings, step);
    }

    /** Counts a step that a capture of an earlier one has made. */
    public void stepped() {
        step++;
    }

    /** {@return the steps made so far} */
    public long steps() {
        return step;
    }

    /**
     * What an optimiser has to remember to go on later as if it had never stopped.
     *
     * @param first first moments, in the order of {@link ParameterSet#toArray()}
     * @param second second moments
     * @param step steps made
     */
    public record State(float[] first, float[] second, long step) {}

    /** {@return a copy of what this optimiser remembers} */
    public State state() {
        float[] copyOfFirst = new float[m.elements()];
        float[] copyOfSecond = new float[v.elements()];
        backend.download(m, copyOfFirst, 0);
        backend.download(v, copyOfSecond, 0);
        return new State(copyOfFirst, copyOfSecond, step);
    }

    /**
     * Goes on from what an optimiser of the same parameters remembered.
     *
     * @param state of {@link #state()}
     * @throws IllegalArgumentException if there are more parameters or fewer
     */
    public void restore(State state) {
        if (state.first.length != m.elements() || state.second.length != v.elements()) {
            throw new IllegalArgumentException(
                    "moments of " + state.first.length + " parameters instead of " + m.elements());
        }
        backend.upload(state.first, 0, m);
        backend.upload(state.second, 0, v);
        step = state.step;
    }

    /** Gives the moments' memory back. */
    @Override
    public void close() {
        m.storage().release();
        v.storage().release();
    }
}

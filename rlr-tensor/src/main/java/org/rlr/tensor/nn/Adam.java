package org.rlr.tensor.nn;

import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** Adam over the flat arena of a {@link ParameterSet}, see {@link AdamSettings}. */
public final class Adam implements AutoCloseable {
    private final ParameterSet parameters;
    private final Backend backend;
    private final Storage first;
    private final Storage second;
    private final View m;
    private final View v;
    private long step;

    /** An optimiser whose moments start at zero. @throws IllegalStateException if the set has no gradients */
    public Adam(ParameterSet parameters) {
        this.parameters = parameters;
        backend = parameters.backend();
        Shape shape = parameters.gradientArena().shape();
        first = backend.allocate(shape.elements());
        second = backend.allocate(shape.elements());
        m = new View(first, 0, shape);
        v = new View(second, 0, shape);
        backend.fill(m, 0);
        backend.fill(v, 0);
    }

    /** Moves every parameter by its gradient. */
    public void step(AdamSettings settings) {
        step++;
        backend.adam(parameters.valueArena(), parameters.gradientArena(), m, v, settings, step);
    }

    /** Gives the moments' memory back. */
    @Override
    public void close() {
        first.release();
        second.release();
    }
}

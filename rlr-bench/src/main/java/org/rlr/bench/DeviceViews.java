package org.rlr.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Storage;
import org.rlr.tensor.backend.View;

/** The operands of one benchmark on its backend; closing gives them and the backend back. */
final class DeviceViews implements AutoCloseable {
    private final Backend backend;
    private final Random random = new Random(1);
    private final List<View> views = new ArrayList<>();

    DeviceViews(Backend backend) {
        this.backend = backend;
    }

    /** An operand that is only written. */
    View empty(int... extents) {
        Shape s = Shape.of(extents);
        Storage storage = backend.allocate(s.elements());
        View view = new View(storage, 0, s);
        views.add(view);
        return view;
    }

    /** Standard normal values, the same ones in every run. */
    View normal(int... extents) {
        View view = empty(extents);
        backend.upload(gaussian(random, view.elements()), 0, view);
        return view;
    }

    static float[] gaussian(Random random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public void close() {
        views.forEach(v -> v.storage().release());
        backend.close();
    }
}

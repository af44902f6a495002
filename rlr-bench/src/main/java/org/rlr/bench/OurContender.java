package org.rlr.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;

/** Our backend doing the work; closing gives the operands and the backend back. */
final class OurContender implements Contender {
    private final Backend backend;
    private final List<View> views = new ArrayList<>();
    private Consumer<Backend> work;
    private View result;

    /** @param threads 0: as many as there are cores */
    OurContender(String device, int threads) {
        backend = Backends.open(device, threads);
    }

    /** An operand that is only written. */
    View empty(int... extents) {
        Shape s = Shape.of(extents);
        View view = new View(backend.allocate(s.elements()), 0, s);
        views.add(view);
        return view;
    }

    View upload(Operand operand) {
        View view = empty(operand.shape());
        backend.upload(operand.values(), 0, view);
        return view;
    }

    /** What {@link #run} does, and where its result is. */
    void work(Consumer<Backend> work, View result) {
        this.work = work;
        this.result = result;
    }

    @Override
    public void run() {
        work.accept(backend);
        backend.synchronize();
    }

    @Override
    public float[] result() {
        float[] values = new float[result.elements()];
        backend.download(result, values, 0);
        return values;
    }

    @Override
    public void close() {
        views.forEach(v -> v.storage().release());
        backend.close();
    }
}

package org.rlr.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.View;

/** A call of a backend's primitive, with its operands on the device. */
final class GpuCase implements AutoCloseable {
    private final Backend backend;
    private final List<View> views = new ArrayList<>();
    private final List<Runnable> restores = new ArrayList<>();
    private final List<View> results = new ArrayList<>();
    private final Work work;
    private @Nullable Consumer<Backend> call;

    /** @param work the minimum work of the call */
    GpuCase(Backend backend, Work work) {
        this.backend = backend;
        this.work = work;
    }

    /** A call that reads the results of this one, and frees this one's memory with its own. */
    GpuCase nested() {
        GpuCase next = new GpuCase(backend, work);
        next.views.addAll(views);
        return next;
    }

    Work work() {
        return work;
    }

    private View allocate(int... extents) {
        Shape shape = Shape.of(extents);
        View view = View.allocate(backend, shape);
        views.add(view);
        return view;
    }

    /** An input of normally distributed numbers, the same on every backend. */
    View input(long seed, int... extents) {
        View view = allocate(extents);
        backend.normal(view, 20240917, seed);
        return view;
    }

    /** Values that the call changes in place; they are reset before each compared run. */
    View changed(Operand operand) {
        View view = allocate(operand.shape());
        restores.add(() -> backend.upload(operand.values(), 0, view));
        results.add(view);
        return view;
    }

    /** A result of the call, filled with NaN before each compared run. */
    View result(int... extents) {
        View view = allocate(extents);
        restores.add(() -> backend.fill(view, Float.NaN));
        results.add(view);
        return view;
    }

    GpuCase call(Consumer<Backend> call) {
        this.call = call;
        restores.forEach(Runnable::run);
        return this;
    }

    void run() {
        if (call == null) {
            throw new IllegalStateException("no call is set");
        }
        call.accept(backend);
    }

    /** Runs once from the same values and returns all results. */
    List<float[]> computed() {
        restores.forEach(Runnable::run);
        run();
        List<float[]> values = new ArrayList<>();
        for (View view : results) {
            float[] array = new float[view.elements()];
            backend.download(view, array, 0);
            values.add(array);
        }
        return values;
    }

    @Override
    public void close() {
        backend.synchronize();
        views.forEach(v -> v.storage().release());
    }
}

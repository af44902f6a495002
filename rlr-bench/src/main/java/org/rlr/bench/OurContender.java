package org.rlr.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;

/** Our backend; closing it frees the operands and the backend. */
final class OurContender implements Contender {
    private final Backend backend;
    private final List<View> views = new ArrayList<>();
    private @Nullable Job job;

    private record Job(Consumer<Backend> work, View result) {}

    /** @param threads the number of threads; 0 for all cores */
    OurContender(String device, int threads) {
        backend = open(device, threads);
    }

    /**
     * Opens a backend. The guard also runs this class on older commits, which took a number of threads instead of
     * settings.
     */
    private static Backend open(String device, int threads) {
        try {
            return Backends.open(device, BackendSettings.DEFAULTS.withThreads(threads));
        } catch (NoClassDefFoundError noSettings) {
            try {
                return (Backend) Backends.class
                        .getMethod("open", String.class, int.class)
                        .invoke(null, device, threads);
            } catch (ReflectiveOperationException e) {
                noSettings.addSuppressed(e);
                throw noSettings;
            }
        }
    }

    /** A write-only operand. */
    View empty(int... extents) {
        Shape s = Shape.of(extents);
        View view = View.allocate(backend, s);
        views.add(view);
        return view;
    }

    /** Uploads the operand of that name. @throws IllegalArgumentException if there is none */
    View upload(Map<String, Operand> given, String name) {
        Operand operand = given.get(name);
        if (operand == null) {
            throw new IllegalArgumentException("there is no operand " + name + " among " + given.keySet());
        }
        return upload(operand);
    }

    View upload(Operand operand) {
        View view = empty(operand.shape());
        backend.upload(operand.values(), 0, view);
        return view;
    }

    /** Sets the work of {@link #run}, and its result. */
    void work(Consumer<Backend> work, View result) {
        job = new Job(work, result);
    }

    private Job job() {
        if (job == null) {
            throw new IllegalStateException("no work is set");
        }
        return job;
    }

    @Override
    public void run() {
        job().work.accept(backend);
        backend.synchronize();
    }

    @Override
    public float[] result() {
        View result = job().result;
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

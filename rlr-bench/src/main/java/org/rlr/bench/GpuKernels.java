package org.rlr.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.rlr.cuda.CudaTimer;
import org.rlr.tensor.Shape;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendSettings;
import org.rlr.tensor.backend.Backends;
import org.rlr.tensor.backend.View;

/**
 * Times every call of the kernel table, after comparing attentions and convolutions with the CPU's float32 on other
 * batch sizes. Times are medians by the card's clock. Before each call the card overwrites a buffer larger than its L2
 * cache (cold), or also runs the call once (warm); both give the host time to submit the call.
 */
final class GpuKernels {
    private static final int CHECKED_IMAGES = 2;
    private static final int FLUSH = 128 << 20;
    private static final double BUDGET_MS = 400;
    private static final int MOST = 60;
    private static final int LEAST = 5;

    private final Backend card;
    private final String precision;
    private final GpuShapes shapes;
    private final GpuRows rows;
    private boolean right = true;

    GpuKernels(Backend card, String precision, GpuShapes shapes, GpuRows rows) {
        this.card = card;
        this.precision = precision;
        this.shapes = shapes;
        this.rows = rows;
    }

    /**
     * The largest allowed ‖ours − CPU's‖ / ‖CPU's‖: for float32 sums, for factors with 10 fraction bits (TF32) and with
     * 7 (bfloat16).
     */
    static double allowed(String precision) {
        return switch (precision) {
            case "fp32" -> 2e-5;
            case "tf32" -> 2e-3;
            default -> 2e-2;
        };
    }

    /** {@return whether every attention agrees with the CPU's} */
    boolean run() {
        Map<String, Double> errors = errors(GpuCases.attention(shapes, CHECKED_IMAGES));
        Map<String, Function<Backend, GpuCase>> all = new LinkedHashMap<>(GpuCases.attention(shapes, shapes.images()));
        all.putAll(GpuCases.steps(shapes));
        all.putAll(GpuCases.products(shapes));
        time(card, Cells.OURS, all, errors);
        return right;
    }

    /**
     * Compares and times convolutions, by cuDNN if it is used, and by our own kernels, whose times are equal in each
     * precision.
     *
     * @param ownKernels a backend without cuDNN, or null to omit it
     * @return whether every convolution agrees with the CPU's
     */
    boolean convolutions(@Nullable Backend ownKernels) {
        time(
                card,
                Cells.OURS,
                GpuConvolutions.of(shapes, shapes.images(), true),
                errors(GpuConvolutions.of(shapes, CHECKED_IMAGES, true)));
        if (ownKernels != null) {
            time(ownKernels, GpuConvolutions.OWN_KERNELS, GpuConvolutions.of(shapes, shapes.images(), false), Map.of());
        }
        return right;
    }

    private Map<String, Double> errors(Map<String, Function<Backend, GpuCase>> cases) {
        Map<String, Double> errors = new LinkedHashMap<>();
        try (Backend cpu = Backends.open("cpu", BackendSettings.DEFAULTS)) {
            cases.forEach((name, make) -> errors.put(name, error(name, make, cpu)));
        }
        return errors;
    }

    private void time(
            Backend backend, String by, Map<String, Function<Backend, GpuCase>> cases, Map<String, Double> errors) {
        View flush = View.allocate(backend, Shape.of(flushed()));
        cases.forEach((name, make) -> time(backend, by, name, make, errors.get(name), flush));
        flush.storage().release();
    }

    private int flushed() {
        return shapes.tiny() ? shapes.flat() : FLUSH;
    }

    private double error(String name, Function<Backend, GpuCase> make, Backend cpu) {
        try (GpuCase theirs = make.apply(cpu);
                GpuCase ours = make.apply(card)) {
            double error = error(theirs.computed(), ours.computed());
            if (!(error <= allowed(precision))) {
                right = false;
                System.err.printf(
                        Locale.ROOT,
                        "%s, %s: relative difference from the CPU's float32 is %.1e, above the tolerance %.0e%n",
                        name,
                        precision,
                        error,
                        allowed(precision));
            }
            return error;
        }
    }

    /** The largest relative error of the results, by norm; NaN if any value is NaN. */
    static double error(List<float[]> reference, List<float[]> computed) {
        double largest = 0;
        for (int i = 0; i < reference.size(); i++) {
            double difference = 0;
            double norm = 0;
            for (int j = 0; j < reference.get(i).length; j++) {
                double r = reference.get(i)[j];
                difference += (computed.get(i)[j] - r) * (computed.get(i)[j] - r);
                norm += r * r;
            }
            largest = Math.max(largest, Math.sqrt(difference / norm));
        }
        return largest;
    }

    private void time(
            Backend backend,
            String by,
            String name,
            Function<Backend, GpuCase> make,
            @Nullable Double error,
            View flush) {
        try (GpuCase c = make.apply(backend)) {
            CudaTimer timer = new CudaTimer(backend);
            Runnable evict = () -> backend.fill(flush, 1);
            // the first call compiles, the second shows how many calls fit in the time
            c.run();
            double once = timer.milliseconds(1, evict, c::run)[0];
            int repeats = shapes.tiny() ? 1 : (int) Math.max(LEAST, Math.min(MOST, BUDGET_MS / once));
            double cold = median(timer.milliseconds(repeats, evict, c::run));
            double warm = median(timer.milliseconds(
                    repeats,
                    () -> {
                        evict.run();
                        c.run();
                    },
                    c::run));
            Map<String, Double> values = new LinkedHashMap<>();
            values.put("warmUs", 1e3 * warm);
            values.put("coldUs", 1e3 * cold);
            values.put("repeats", (double) repeats);
            if (error != null) {
                values.put("error", error);
            }
            if (c.work().bytes() > 0) {
                values.put("bytes", c.work().bytes());
            }
            if (c.work().flops() > 0) {
                values.put("flops", c.work().flops());
            }
            rows.add(new GpuRows.Row(by, precision, name, values));
            System.out.printf(
                    Locale.ROOT,
                    "%-8s %-46s %10.1f µs warm %10.1f µs cold%s%n",
                    precision,
                    name,
                    1e3 * warm,
                    1e3 * cold,
                    error == null ? "" : String.format(Locale.ROOT, "  error %.1e", error));
        }
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}

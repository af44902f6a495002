package org.rlr.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.rlr.bench.GpuShapes.Grid;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.nn.Adam;

/**
 * Repeats every call of the kernel table, and two training steps of each level. Results must be bit-identical, and
 * every value must be written.
 */
final class GpuRepeats {
    private static final int STEPS = 2;
    private final Backend card;
    private final GpuShapes shapes;
    private final int repeats;
    private final List<String> failures = new ArrayList<>();

    GpuRepeats(Backend card, GpuShapes shapes, int repeats) {
        this.card = card;
        this.shapes = shapes.smaller();
        this.repeats = repeats;
    }

    /** {@return descriptions of values that changed or were not written; empty on success} */
    List<String> run() {
        Map<String, Function<Backend, GpuCase>> all = new LinkedHashMap<>(GpuCases.attention(shapes, shapes.images()));
        all.putAll(GpuCases.steps(shapes));
        all.putAll(GpuCases.products(shapes));
        all.putAll(GpuConvolutions.of(shapes, shapes.images(), true));
        all.forEach((name, make) -> {
            try (GpuCase c = make.apply(card)) {
                repeat(name, c::computed);
            }
        });
        for (Grid grid : shapes.levels()) {
            try (RlrTransformer level = new RlrTransformer(shapes.level(grid), card, true)) {
                level.parameters().initialize(1);
                float[] beginning = level.parameters().toArray();
                repeat("training of level " + grid, () -> List.of(trained(level, beginning)));
            }
        }
        return failures;
    }

    private void repeat(String name, Supplier<List<float[]>> work) {
        List<float[]> first = work.get();
        String missing = missing(first);
        if (missing != null) {
            failures.add(name + ", run 1: " + missing);
            return;
        }
        for (int run = 1; run < repeats; run++) {
            String difference = difference(first, work.get());
            if (difference != null) {
                failures.add(name + ", run " + (run + 1) + ": " + difference);
                return;
            }
        }
        System.out.println(name + ": " + repeats + " runs, bit-identical");
    }

    /** Describes the first value of a run that is NaN, as it is if not written; null if there is none. */
    static @Nullable String missing(List<float[]> run) {
        for (int i = 0; i < run.size(); i++) {
            for (int j = 0; j < run.get(i).length; j++) {
                if (Float.isNaN(run.get(i)[j])) {
                    return "result " + i + ", value " + j + " is not a number";
                }
            }
        }
        return null;
    }

    /**
     * Describes the first difference of a run from the first run, which must not be {@link #missing} values; null if
     * they are equal.
     */
    static @Nullable String difference(List<float[]> first, List<float[]> again) {
        for (int i = 0; i < first.size(); i++) {
            // compares bits, because no value of the first run is NaN
            int j = Arrays.mismatch(first.get(i), again.get(i));
            if (j >= 0) {
                return "result " + i + ", value " + j + " is " + again.get(i)[j] + ", in the first run "
                        + first.get(i)[j];
            }
        }
        return null;
    }

    /** The parameters after the steps from the same start, then the losses. */
    private float[] trained(RlrTransformer level, float[] beginning) {
        var config = level.config();
        float[] features = Operands.random(1, shapes.images(), config.tokens(), config.channels())
                .values();
        level.parameters().fromArray(beginning);
        float[] losses = new float[STEPS];
        try (Adam adam = new Adam(level.parameters())) {
            for (int step = 0; step < STEPS; step++) {
                level.parameters().zeroGradients();
                try (TensorScope scope = TensorScope.open(card)) {
                    Tensor x = Tensor.of(features, shapes.images(), config.tokens(), config.channels());
                    Tensor loss = level.loss(level.forward(x), x);
                    loss.backward();
                    losses[step] = loss.item();
                }
                adam.step(AdamSettings.DEFAULT);
            }
        }
        float[] parameters = level.parameters().toArray();
        float[] all = Arrays.copyOf(parameters, parameters.length + STEPS);
        System.arraycopy(losses, 0, all, parameters.length, STEPS);
        return all;
    }
}

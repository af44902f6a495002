package org.rlr.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.rlr.bench.GpuShapes.Grid;
import org.rlr.model.RlrTransformer;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.backend.AdamSettings;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.nn.Adam;

/** Runs every call of the kernel table, and two training steps of each level, again and again: the bits must not change, and every value must be written. */
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

    /** @return what changed, or was not written, in words; empty where all is well */
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
        for (Grid level : shapes.levels()) {
            repeat("training of level " + level, () -> List.of(trained(level)));
        }
        return failures;
    }

    private void repeat(String name, Supplier<List<float[]>> work) {
        List<float[]> first = work.get();
        for (int run = 1; run < repeats; run++) {
            String difference = difference(first, work.get());
            if (difference != null) {
                failures.add(name + ", run " + (run + 1) + ": " + difference);
                return;
            }
        }
        System.out.println(name + ": " + repeats + " runs, the same bits");
    }

    /** What two runs differ in, or which value is no number; null for nothing. */
    static String difference(List<float[]> first, List<float[]> again) {
        for (int i = 0; i < first.size(); i++) {
            for (int j = 0; j < first.get(i).length; j++) {
                float a = first.get(i)[j];
                float b = again.get(i)[j];
                if (Float.isNaN(a) || Float.floatToRawIntBits(a) != Float.floatToRawIntBits(b)) {
                    return "result " + i + ", value " + j + " is " + b + ", in the first run " + a;
                }
            }
        }
        return null;
    }

    /** All parameters after the steps from the same beginning, then the losses. */
    @SuppressWarnings("try")   // the scope only has to be open
    private float[] trained(Grid grid) {
        var config = shapes.level(grid);
        float[] features = Operands.random(1, shapes.images(), config.tokens(), config.channels()).values();
        try (RlrTransformer level = new RlrTransformer(config, card, true)) {
            level.parameters().initialize(1);
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
}

package org.rlr.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.rlr.bench.GpuShapes.Grid;
import org.rlr.bench.TorchPeer.Operand;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.io.SafeTensorsWriter;

/**
 * A training step and a reconstruction of both levels, through the model, by the host's clock: each call copies the
 * features to the card and fetches the loss, or the reconstruction. The initial parameters and features are written to
 * files, so that PyTorch computes the same.
 */
final class GpuSteps {
    private static final double BUDGET_MS = 3000;
    private static final int MOST = 100;
    private static final int LEAST = 5;

    private final Supplier<Backend> card;
    private final String precision;
    private final GpuShapes shapes;
    private final GpuRows rows;
    private final Path folder;

    /** @param folder the folder for the levels */
    GpuSteps(Supplier<Backend> card, String precision, GpuShapes shapes, GpuRows rows, Path folder) {
        this.card = card;
        this.precision = precision;
        this.shapes = shapes;
        this.rows = rows;
        this.folder = folder;
    }

    void run() throws IOException {
        for (boolean training : new boolean[] {true, false}) {
            List<OurLevel> levels = new ArrayList<>();
            try {
                for (Grid grid : shapes.levels()) {
                    Operand features = Operands.random(1, shapes.images(), grid.side() * grid.side(), grid.channels());
                    OurLevel level = new OurLevel(shapes.level(grid), features, training, card.get());
                    levels.add(level);
                    write(grid, level.stateDict(), features);
                }
                time(training ? "training step" : "reconstruction", levels);
            } finally {
                levels.forEach(OurLevel::close);
            }
        }
    }

    private void write(Grid grid, Map<String, Operand> state, Operand features) throws IOException {
        SafeTensorsWriter file = new SafeTensorsWriter();
        state.forEach((name, o) ->
                file.add(name, Arrays.stream(o.shape()).asLongStream().toArray(), o.values()));
        file.add("x", Arrays.stream(features.shape()).asLongStream().toArray(), features.values());
        file.write(folder.resolve("level" + grid.side() + ".safetensors"));
    }

    private void time(String row, List<OurLevel> levels) {
        Map<String, Double> values = new LinkedHashMap<>();
        levels.forEach(OurLevel::run);
        values.put("first", levels.stream().mapToDouble(GpuSteps::value).sum());
        double once = milliseconds(levels);
        int repeats = shapes.tiny() ? 1 : (int) Math.max(LEAST, Math.min(MOST, BUDGET_MS / once));
        double[] times = new double[repeats];
        for (int i = 0; i < repeats; i++) {
            times[i] = milliseconds(levels);
        }
        values.put("ms", GpuKernels.median(times));
        values.put("repeats", (double) repeats);
        rows.add(new GpuRows.Row(Cells.OURS, precision, row, values));
        System.out.printf(Locale.ROOT, "%-8s %-16s %10.3f ms%n", precision, row, values.get("ms"));
    }

    /** The loss, or the mean square of the reconstruction. */
    private static double value(OurLevel level) {
        float[] result = level.result();
        double sum = 0;
        for (float r : result) {
            sum += (double) r * r;
        }
        return result.length == 1 ? result[0] : sum / result.length;
    }

    private static double milliseconds(List<OurLevel> levels) {
        long start = System.nanoTime();
        levels.forEach(OurLevel::run);
        return (System.nanoTime() - start) / 1e6;
    }
}

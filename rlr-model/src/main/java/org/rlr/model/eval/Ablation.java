package org.rlr.model.eval;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The metrics of models that differ only in their attention blocks and seeds. A run's metric is the mean over the
 * classes, as in published tables.
 *
 * @param sets one entry per set of blocks
 */
public record Ablation(List<BlockSet> sets) {

    /**
     * The results of one model.
     *
     * @param seed the seed of its training
     * @param loss the mean loss of its last epoch
     * @param result its metrics
     */
    public record Run(long seed, double loss, EvaluationResult result) {}

    /**
     * The runs of one set of blocks.
     *
     * @param blocks the blocks, in order
     * @param runs one per seed
     */
    public record BlockSet(List<String> blocks, List<Run> runs) {
        /**
         * Takes copies.
         *
         * @param blocks the blocks, in order
         * @param runs one per seed
         */
        public BlockSet {
            blocks = List.copyOf(blocks);
            runs = List.copyOf(runs);
        }

        /**
         * Returns the mean and deviation of a metric over the runs that define it.
         *
         * @param metric the metric
         * @return computed from each run's mean over the classes
         */
        public MeanAndDeviation over(Metric metric) {
            return MeanAndDeviation.of(runs.stream()
                    .map(r -> r.result().mean(metric))
                    .filter(OptionalDouble::isPresent)
                    .mapToDouble(OptionalDouble::getAsDouble)
                    .toArray());
        }
    }

    /** Takes a copy. */
    public Ablation {
        sets = List.copyOf(sets);
    }

    /**
     * Returns the result as JSON:
     * {@code {"sets":[{"blocks":["mca","nsa"],"mean":{"image_auroc":…,…},"standard_deviation":{…},"runs":[{"seed":…,"loss":…,"image_auroc":…,…}…]}…]}},
     * with fractions, and null for undefined metrics.
     *
     * @return the text, ending with a line break
     */
    public String toJson() {
        JsonArray rows = new JsonArray();
        for (BlockSet set : sets) {
            JsonArray blocks = new JsonArray();
            set.blocks().forEach(blocks::add);
            JsonObject mean = new JsonObject();
            JsonObject deviation = new JsonObject();
            for (Metric metric : Metric.values()) {
                MeanAndDeviation over = set.over(metric);
                mean.add(metric.key(), json(over.mean()));
                deviation.add(metric.key(), json(over.deviation()));
            }
            JsonArray runs = new JsonArray();
            for (Run run : set.runs()) {
                JsonObject object = new JsonObject();
                object.addProperty("seed", run.seed());
                object.addProperty("loss", run.loss());
                for (Metric metric : Metric.values()) {
                    object.add(metric.key(), json(run.result().mean(metric)));
                }
                runs.add(object);
            }
            JsonObject row = new JsonObject();
            row.add("blocks", blocks);
            row.add("mean", mean);
            row.add("standard_deviation", deviation);
            row.add("runs", runs);
            rows.add(row);
        }
        JsonObject root = new JsonObject();
        root.add("sets", rows);
        return new GsonBuilder()
                        .serializeNulls()
                        .disableHtmlEscaping()
                        .setPrettyPrinting()
                        .create()
                        .toJson(root) + "\n";
    }

    private static JsonElement json(OptionalDouble value) {
        return value.isPresent() ? new JsonPrimitive(value.getAsDouble()) : JsonNull.INSTANCE;
    }
}

package org.rlr.model.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.rlr.model.RlrModel;
import org.rlr.model.config.LevelConfig;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.Normalization;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.config.Scoring;
import org.rlr.model.detect.AnomalyMap;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.onnx.Value.Elements;

/** Records the nodes before the backbone and after the transformers: normalisation, map, score, class and verdict. */
final class DetectionNodes {
    private final Graph graph;
    private final RlrModel model;
    private final ModelInfo info;
    private final int batch;

    DetectionNodes(Graph graph, RlrModel model) {
        this.graph = graph;
        this.model = model;
        this.info = model.info();
        this.batch = graph.input().extents()[0];
    }

    /** Returns the input normalised for the backbone, {@code [N, 3, H, W]}. */
    Value normalized() {
        Normalization n = model.backbone().info().normalization(info.config());
        int[] extents = graph.input().extents();
        Value centred = graph.add("Sub", extents, graph.input(), graph.constant(n.mean(), 1, 3, 1, 1));
        return graph.add("Div", extents, centred, graph.constant(n.std(), 1, 3, 1, 1));
    }

    /**
     * Adds the outputs of detection.
     *
     * @param tokenScores the token scores of each level of the scoring, {@code [N, h·w]}
     * @param maps feature maps of all levels of the model, {@code [N, C, h, w]}
     */
    void addOutputs(List<Value> tokenScores, List<Value> maps) {
        Value map = map(tokenScores, 0);
        double smoothing = info.scoring().smoothing();
        Value smoothed = smoothing == 0 ? map : map(tokenScores, smoothing);
        int[] score = {batch, 1};
        Value peak = graph.add(
                "ReduceMax", Elements.FLOAT, score, Map.of("axes", new long[] {2, 3}, "keepdims", 0L), smoothed);
        ProductRecognizer recognizer = OnnxExport.recognizer(model);
        Verdict verdict = recognizer == null ? byCommonThreshold(peak) : byClass(recognizer, maps, peak);
        graph.output("pred_score", peak);
        graph.output("pred_label", verdict.label);
        graph.output("anomaly_map", map);
        Value threshold =
                verdict.threshold.rank() == 0 ? verdict.threshold : graph.reshape(verdict.threshold, batch, 1, 1, 1);
        graph.output("pred_mask", greater(map, threshold));
    }

    // ---- map and score ----

    /** Returns the weighted mean of the levels' maps, {@code [N, 1, H, W]}, optionally smoothed. */
    private Value map(List<Value> tokenScores, double smoothing) {
        RlrConfig config = info.config();
        Scoring scoring = info.scoring();
        double total = scoring.weights().stream().mapToDouble(weight -> weight).sum();
        int[] extents = {batch, 1, config.imageHeight(), config.imageWidth()};
        Value sum = null;
        for (int i = 0; i < tokenScores.size(); i++) {
            int level = scoring.levels().get(i);
            LevelConfig shape =
                    model.levels().get(config.levels().indexOf(level)).config();
            int rows = shape.gridHeight();
            int columns = shape.gridWidth();
            Value scores = graph.reshape(tokenScores.get(i), batch, 1, rows, columns);
            Value down = enlarging(rows, extents[2], scoring.weight(level) / total, smoothing);
            Value across = graph.transpose(enlarging(columns, extents[3], 1, smoothing), 1, 0);
            Value wide = graph.add("MatMul", new int[] {batch, 1, rows, extents[3]}, scores, across);
            Value whole = graph.add("MatMul", extents, down, wide);
            sum = sum == null ? whole : graph.add("Add", extents, sum, whole);
        }
        return Objects.requireNonNull(sum, "a scoring has levels");
    }

    /**
     * Returns the matrix from one axis of a level to the map, {@code [pixels, tokens]}: upsampling and smoothing are
     * linear and separable.
     */
    private Value enlarging(int tokens, int pixels, double weight, double smoothing) {
        float[] matrix = new float[pixels * tokens];
        for (int token = 0; token < tokens; token++) {
            float[] scores = new float[tokens];
            scores[token] = 1;
            AnomalyMap one = AnomalyMap.of(
                    List.of(new AnomalyMap.Level(scores, tokens, 1)), new double[] {1}, smoothing, pixels, 1);
            float[] column = one.smoothed();
            for (int pixel = 0; pixel < pixels; pixel++) {
                matrix[pixel * tokens + token] = (float) (weight * column[pixel]);
            }
        }
        return graph.constant(matrix, pixels, tokens);
    }

    // ---- verdict ----

    /**
     * The verdict on images.
     *
     * @param label {@code [N, 1]}
     * @param threshold {@code []}, or {@code [N, 1]}
     */
    private record Verdict(Value label, Value threshold) {}

    private Value greater(Value a, Value b) {
        return graph.add("Greater", Elements.BOOL, a.extents(), Map.of(), a, b);
    }

    /** Returns the greatest float at or below the threshold: a float exceeds both or neither. */
    private static float notAbove(double threshold) {
        float nearest = (float) threshold;
        return nearest > threshold ? Math.nextDown(nearest) : nearest;
    }

    private Verdict byCommonThreshold(Value score) {
        Value threshold = graph.scalar(notAbove(info.thresholds().common().value()));
        return new Verdict(greater(score, threshold), threshold);
    }

    /** Decides by the threshold of the nearest class; an image of no known class is anomalous. */
    private Verdict byClass(ProductRecognizer recognizer, List<Value> maps, Value score) {
        float[] deviation = recognizer.deviation();
        List<float[]> known = new ArrayList<>();
        List<Float> limits = new ArrayList<>();
        List<Float> thresholds = new ArrayList<>();
        for (ProductRecognizer.Product product : recognizer.products()) {
            for (float[] image : product.images()) {
                known.add(image);
                limits.add(notAbove(product.limit()));
                thresholds.add(notAbove(info.thresholds().of(product.name()).value()));
            }
        }
        int count = known.size();
        float[] rows = new float[count * deviation.length];
        for (int i = 0; i < count; i++) {
            System.arraycopy(known.get(i), 0, rows, i * deviation.length, deviation.length);
        }
        int[] each = {batch, count, deviation.length};
        Value image = graph.reshape(pooled(maps, deviation.length), batch, 1, deviation.length);
        Value difference = graph.add("Sub", each, image, graph.constant(rows, 1, count, deviation.length));
        Value scaled = graph.add("Div", each, difference, graph.constant(deviation, deviation.length));
        Value squares = graph.add("Mul", each, scaled, scaled);
        Value mean = graph.add(
                "ReduceMean",
                Elements.FLOAT,
                new int[] {batch, count},
                Map.of("axes", new long[] {2}, "keepdims", 0L),
                squares);
        Value distances = graph.add("Sqrt", mean.extents(), mean);
        int[] one = {batch, 1};
        Map<String, Object> along = Map.of("axis", 1L, "keepdims", 1L);
        Value nearest = graph.add("ArgMin", Elements.INT64, one, along, distances);
        Value distance =
                graph.add("ReduceMin", Elements.FLOAT, one, Map.of("axes", new long[] {1}, "keepdims", 1L), distances);
        Value limit = graph.add("Gather", one, graph.constant(floats(limits), count), nearest);
        Value unknown = greater(distance, limit);
        Value own = graph.add("Gather", one, graph.constant(floats(thresholds), count), nearest);
        Value common = graph.scalar(notAbove(info.thresholds().common().value()));
        Value threshold = graph.add("Where", one, unknown, common, own);
        return new Verdict(
                graph.add("Or", Elements.BOOL, one, Map.of(), greater(score, threshold), unknown), threshold);
    }

    /** Pools like {@link ProductRecognizer#pool}, {@code [N, channels]}. */
    private Value pooled(List<Value> maps, int channels) {
        Value[] means = maps.stream()
                .map(map -> graph.add(
                        "ReduceMean",
                        Elements.FLOAT,
                        Arrays.copyOf(map.extents(), 2),
                        Map.of("axes", new long[] {2, 3}, "keepdims", 0L),
                        map))
                .toArray(Value[]::new);
        return graph.add("Concat", Elements.FLOAT, new int[] {batch, channels}, Map.of("axis", 1L), means);
    }

    private static float[] floats(List<Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }
}

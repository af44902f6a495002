package org.rlr.model.onnx;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rlr.model.RlrModel;
import org.rlr.model.backbone.Backbone;
import org.rlr.model.backbone.Backbones;
import org.rlr.model.backbone.StateDict;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.features.FeatureStatistics;
import org.rlr.model.features.ProductRecognizer;
import org.rlr.model.transformer.RlrTransformer;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.Tensor;
import org.rlr.tensor.TensorScope;
import org.rlr.tensor.io.AtomicFile;
import org.rlr.tensor.nn.Parameter;

/**
 * Writes a model with its complete detection as an ONNX file of opset 17: normalisation, backbone, transformers,
 * anomaly map, score and verdict. Supports every backbone and attention block that computes only with tensors.
 *
 * <p>Input {@code input}, {@code [N, 3, H, W]}: red, green and blue in 0…1 of images of the model's size. Outputs,
 * named as in anomalib:
 *
 * <ul>
 *   <li>{@code pred_score}, {@code [N, 1]}: {@link org.rlr.model.detect.Detection#score}
 *   <li>{@code pred_label}, {@code [N, 1]}, boolean: {@link org.rlr.model.detect.Detection#anomalous}, by the threshold
 *       of the recognised class if the model recognises classes, else by the common one
 *   <li>{@code anomaly_map}, {@code [N, 1, H, W]}: {@link org.rlr.model.detect.Detection#map}
 *   <li>{@code pred_mask}, {@code [N, 1, H, W]}, boolean: whether the map exceeds the same threshold
 * </ul>
 *
 * <p>If the model cuts images into tiles, the input is one tile; the caller cuts images and blends the maps. The file's
 * metadata describe resizing, thresholds, classes and scoring.
 */
public final class OnnxExport {
    private static final int[] BATCHES = {2, 3};

    private OnnxExport() {}

    /**
     * Writes a model, completely or not at all.
     *
     * @param model the model; the caller closes it
     * @param target the file; missing parent folders are created
     * @throws RlrException if a part of the model computes outside of tensors, or the file would reach 2 GiB
     * @throws ResourceException if it cannot be written, or the classes of {@code org.tribuo:tribuo-util-onnx} are not
     *     on the class path
     */
    public static void write(RlrModel model, Path target) {
        write(model, target, OnnxFile.MOST_BYTES);
    }

    static void write(RlrModel model, Path target, long mostBytes) {
        try {
            OnnxFile file = new OnnxFile(record(model, BATCHES[0]), record(model, BATCHES[1]), mostBytes);
            AtomicFile.write(
                    target,
                    file.model(OnnxExport.class.getPackage().getImplementationVersion(), OnnxMetadata.of(model))
                            ::writeTo);
        } catch (NoClassDefFoundError e) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND,
                    "the classes that write ONNX are missing (" + e.getMessage() + ")",
                    "add the dependency org.tribuo:tribuo-util-onnx to the application",
                    e);
        }
    }

    /**
     * Returns the missing parts of a file compared with this program's verdicts.
     *
     * @param info of the model
     * @return a sentence each; empty if nothing is missing
     */
    public static List<String> notes(ModelInfo info) {
        List<String> notes = new ArrayList<>();
        if (info.config().tiling() != null) {
            notes.add("the model cuts images into tiles " + info.config().tiling()
                    + ", and the file computes one tile: cutting images, blending the maps of their tiles and taking"
                    + " the score of the whole map are left to the caller");
        }
        return notes;
    }

    /**
     * Returns the recogniser to write to the file, or null: classes are known from whole images, so a model with tiles
     * has none.
     */
    static @Nullable ProductRecognizer recognizer(RlrModel model) {
        return model.info().config().tiling() == null ? model.recognizer() : null;
    }

    private static Graph record(RlrModel model, int batch) {
        RlrConfig config = model.info().config();
        Graph graph = new Graph(batch, 3, config.imageHeight(), config.imageWidth());
        try (TracingBackend backend = new TracingBackend(graph);
                RlrModel traced = on(backend, model);
                TensorScope scope = TensorScope.inference(backend)) {
            DetectionNodes nodes = new DetectionNodes(graph, model);
            Tensor images = backend.images(nodes.normalized());
            List<Tensor> maps = traced.backbone().tensorFeatures(images, config.levels());
            List<Value> scores = new ArrayList<>();
            for (int level : model.info().scoring().levels()) {
                int index = config.levels().indexOf(level);
                scores.add(backend.value(traced.tokenScores(index, maps.get(index))));
            }
            nodes.addOutputs(scores, maps.stream().map(backend::channelsFirst).toList());
        }
        return graph;
    }

    /** Returns the same model on a recording backend. */
    private static RlrModel on(TracingBackend backend, RlrModel model) {
        ModelInfo info = model.info();
        String origin = "the model";
        Backbone backbone = Backbones.create(
                info.config().backbone(),
                backend,
                info.config().levels(),
                model.backbone().weights(),
                origin);
        List<FeatureStatistics> statistics = model.statistics();
        List<RlrTransformer> levels = new ArrayList<>();
        for (RlrTransformer level : model.levels()) {
            Map<String, StateDict.Weight> weights = new LinkedHashMap<>();
            for (Parameter p : level.parameters().all()) {
                weights.put(
                        p.name(),
                        new StateDict.Weight(p.shape().toArray(), p.tensor().toArray()));
            }
            levels.add(RlrTransformer.load(level.config(), backend, StateDict.of(weights), origin));
        }
        return new RlrModel(backend, info, backbone, statistics, levels);
    }
}

package org.rlr.model.onnx;

import java.util.LinkedHashMap;
import java.util.Map;
import org.rlr.model.RlrModel;
import org.rlr.model.config.Json;
import org.rlr.model.config.ModelInfo;
import org.rlr.model.config.RlrConfig;
import org.rlr.model.features.ProductRecognizer;

/** The metadata of an ONNX file for its callers, explained in {@code docs/reference/formats.md}. */
final class OnnxMetadata {
    private OnnxMetadata() {}

    static Map<String, String> of(RlrModel model) {
        ModelInfo info = model.info();
        RlrConfig config = info.config();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("rlr.format", "1");
        metadata.put("input_height", Integer.toString(config.imageHeight()));
        metadata.put("input_width", Integer.toString(config.imageWidth()));
        metadata.put("input_colors", "RGB, 0 to 1");
        metadata.put("resize", "lanczos, antialiased, of 8-bit samples, aspect ratio not kept");
        metadata.put("normalization", "inside: " + model.backbone().info().normalization(config));
        metadata.put("backbone", config.backbone());
        metadata.put("threshold", Double.toString(info.thresholds().common().value()));
        Map<String, Double> own = new LinkedHashMap<>();
        info.thresholds().perClass().forEach((name, threshold) -> own.put(name, threshold.value()));
        metadata.put("class_thresholds", Json.write(own));
        metadata.put("classes", Json.write(info.classes()));
        metadata.put("recognized_classes", Json.write(ProductRecognizer.names(OnnxExport.recognizer(model))));
        metadata.put("scoring", Json.write(info.scoring()));
        if (config.tiling() != null) {
            metadata.put("tiling", Json.write(config.tiling()));
        }
        return metadata;
    }
}

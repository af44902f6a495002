package org.rlr.model.detect;

import java.nio.file.Path;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Base of detector tests, with two tiny models that differ in their weights. */
abstract class TinyDetectors {
    @TempDir
    static Path folder;

    static Path model;
    static Path other;

    @BeforeAll
    static void writeModels() {
        model = RandomModel.write(folder.resolve("model.safetensors"), RandomModel.TINY, 1);
        other = RandomModel.write(folder.resolve("other.safetensors"), RandomModel.TINY, 2);
    }

    static AnomalyDetector open(Function<DetectorOptions.Builder, DetectorOptions.Builder> options) {
        return AnomalyDetector.load(
                model, options.apply(DetectorOptions.builder().threads(2)).build());
    }

    static AnomalyDetector open() {
        return open(options -> options);
    }
}
